import { randomFillSync } from "node:crypto";
import type { Random } from "#ports/random.ts";

/** Crockford's base 32: no letter that is read as another. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARACTERS = 10; // 50 bits of milliseconds: until the year 37,000
const RANDOM_CHARACTERS = 16; // 80 bits
/** Octets drawn from the system at once: an ID of a connection or of a DNS question must not cost a system call. */
const POOL_OCTETS = 4096;
/** Longer ones are keys and salts: they are drawn by themselves and lie nowhere else. */
const POOLED_OCTETS_MAX = 8;

const pool = new Uint8Array(POOL_OCTETS);
let used = POOL_OCTETS;

export const systemRandom: Random = {
  bytes(length) {
    return length > POOLED_OCTETS_MAX ? randomFillSync(new Uint8Array(length)) : new Uint8Array(fromPool(length));
  },
  id() {
    const octets = fromPool(RANDOM_CHARACTERS);
    let id = "";
    for (let time = Date.now(), i = 0; i < TIME_CHARACTERS; i++, time = Math.floor(time / 32)) {
      id = ALPHABET.charAt(time % 32) + id;
    }
    for (const octet of octets) id += ALPHABET.charAt(octet % 32);
    return id;
  },
};

/** Each octet is given out once. @returns a view that stands until the next call. */
function fromPool(length: number): Uint8Array {
  if (used + length > POOL_OCTETS) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}
