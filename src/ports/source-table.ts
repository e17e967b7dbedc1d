/**
 * Counts kept by key: how many of a source are here at once, and how fast they come. One table may be shared by several
 * threads (`platform/threads/shared-rate-table.ts`); its size is fixed, whatever number of sources there are.
 */

/** What is counted: three words of 32 bits, so that keys of different kinds cannot meet. */
export interface SourceKey {
  /** From 1 on. */
  readonly kind: number;
  readonly high: number;
  readonly low: number;
}

export interface SourceBounds {
  readonly atOnceMax: number;
  /** New ones a minute, evenly spread; infinite where only those at once count. */
  readonly perMinuteMax: number;
  /** How many may come without a pause after a quiet time. */
  readonly burstMax: number;
}

export interface SourceEntry {
  /**
   * `untracked`: there is no room to count this one, and nobody else's count was given up for it. It may enter, and
   * must not leave.
   */
  readonly outcome: "entered" | "too-many" | "too-fast" | "untracked";
  /** At once, this one included where it entered. */
  readonly atOnce: number;
  /** Part of the burst that is used up, in arrivals; 0 without a rate. */
  readonly burstUsed: number;
}

export interface SourceTable {
  /** Counts one more unless a bound is reached. Who did not enter is not counted. @param nowMs the same clock in all threads. */
  enter(key: SourceKey, bounds: SourceBounds, nowMs: number): SourceEntry;
  leave(key: SourceKey): void;
  /** Takes back what one arrival added to the rate. */
  refund(key: SourceKey, bounds: SourceBounds): void;
  /** Remembers the key until then, as far as there is room. */
  mark(key: SourceKey, untilMs: number, nowMs: number): void;
  isMarked(key: SourceKey, nowMs: number): boolean;
}
