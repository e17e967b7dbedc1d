/** HalfSipHash-2-4 of three words: a keyed hash whose values nobody can foresee without the key, in 32-bit arithmetic. */
export function halfSipHash(key: readonly [number, number], first: number, second: number, third: number): number {
  v0 = key[0];
  v1 = key[1];
  v2 = 0x6c796765 ^ key[0];
  v3 = 0x74656462 ^ key[1];
  absorb(first);
  absorb(second);
  absorb(third);
  // The last word holds the length of the message: 12 octets.
  absorb(12 << 24);
  v2 ^= 0xff;
  for (let i = 0; i < 4; i++) round();
  return v1 ^ v3;
}

// The state of the hash that is being worked out: one call ends before the next begins.
let v0 = 0;
let v1 = 0;
let v2 = 0;
let v3 = 0;

function absorb(word: number): void {
  v3 ^= word;
  round();
  round();
  v0 ^= word;
}

function round(): void {
  v0 = (v0 + v1) | 0;
  v1 = rotated(v1, 5) ^ v0;
  v0 = rotated(v0, 16);
  v2 = (v2 + v3) | 0;
  v3 = rotated(v3, 8) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = rotated(v3, 7) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = rotated(v1, 13) ^ v2;
  v2 = rotated(v2, 16);
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
