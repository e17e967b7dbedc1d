/**
 * Where a message has what may not survive its way: octets over 127 and NULs, lines over 998 octets, a CR or LF that is no
 * line break (RFC 5321 §4.5.3.1.6, §2.3.8; RFC 6376 §5.3). Found while the message streams by; only places are kept.
 */
import { isAscii } from "node:buffer";
import { asBuffer } from "#mail/header/fields.ts";
import { BLOCK_OCTETS, LINE_OCTETS_MAX } from "./limits.ts";

const CR = 0x0d;
const LF = 0x0a;

export type Unfitness = "long-line" | "8bit" | "bare-line-end";

export class UnfitOctets {
  readonly #places: Readonly<Record<Unfitness, Map<number, { first: number; last: number }>>> = {
    "long-line": new Map(),
    "8bit": new Map(),
    "bare-line-end": new Map(),
  };
  #position = 0;
  #lineStart = 0;
  #previous = 0;

  /** @param octets cut anywhere; not kept. */
  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const buffer = asBuffer(octets);
    if (!isAscii(buffer) || buffer.indexOf(0) !== -1) this.#findEightBit(buffer);
    this.#findLines(buffer);
    this.#findBareCrs(buffer);
    this.#previous = buffer.at(-1)!;
    this.#position += buffer.length;
  }

  end(): void {
    if (this.#previous === CR) this.#note("bare-line-end", this.#position - 1);
    this.#endLine(this.#position);
  }

  /** Is something of these kinds in `[start, end)`? Near its ends the answer may be yes for what stands beside it. */
  has(kinds: readonly Unfitness[], start: number, end: number): boolean {
    return kinds.some((kind) => overlaps(this.#places[kind], start, end));
  }

  get isEmpty(): boolean {
    return Object.values(this.#places).every(({ size }) => size === 0);
  }

  #findEightBit(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at]!;
      if (octet > 0x7f || octet === 0) this.#note("8bit", this.#position + at);
    }
  }

  #findLines(octets: Buffer): void {
    for (let lf = octets.indexOf(LF); lf !== -1; lf = octets.indexOf(LF, lf + 1)) {
      const before = lf === 0 ? this.#previous : octets[lf - 1];
      const isBreak = before === CR;
      if (!isBreak) this.#note("bare-line-end", this.#position + lf);
      if (isBreak) this.#endLine(this.#position + lf - 1);
      if (isBreak) this.#lineStart = this.#position + lf + 1;
    }
  }

  #findBareCrs(octets: Buffer): void {
    if (this.#previous === CR && octets[0] !== LF) this.#note("bare-line-end", this.#position - 1);
    for (let cr = octets.indexOf(CR); cr !== -1; cr = octets.indexOf(CR, cr + 1)) {
      if (cr + 1 < octets.length && octets[cr + 1] !== LF) this.#note("bare-line-end", this.#position + cr);
    }
  }

  /** A long line is a place from its first octet to its last. */
  #endLine(end: number): void {
    if (end - this.#lineStart <= LINE_OCTETS_MAX) return;
    for (let at = this.#lineStart; at < end; at += BLOCK_OCTETS) this.#note("long-line", at);
    this.#note("long-line", end - 1);
  }

  #note(kind: Unfitness, position: number): void {
    const block = Math.floor(position / BLOCK_OCTETS);
    const place = this.#places[kind].get(block);
    if (place === undefined) {
      this.#places[kind].set(block, { first: position, last: position });
    } else {
      place.first = Math.min(place.first, position);
      place.last = Math.max(place.last, position);
    }
  }
}

function overlaps(places: ReadonlyMap<number, { first: number; last: number }>, start: number, end: number): boolean {
  for (let block = Math.floor(start / BLOCK_OCTETS); block * BLOCK_OCTETS < end; block++) {
    const place = places.get(block);
    if (place !== undefined && place.first < end && place.last >= start) return true;
  }
  return false;
}
