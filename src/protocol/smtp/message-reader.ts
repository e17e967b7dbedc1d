/** Reads a message from the input, after DATA or in chunks (RFC 3030), and says when it has ended. */
import { type Reply, reply } from "#mail/reply.ts";
import type { InputBuffer } from "./input-buffer.ts";
import { DRAINED_OCTETS_MAX } from "./limits.ts";
import { MessageIntake } from "./message-intake.ts";
import type { Outbox } from "./outbox.ts";
import { tooLarge } from "./parameters.ts";
import { GO_AHEAD } from "./session-replies.ts";
import type { Transaction } from "./transaction.ts";

export type Progress =
  /** More octets are needed. */
  | { readonly kind: "starved" }
  /** The chunk is over and was answered; commands follow. */
  | { readonly kind: "chunk-over" }
  /** The message is over; `refusal` is what its octets brought upon it. */
  | { readonly kind: "message-over"; readonly refusal: Reply | undefined };

const STARVED: Progress = { kind: "starved" };
const CHUNK_OVER: Progress = { kind: "chunk-over" };

interface Chunk {
  readonly sizeOctets: number;
  readonly last: boolean;
  /** What it is answered with when all of it is there and dropped. */
  readonly refusal: Reply | undefined;
  leftOctets: number;
}

export class MessageReader {
  readonly #input: InputBuffer;
  readonly #out: Outbox;
  readonly #octetsMax: number;
  #intake: MessageIntake | undefined;
  /** Undefined while reading after DATA. */
  #chunk: Chunk | undefined;

  constructor(input: InputBuffer, out: Outbox, octetsMax: number) {
    this.#input = input;
    this.#out = out;
    this.#octetsMax = octetsMax;
  }

  /** A message has begun and is not over. */
  get open(): boolean {
    return this.#intake !== undefined;
  }

  beginData(transaction: Transaction): void {
    this.#begin(transaction);
    this.#chunk = undefined;
    this.#out.say(GO_AHEAD);
  }

  /**
   * The octets of a chunk are read whatever is answered: without that nobody knows where the next command begins.
   * `refusal`: drop them and say so.
   */
  beginChunk(
    { sizeOctets, last }: { readonly sizeOctets: number; readonly last: boolean },
    transaction: Transaction | undefined,
    refusal: Reply | undefined,
  ): void {
    if (sizeOctets > this.#octetsMax + DRAINED_OCTETS_MAX) return this.#overflow();
    if (refusal === undefined && transaction !== undefined && !this.open) this.#begin(transaction);
    this.#chunk = { sizeOctets, last, refusal, leftOctets: sizeOctets };
  }

  read(): Progress {
    return this.#chunk === undefined ? this.#readData() : this.#readChunk(this.#chunk);
  }

  /** Forgets the message, at RSET and its kin. */
  abandon(): void {
    this.#intake?.abandon("client");
    this.#intake = undefined;
  }

  #begin(transaction: Transaction): void {
    const binary = transaction.sender.body === "BINARYMIME";
    this.#out.emit({ kind: "message-begin", transaction });
    this.#intake = new MessageIntake(this.#octetsMax, binary, this.#out);
  }

  #readData(): Progress {
    if (this.#input.length === 0 || this.#intake === undefined) return STARVED;
    const { octets, start } = this.#input.takeAll();
    const end = this.#intake.pushData(octets, start);
    if (end !== -1) {
      this.#input.unread(octets, end);
      return this.#over(this.#intake.refusal);
    }
    if (this.#intake.overflowed) this.#overflow();
    return STARVED;
  }

  #readChunk(chunk: Chunk): Progress {
    if (this.#input.length === 0 && chunk.leftOctets > 0) return STARVED;
    const octets = this.#input.take(chunk.leftOctets);
    chunk.leftOctets -= octets.length;
    if (chunk.refusal === undefined) this.#intake?.pushChunk(octets);
    if (this.#intake?.overflowed === true) this.#overflow();
    return chunk.leftOctets === 0 && !this.#out.closed ? this.#chunkOver(chunk) : STARVED;
  }

  #chunkOver({ sizeOctets, last, refusal }: Chunk): Progress {
    const intake = this.#intake;
    if (refusal !== undefined || intake === undefined) {
      if (refusal !== undefined) this.#out.error(refusal);
      return CHUNK_OVER;
    }
    if (last) return this.#over(intake.finishChunks());
    // Too large stays too large; a bare newline is told at the true end, as after DATA.
    if (intake.tooLarge) return this.#over(intake.refusal);
    this.#out.say(reply(250, "2.0.0", `${sizeOctets} octets received`));
    return CHUNK_OVER;
  }

  #over(refusal: Reply | undefined): Progress {
    this.#intake = undefined;
    return { kind: "message-over", refusal };
  }

  #overflow(): void {
    this.#out.end(tooLarge(this.#octetsMax), "too-large");
  }
}
