/** A header while its lines come in: where it ends, and its octets, as many as are read. */
import { Buffer } from "node:buffer";
import { fieldColon } from "../header/fields.ts";

const LF = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const FROM_LINE = Buffer.from("From ");
const QUOTED_FROM_LINE = Buffer.from(">From ");

export class OpenHeader {
  readonly start: number;
  readonly octetsMax: number;
  #kept: Buffer[] = [];
  #keptLength = 0;
  #fieldOpen = false;
  /** Where the lines began that no field has followed yet, and the LFs before them. Body, unless a field still comes. */
  #strayStart: { readonly at: number; readonly lines: number } | undefined;

  /** @param octetsMax octets that are kept; the lines of a longer header are still followed to its end. */
  constructor(start: number, octetsMax: number) {
    this.start = start;
    this.octetsMax = octetsMax;
  }

  /** Takes the beginning of a line that neither is empty nor a delimiter. @param linesBefore asked for only when needed. */
  line(octets: Uint8Array, start: number, end: number, position: number, linesBefore: () => number): void {
    const first = octets[start];
    if (first === SPACE || first === TAB) {
      if (this.#fieldOpen || this.#strayStart !== undefined) return;
    } else if (fieldColon(octets, start, end) !== -1) {
      this.#fieldOpen = true;
      this.#strayStart = undefined;
      return;
    } else if (startsWith(octets, start, end, FROM_LINE) || startsWith(octets, start, end, QUOTED_FROM_LINE)) {
      return; // left over from an mbox file
    }
    this.#fieldOpen = false;
    this.#strayStart ??= { at: position, lines: linesBefore() };
  }

  /** Where the body begins when the header's lines end before `position` without an empty line, or undefined: there. */
  get strayStart(): { readonly at: number; readonly lines: number } | undefined {
    return this.#strayStart;
  }

  /** Keeps what it needs of a chunk that will be gone when the next one comes. */
  keep(chunk: Buffer, base: number): void {
    const room = this.octetsMax - this.#keptLength;
    const from = Math.max(0, this.start - base);
    if (room <= 0 || from >= chunk.length) return;
    const copy = Buffer.from(chunk.subarray(from, from + room));
    this.#kept.push(copy);
    this.#keptLength += copy.length;
  }

  /** True when nothing in front of `end` is past the bound. */
  holds(end: number): boolean {
    return end - this.start <= this.octetsMax;
  }

  /** The octets up to `end`, in the chunk at hand or before it; no more than the bound, cut at a line's end then. */
  octets(end: number, chunk: Buffer, base: number): { readonly octets: Buffer; readonly whole: boolean } {
    const length = end - this.start;
    const whole = this.holds(end);
    const wanted = Math.min(length, this.octetsMax);
    const octets = this.#joined(wanted, chunk, base);
    return { octets: whole ? octets : octets.subarray(0, octets.lastIndexOf(LF) + 1), whole };
  }

  #joined(length: number, chunk: Buffer, base: number): Buffer {
    const from = Math.max(0, this.start - base);
    if (this.#keptLength === 0) return chunk.subarray(from, from + length);
    const missing = Math.max(0, length - this.#keptLength);
    return Buffer.concat([...this.#kept, chunk.subarray(0, missing)], this.#keptLength + missing).subarray(0, length);
  }
}

function startsWith(octets: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start < wanted.length) return false;
  return wanted.every((octet, index) => octets[start + index] === octet);
}
