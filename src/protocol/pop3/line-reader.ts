/** Cuts a client's octets into lines, whatever the chunks. Ends at LF; a CR before it belongs to the line end. */
import { LINE_OCTETS_MAX } from "./limits.ts";

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = new Uint8Array(0);

export class LineReader {
  #held: Uint8Array = NOTHING;
  /** Octets at the front of `#held` that are known to hold no LF. */
  #scanned = 0;

  /** Octets that `next` has not handed out. */
  get heldOctets(): number {
    return this.#held.length;
  }

  push(octets: Uint8Array): void {
    if (this.#held.length === 0) {
      this.#held = octets;
      return;
    }
    const joined = new Uint8Array(this.#held.length + octets.length);
    joined.set(this.#held);
    joined.set(octets, this.#held.length);
    this.#held = joined;
  }

  /** The next line without its end; undefined while it is incomplete. After `too-long` the stream is out of step. */
  next(): Uint8Array | "too-long" | undefined {
    const end = this.#held.indexOf(LF, this.#scanned);
    if (end === -1) {
      this.#scanned = this.#held.length;
      // One octet more may be the CR of a line that is just as long as allowed.
      return this.#held.length > LINE_OCTETS_MAX + 1 ? "too-long" : undefined;
    }
    const line = this.#held.subarray(0, end > 0 && this.#held[end - 1] === CR ? end - 1 : end);
    this.#held = this.#held.subarray(end + 1);
    this.#scanned = 0;
    return line.length > LINE_OCTETS_MAX ? "too-long" : line;
  }

  clear(): void {
    this.#held = NOTHING;
    this.#scanned = 0;
  }
}
