/** Random numbers that can be had again: a test that fails prints its seed. */

export interface SeededRandom {
  readonly seed: number;
  /** From 0 up to, not including, 1. */
  readonly next: () => number;
}

/** The seed is that of `POSTERN_TEST_SEED`, or a new one. */
export function seededRandom(): SeededRandom {
  const seed = Number(process.env["POSTERN_TEST_SEED"] ?? Math.floor(performance.timeOrigin + performance.now())) >>> 0;
  let state = seed;
  return {
    seed,
    // Mulberry32: 32 bits of state are plenty for moments and sizes.
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
