/** Octets that came and were not used yet, in the pieces in which they came. */
import { Buffer } from "node:buffer";

const LF = 0x0a;
/** Pieces under this size, in octets, are gathered in blocks of it: a client that sends single octets costs no object for each. */
const BLOCK_OCTETS = 4096;

export class OctetQueue {
  #pieces: Buffer[] = [];
  #length = 0;
  /** Octets from the front that are known to hold no LF: each octet is looked at once. */
  #scanned = 0;
  /** Where the last piece stands, while it is a block of ours with room behind it. */
  #block: { readonly memory: Buffer; used: number } | undefined;

  get length(): number {
    return this.#length;
  }

  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#length += octets.length;
    if (octets.length >= BLOCK_OCTETS) {
      this.#block = undefined;
      this.#pieces.push(Buffer.from(octets.buffer, octets.byteOffset, octets.length));
    } else this.#gather(octets);
  }

  #gather(octets: Uint8Array): void {
    const block = this.#block;
    const last = this.#pieces.at(-1);
    if (last !== undefined && block !== undefined && block.used + octets.length <= BLOCK_OCTETS) {
      block.memory.set(octets, block.used);
      this.#pieces[this.#pieces.length - 1] = block.memory.subarray(
        block.used - last.length,
        block.used + octets.length,
      );
      block.used += octets.length;
      return;
    }
    const memory = Buffer.allocUnsafeSlow(BLOCK_OCTETS);
    memory.set(octets);
    this.#block = { memory, used: octets.length };
    this.#pieces.push(memory.subarray(0, octets.length));
  }

  /** How many octets stand before the first LF; -1 without one. */
  indexOfLineFeed(): number {
    let offset = 0;
    for (const piece of this.#pieces) {
      const from = Math.max(0, this.#scanned - offset);
      const found = from < piece.length ? piece.indexOf(LF, from) : -1;
      if (found !== -1) {
        this.#scanned = offset + found;
        return offset + found;
      }
      offset += piece.length;
    }
    this.#scanned = this.#length;
    return -1;
  }

  /** The first octets as Latin-1 text, at most `count`; they stay. */
  peekText(count: number): string {
    let text = "";
    for (const piece of this.#pieces) {
      if (text.length >= count) break;
      text += piece.toString("latin1", 0, Math.min(piece.length, count - text.length));
    }
    return text;
  }

  /** Removes `count` octets, which must be there, and returns them as Latin-1 text. */
  takeText(count: number): string {
    let text = "";
    while (text.length < count) text += this.takePiece(count - text.length).toString("latin1");
    return text;
  }

  /** Removes and returns up to `countMax` octets that stand side by side in memory; empty when there are none. */
  takePiece(countMax: number): Buffer {
    const first = this.#pieces[0];
    if (first === undefined || countMax === 0) return Buffer.alloc(0);
    const taken = first.subarray(0, countMax);
    if (taken.length === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(taken.length);
    this.#length -= taken.length;
    this.#scanned = Math.max(0, this.#scanned - taken.length);
    return taken;
  }

  /** Removes up to `countMax` octets; returns how many. */
  drop(countMax: number): number {
    let dropped = 0;
    while (dropped < countMax && this.#length > 0) dropped += this.takePiece(countMax - dropped).length;
    return dropped;
  }

  clear(): void {
    this.#pieces = [];
    this.#block = undefined;
    this.#length = 0;
    this.#scanned = 0;
  }
}
