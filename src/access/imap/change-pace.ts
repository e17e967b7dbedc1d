import type { Clock, Timer } from "#ports/clock.ts";

/**
 * When to tell an idling client of changes: the first at once, those that follow together. A thousand messages put into
 * a folder that a thousand clients watch are not a million looks into the store.
 */
export class ChangePace {
  readonly #clock: Clock;
  readonly #gatherMs: number;
  readonly #due: () => void;
  #isDue = false;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  /** @param due called when `take` would say true. */
  constructor(clock: Clock, gatherMs: number, due: () => void) {
    this.#clock = clock;
    this.#gatherMs = gatherMs;
    this.#due = due;
  }

  /** Something changed. */
  announce(): void {
    if (this.#isDue || this.#timer !== undefined) return;
    const waitMs = this.#toldAtMs + this.#gatherMs - this.#clock.monotonicMs();
    if (waitMs <= 0) return this.#fallDue();
    this.#timer = this.#clock.after(waitMs, () => this.#fallDue());
  }

  /** True once for all that was announced, when it is time to tell. */
  take(): boolean {
    if (!this.#isDue) return false;
    this.#isDue = false;
    this.#toldAtMs = this.#clock.monotonicMs();
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isDue = false;
  }

  #fallDue(): void {
    this.#timer = undefined;
    this.#isDue = true;
    this.#due();
  }
}
