/** Messages are looked at by clamd: streamed to it in pieces, one connection for each. */

import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import { chunk, END_OF_STREAM, INSTREAM, PING, VERSION } from "#protocol/clamd/command.ts";
import { CHUNK_OCTETS_MAX } from "#protocol/clamd/limits.ts";
import { isPong, parseScanReply, parseVersion, ReplyReader } from "#protocol/clamd/reply.ts";
import type { MessageOctets } from "../content/message-octets.ts";
import { type Budget, budget, unavailable } from "./budget.ts";
import type { AntivirusEvidence, Unavailable } from "./evidence.ts";
import { CONNECT_MS } from "./limits.ts";
import { Turns, type TurnsOptions } from "./turns.ts";
import type { Wire } from "./wire.ts";

export interface ClamdOptions extends TurnsOptions {
  /** For people. */
  readonly name: string;
  /** Milliseconds for one message, the wait for a connection included. */
  readonly timeoutMs: number;
  /** Octets of a message over which it is not handed on. */
  readonly octetsMax: number;
  readonly clock: Clock;
}

type ScanResult = AntivirusEvidence["result"];

export class Clamd {
  readonly #options: ClamdOptions;
  readonly #turns: Turns;

  constructor(options: ClamdOptions) {
    this.#options = options;
    this.#turns = new Turns(options);
  }

  /**
   * Rejects only with the error of `octets`.
   * @param sizeOctets of the message.
   * @param gone fires when nobody wants to know any more.
   */
  async scan(octets: MessageOctets, sizeOctets: number, gone: AbortSignal): Promise<AntivirusEvidence> {
    const { name: scanner, timeoutMs, octetsMax, clock } = this.#options;
    const time = budget(timeoutMs, gone, clock);
    try {
      const result =
        sizeOctets > octetsMax
          ? unavailable("too-large", `${sizeOctets} octets, over antivirus.max_octets = ${octetsMax}`)
          : await this.#handOver(octets, sizeOctets, time);
      return { scanner, result, tookMs: time.tookMs() };
    } finally {
      time.end();
    }
  }

  /** Engine, signatures and their date; `clamd` where it keeps these to itself. Never rejects. */
  async version(): Promise<Result<string, Unavailable>> {
    const said = await this.#say(VERSION);
    if (typeof said !== "string") return failed(said);
    const version = parseVersion(said);
    if (version !== undefined) return ok(version);
    const pong = await this.#say(PING);
    if (typeof pong !== "string") return failed(pong);
    return isPong(pong) ? ok("clamd") : failed(unavailable("malformed", NOT_CLAMD));
  }

  async #handOver(octets: MessageOctets, sizeOctets: number, time: Budget): Promise<ScanResult> {
    const result = await this.#turns.take(time, (wire) => ask(wire, octets, sizeOctets, time));
    if (result !== HUNG_UP || sizeOctets <= CHUNK_OCTETS_MAX) return result;
    // It resets the connection when a stream is too long for it, and what it said before may be lost. One that is well did not crash.
    const said = await this.#sayWithin(time, PING);
    return typeof said === "string" && isPong(said) ? unavailable("too-large", HUNG_UP_AND_WELL) : result;
  }

  async #say(command: Uint8Array): Promise<string | Unavailable> {
    const { clock, timeoutMs } = this.#options;
    const time = budget(Math.min(timeoutMs, CONNECT_MS), new AbortController().signal, clock);
    try {
      return await this.#sayWithin(time, command);
    } finally {
      time.end();
    }
  }

  #sayWithin(time: Budget, command: Uint8Array): Promise<string | Unavailable> {
    return this.#turns.take(time, async (wire) => {
      await wire.write(command);
      return replyOf(wire, time);
    });
  }
}

const NOT_CLAMD = "it does not speak clamd's protocol";
const HUNG_UP = unavailable("crashed", "the connection ended without an answer");
const HUNG_UP_AND_WELL = "it hung up and is well: over StreamMaxLength of clamd.conf, or its log says why";

async function ask(wire: Wire, octets: MessageOctets, sizeOctets: number, time: Budget): Promise<ScanResult> {
  let isListening = await wire.write(INSTREAM);
  for (let at = 0; isListening && at < sizeOctets; ) {
    const piece = await octets.read(at, Math.min(at + CHUNK_OCTETS_MAX, sizeOctets));
    if (piece.length === 0) return unavailable("broken", `the message ends at ${at} of ${sizeOctets} octets`);
    // It answers before the end when the stream is too long for it.
    isListening = !wire.hasNews && (await wire.write(chunk(piece)));
    at += piece.length;
  }
  if (isListening) await wire.write(END_OF_STREAM);
  const said = await replyOf(wire, time);
  if (typeof said !== "string") return said;
  const reply = parseScanReply(said);
  switch (reply?.kind) {
    case undefined:
      return unavailable("malformed", NOT_CLAMD);
    case "clean":
      // Who has not heard all of it cannot know.
      return isListening ? { kind: "clean" } : unavailable("malformed", "it answered before it had the whole message");
    case "found":
      return { kind: "found", name: reply.name };
    case "too-large":
      return unavailable("too-large", "over StreamMaxLength of clamd.conf");
    case "error":
      return unavailable("error", reply.text);
  }
}

async function replyOf(wire: Wire, time: Budget): Promise<string | Unavailable> {
  const reader = new ReplyReader();
  for (;;) {
    const octets = await wire.read();
    if (octets === undefined) return time.endedBecause(HUNG_UP);
    const reply = reader.push(octets);
    if (reply?.kind === "too-long") return unavailable("malformed", NOT_CLAMD);
    if (reply !== undefined) return reply.text;
  }
}
