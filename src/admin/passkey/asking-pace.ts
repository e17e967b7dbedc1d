import { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import { ASKERS_MAX, QUESTION_MS, QUESTIONS_AT_ONCE_MAX } from "./limits.ts";

/** How often one source may ask: so many at once, then one at a time (GCRA). */
export class AskingPace {
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** By source: when all its questions are free again. */
  readonly #freeAtMs = new LRUCache<string, number>({ max: ASKERS_MAX });

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  mayAsk(source: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const freeAtMs = Math.max(this.#freeAtMs.get(source) ?? nowMs, nowMs) + QUESTION_MS;
    if (freeAtMs - nowMs > QUESTIONS_AT_ONCE_MAX * QUESTION_MS) return false;
    this.#freeAtMs.set(source, freeAtMs);
    return true;
  }
}
