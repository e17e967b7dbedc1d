/** A message whose body is made while it is read, as one run of octets that can be read from any place. */
import { Buffer } from "node:buffer";
import { KEPT_OCTETS_MAX } from "./limits.ts";

const NOTHING = new Uint8Array();

export class OutgoingOctets {
  readonly sizeOctets: number;
  readonly #header: Buffer;
  readonly #body: () => AsyncIterable<Uint8Array>;
  readonly #bodyOctets: number;
  /** A small body is made once and kept. */
  #kept: Promise<Buffer> | undefined;
  /** Of a large one: where the reading stands, and what was made but not read. */
  #pieces: AsyncIterator<Uint8Array> | undefined;
  #position = 0;
  #rest: Uint8Array = NOTHING;

  /** @param body gives the same octets each time it is called, `bodyOctets` of them. */
  constructor(header: Buffer, body: () => AsyncIterable<Uint8Array>, bodyOctets: number) {
    this.sizeOctets = header.length + bodyOctets;
    this.#header = header;
    this.#body = body;
    this.#bodyOctets = bodyOctets;
  }

  /**
   * Octets `[start, end)`, fewer at the end of the message and between header and body. Reads follow each other; one that
   * goes back makes a large body again from its beginning.
   */
  async read(start: number, end: number): Promise<Uint8Array> {
    const { length } = this.#header;
    if (start < length) return this.#header.subarray(start, end);
    const [from, to] = [start - length, Math.min(end - length, this.#bodyOctets)];
    if (from >= to) return NOTHING;
    if (this.#bodyOctets > KEPT_OCTETS_MAX) return this.#readOn(from, to);
    this.#kept ??= gathered(this.#body());
    return (await this.#kept).subarray(from, to);
  }

  async #readOn(from: number, to: number): Promise<Uint8Array> {
    if (from < this.#position || this.#pieces === undefined) this.#rewind();
    while (this.#position < from) await this.#take(from - this.#position);
    return this.#take(to - from);
  }

  #rewind(): void {
    this.#pieces = this.#body()[Symbol.asyncIterator]();
    this.#position = 0;
    this.#rest = NOTHING;
  }

  /** At most so many octets; none at the end. */
  async #take(octets: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces?.next();
      if (next === undefined || next.done === true) throw new Error("the message is shorter than it was");
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, octets);
    this.#rest = this.#rest.subarray(taken.length);
    this.#position += taken.length;
    return taken;
  }
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
