/** What is said to clamd (clamd(8), COMMANDS). The form with `z` ends in NUL, and so does its reply. */
import { Buffer } from "node:buffer";
import { CHUNK_OCTETS_MAX } from "./limits.ts";

export const PING = Buffer.from("zPING\0");
export const VERSION = Buffer.from("zVERSION\0");
/** Chunks follow, then `END_OF_STREAM`. */
export const INSTREAM = Buffer.from("zINSTREAM\0");
/** A chunk of no octets. */
export const END_OF_STREAM = Buffer.alloc(4);

const LENGTH_OCTETS = 4;

/**
 * A piece of the stream with its length in front, in network order.
 * @param piece 1 to CHUNK_OCTETS_MAX octets: none would end the stream.
 */
export function chunk(piece: Uint8Array): Uint8Array {
  if (piece.length === 0 || piece.length > CHUNK_OCTETS_MAX) throw new RangeError(`a chunk of ${piece.length} octets`);
  const framed = Buffer.allocUnsafe(LENGTH_OCTETS + piece.length);
  framed.writeUInt32BE(piece.length);
  framed.set(piece, LENGTH_OCTETS);
  return framed;
}
