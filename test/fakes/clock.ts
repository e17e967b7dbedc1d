/** A clock that stands still until it is told to go on. */
import type { Clock, Timer } from "#ports/clock.ts";

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  readonly #startMs: number;
  readonly #alarms = new Set<Alarm>();
  #elapsedMs = 0;

  /** @param startMs what `now` says at first; milliseconds since the epoch. */
  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const alarm = { atMs: this.#elapsedMs + delayMs, run };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Milliseconds until a timer falls due; undefined: none is set. */
  get untilNextMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : Math.max(0, next.atMs - this.#elapsedMs);
  }

  /** Lets time pass: what falls due runs at its moment and in order, what it sets anew as well. */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#alarms.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.run();
    }
    this.#elapsedMs = untilMs;
  }

  #next(untilMs: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= untilMs && (first === undefined || alarm.atMs < first.atMs)) first = alarm;
    }
    return first;
  }
}
