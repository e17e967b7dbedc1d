import { Buffer } from "node:buffer";

const BEGINS_WITH_OCTETS = 1024;

/** Octets gathered from small pieces in one array that grows. */
export class OctetBlock {
  #octets: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What is there so far; good until the next change. */
  get view(): Buffer {
    return this.#octets.subarray(0, this.#length);
  }

  append(octets: Uint8Array): void {
    const needed = this.#length + octets.length;
    if (needed > this.#octets.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(BEGINS_WITH_OCTETS, 2 * this.#octets.length, needed));
      larger.set(this.view);
      this.#octets = larger;
    }
    this.#octets.set(octets, this.#length);
    this.#length = needed;
  }

  /** Gives the octets away. */
  take(): Buffer {
    const taken = this.view;
    this.#octets = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
