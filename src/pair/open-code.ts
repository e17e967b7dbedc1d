/** The code that joins another node: one at a time, for a quarter of an hour, for a few tries, and once. In memory alone. */
import type { Clock } from "#ports/clock.ts";
import type { Random } from "#ports/random.ts";
import { SECRET_OCTETS } from "#protocol/pair/code.ts";
import { CODE_LIFE_MS, CODE_TRIES_MAX } from "./limits.ts";
import { isProof } from "./pairing-proof.ts";

export class OpenCode {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: Pick<Random, "bytes">;
  #secret: Uint8Array | undefined;
  #untilMs = 0;
  #triesLeft = 0;

  constructor({ clock, random }: { readonly clock: Pick<Clock, "now">; readonly random: Pick<Random, "bytes"> }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A new one; the one before counts no more. */
  make(): { readonly secret: Uint8Array; readonly untilMs: number } {
    this.#secret = this.#random.bytes(SECRET_OCTETS);
    this.#untilMs = this.#clock.now() + CODE_LIFE_MS;
    this.#triesLeft = CODE_TRIES_MAX;
    return { secret: this.#secret, untilMs: this.#untilMs };
  }

  get isOpen(): boolean {
    return this.#secret !== undefined && this.#clock.now() < this.#untilMs;
  }

  /** The secret, where the proof is right: it counts no more then. */
  use(proof: string, fingerprints: { readonly joining: string; readonly inviting: string }): Uint8Array | undefined {
    const secret = this.#secret;
    if (secret === undefined || !this.isOpen) return undefined;
    const isRight = isProof(proof, "joining", { secret, ...fingerprints });
    this.#triesLeft--;
    if (isRight || this.#triesLeft <= 0) this.#secret = undefined;
    return isRight ? secret : undefined;
  }
}
