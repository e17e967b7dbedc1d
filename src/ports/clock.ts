/** Time, as the rooms may know it. `platform/` has the real one, `test/sim/` a fake one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never jump, for durations. */
  monotonicMs(): number;
  /** Calls `run` once, after `delayMs` at the earliest. */
  after(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
