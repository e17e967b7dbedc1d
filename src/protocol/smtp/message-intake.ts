/** The octets of one message on their way through the session: counted, checked, and handed on until there is a reason not to. */
import type { Buffer } from "node:buffer";
import type { Reply } from "#mail/reply.ts";
import { DataDecoder, NewlineChecker } from "./data-decoder.ts";
import { DRAINED_OCTETS_MAX } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { tooLarge } from "./parameters.ts";
import { BARE_NEWLINE_MESSAGE } from "./session-replies.ts";

export class MessageIntake {
  readonly #octetsMax: number;
  readonly #binary: boolean;
  readonly #out: Outbox;
  readonly #decoder = new DataDecoder((octets) => this.#handOn(octets));
  readonly #newlines = new NewlineChecker();
  #arrivedOctets = 0;
  #sizeOctets = 0;
  #abandoned: "too-large" | "bare-newline" | "client" | undefined;

  /** @param binary BODY=BINARYMIME: a CR or LF is an octet like any other (RFC 3030 §3). */
  constructor(octetsMax: number, binary: boolean, out: Outbox) {
    this.#octetsMax = octetsMax;
    this.#binary = binary;
    this.#out = out;
  }

  /** Octets after DATA, from `start`. Returns the index after the end of the message, or -1. */
  pushData(octets: Buffer, start: number): number {
    const end = this.#decoder.push(octets, start);
    this.#arrivedOctets += (end === -1 ? octets.length : end) - start;
    if (this.#decoder.bareNewline) this.abandon("bare-newline");
    return end;
  }

  /** Octets of a chunk. */
  pushChunk(octets: Uint8Array): void {
    this.#arrivedOctets += octets.length;
    if (!this.#binary) this.#newlines.push(octets);
    if (this.#newlines.bareNewline) this.abandon("bare-newline");
    else this.#handOn(octets);
  }

  /** Why the message cannot be taken, now that its last chunk is there. */
  finishChunks(): Reply | undefined {
    if (!this.#binary && this.#newlines.finish()) this.abandon("bare-newline");
    return this.refusal;
  }

  /** Why the message cannot be taken, as far as is known. */
  get refusal(): Reply | undefined {
    if (this.tooLarge) return tooLarge(this.#octetsMax);
    return this.#abandoned === "bare-newline" ? BARE_NEWLINE_MESSAGE : undefined;
  }

  get tooLarge(): boolean {
    return this.#abandoned === "too-large" || this.#arrivedOctets > this.#octetsMax + DRAINED_OCTETS_MAX;
  }

  /** More came after the limit than politeness reads. */
  get overflowed(): boolean {
    return this.#arrivedOctets > this.#octetsMax + DRAINED_OCTETS_MAX;
  }

  abandon(reason: "too-large" | "bare-newline" | "client"): void {
    if (this.#abandoned !== undefined) return;
    this.#abandoned = reason;
    this.#out.emit({ kind: "message-abandoned", reason });
  }

  #handOn(octets: Uint8Array): void {
    if (this.#abandoned !== undefined || octets.length === 0) return;
    this.#sizeOctets += octets.length;
    if (this.#sizeOctets > this.#octetsMax) this.abandon("too-large");
    else this.#out.emit({ kind: "message-octets", octets });
  }
}
