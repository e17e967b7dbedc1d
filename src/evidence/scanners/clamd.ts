/** Messages are looked at by clamd: streamed to it in pieces, one connection for each. */

import { failed, ok, type Result } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import { chunk, END_OF_STREAM, INSTREAM, VERSION } from "#protocol/clamd/command.ts";
import { CHUNK_OCTETS_MAX } from "#protocol/clamd/limits.ts";
import { parseScanReply, parseVersion, ReplyReader } from "#protocol/clamd/reply.ts";
import type { MessageOctets } from "../content/message-octets.ts";
import { type Budget, budget, unavailable } from "./budget.ts";
import type { AntivirusEvidence, Unavailable } from "./evidence.ts";
import { CONNECT_MS, CONNECTIONS_MAX, WAITING_MAX } from "./limits.ts";
import { Places } from "./places.ts";
import { type ScannerPlace, Wire } from "./wire.ts";

export interface ClamdOptions {
  /** For people. */
  readonly name: string;
  readonly to: ScannerPlace;
  /** Milliseconds for one message, the wait for a connection included. */
  readonly timeoutMs: number;
  /** Octets of a message over which it is not handed on. */
  readonly octetsMax: number;
  readonly dialer: Dialer;
  readonly clock: Clock;
}

type ScanResult = AntivirusEvidence["result"];

export class Clamd {
  readonly #options: ClamdOptions;
  readonly #places = new Places({ places: CONNECTIONS_MAX, waitingMax: WAITING_MAX });

  constructor(options: ClamdOptions) {
    this.#options = options;
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
          : await this.#inTurn(time, (wire) => ask(wire, octets, sizeOctets, time));
      return { scanner, result, tookMs: time.tookMs() };
    } finally {
      time.end();
    }
  }

  /** Engine, signatures and their date. Never rejects. */
  async version(): Promise<Result<string, Unavailable>> {
    const { clock, timeoutMs } = this.#options;
    const time = budget(Math.min(timeoutMs, CONNECT_MS), new AbortController().signal, clock);
    try {
      const said = await this.#inTurn(time, async (wire) => (await wire.write(VERSION), replyOf(wire, time)));
      if (typeof said !== "string") return failed(said);
      const version = parseVersion(said);
      return version === undefined
        ? failed(unavailable("malformed", "it does not speak clamd's protocol"))
        : ok(version);
    } finally {
      time.end();
    }
  }

  async #inTurn<Found>(time: Budget, work: (wire: Wire) => Promise<Found>): Promise<Found | Unavailable> {
    const { dialer, to } = this.#options;
    if (!(await this.#places.enter(time.signal))) {
      return time.endedBecause(unavailable("busy", `over ${WAITING_MAX} messages wait for it`));
    }
    try {
      const opened = await Wire.open({ dialer, to, timeoutMs: Math.min(time.leftMs(), CONNECT_MS) }, time.signal);
      if (!opened.ok) return notConnected(opened.problem.code);
      try {
        return await work(opened.value);
      } finally {
        opened.value.close();
      }
    } finally {
      this.#places.leave();
    }
  }
}

/** One that accepts no connection in time is busy or hangs. */
export function notConnected(code: string): Unavailable {
  return code === "TIMEOUT" ? unavailable("slow", "it takes no connection") : unavailable("not-there", code);
}

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
      return unavailable("malformed", "it does not speak clamd's protocol");
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
    if (octets === undefined)
      return time.endedBecause(unavailable("crashed", "the connection ended without an answer"));
    const reply = reader.push(octets);
    if (reply?.kind === "too-long") return unavailable("malformed", "it does not speak clamd's protocol");
    if (reply !== undefined) return reply.text;
  }
}
