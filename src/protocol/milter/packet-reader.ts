/** Cuts what a milter says into packets. */
import { Buffer } from "node:buffer";
import { REPLY_OCTETS_MAX } from "./limits.ts";

const LENGTH_OCTETS = 4;

export class PacketReader {
  #held: Buffer = Buffer.alloc(0);

  /** Bounded by the caller: it asks for packets before it brings more. */
  push(octets: Uint8Array): void {
    this.#held = this.#held.length === 0 ? Buffer.from(octets) : Buffer.concat([this.#held, octets]);
  }

  /** Letter and data of the next packet; undefined while it is not complete, `malformed` when it never will be. */
  next(): Buffer | "malformed" | undefined {
    if (this.#held.length < LENGTH_OCTETS) return undefined;
    const length = this.#held.readUInt32BE(0);
    if (length === 0 || length > REPLY_OCTETS_MAX) return "malformed";
    const end = LENGTH_OCTETS + length;
    if (this.#held.length < end) return undefined;
    const packet = this.#held.subarray(LENGTH_OCTETS, end);
    this.#held = this.#held.subarray(end);
    return packet;
  }
}
