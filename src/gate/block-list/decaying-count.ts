import { EVIDENCE_HALF_LIFE_MS } from "./limits.ts";

/** A sum of evidence that loses half of its weight each hour. */
export class DecayingCount {
  #value = 0;
  #atMs = 0;

  at(nowMs: number): number {
    const ageMs = Math.max(0, nowMs - this.#atMs);
    return this.#value * 2 ** (-ageMs / EVIDENCE_HALF_LIFE_MS);
  }

  /** @returns the sum with it. */
  add(points: number, nowMs: number): number {
    this.#value = this.at(nowMs) + points;
    this.#atMs = nowMs;
    return this.#value;
  }
}
