/** Randomness that repeats: the same seed, the same octets. */
import { createHash } from "node:crypto";
import type { Random } from "#ports/random.ts";

export class FakeRandom implements Random {
  readonly #seed: string;
  #count = 0;

  constructor(seed = "postern") {
    this.#seed = seed;
  }

  bytes(length: number): Uint8Array {
    return createHash("shake256", { outputLength: length })
      .update(`${this.#seed} ${this.#count++}`)
      .digest();
  }

  id(): string {
    return (this.#count++).toString(32).padStart(26, "0");
  }
}
