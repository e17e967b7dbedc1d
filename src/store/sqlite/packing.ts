/** Compression of message octets in the database, where it pays. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { COMPRESS_OCTETS_MIN, COMPRESS_RATIO_MAX, COMPRESS_SAMPLE_OCTETS } from "../limits.ts";

const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export interface Packed {
  readonly octets: Uint8Array;
  readonly packed: boolean;
}

/** Packs octets when that makes them much smaller. A sample from the middle tells first: most of what is large is base64. */
export function pack(octets: Uint8Array): Packed {
  if (octets.length < COMPRESS_OCTETS_MIN) return { octets, packed: false };
  const middle = (octets.length - COMPRESS_SAMPLE_OCTETS) >> 1;
  const sample = zstdCompressSync(octets.subarray(middle, middle + COMPRESS_SAMPLE_OCTETS), FAST);
  if (sample.length > COMPRESS_SAMPLE_OCTETS * COMPRESS_RATIO_MAX) return { octets, packed: false };
  const packed = zstdCompressSync(octets, FAST);
  if (packed.length > octets.length * COMPRESS_RATIO_MAX) return { octets, packed: false };
  return { octets: packed, packed: true };
}

/** The octets as they were, `sizeOctets` of them. Throws on damage. */
export function unpack(packed: Uint8Array, sizeOctets: number): Uint8Array {
  const octets = zstdDecompressSync(packed, { maxOutputLength: Math.max(sizeOctets, 1) });
  if (octets.length !== sizeOctets) throw new Error("a packed message has not its size");
  return octets;
}
