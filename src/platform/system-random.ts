import { randomFillSync } from "node:crypto";
import type { Random } from "#ports/random.ts";

/** Crockford's base 32: no letter that is read as another. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_CHARACTERS = 10; // 50 bits of milliseconds: until the year 37,000
const RANDOM_CHARACTERS = 16; // 80 bits
/** Octets drawn from the system at once: an ID a connection must not cost a system call. */
const POOL_OCTETS = 4096;

const pool = new Uint8Array(POOL_OCTETS);
let used = POOL_OCTETS;

export const systemRandom: Random = {
  bytes(length) {
    return randomFillSync(new Uint8Array(length));
  },
  id() {
    if (used + RANDOM_CHARACTERS > POOL_OCTETS) {
      randomFillSync(pool);
      used = 0;
    }
    let id = "";
    for (let time = Date.now(), i = 0; i < TIME_CHARACTERS; i++, time = Math.floor(time / 32)) {
      id = ALPHABET.charAt(time % 32) + id;
    }
    for (const end = used + RANDOM_CHARACTERS; used < end; used++) id += ALPHABET.charAt((pool[used] ?? 0) % 32);
    return id;
  },
};
