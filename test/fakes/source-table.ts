/** The simplest table of counts: a map without a bound, to compare the shared one with, and to test rules with. */
import type { Counters } from "#ports/counters.ts";
import type { SourceBounds, SourceEntry, SourceKey, SourceTable } from "#ports/source-table.ts";

interface Source {
  atOnce: number;
  /** When the rate is used up no more. */
  freeAtMs: number;
}

export class PlainSourceTable implements SourceTable {
  readonly #sources = new Map<string, Source>();

  get size(): number {
    return this.#sources.size;
  }

  enter(key: SourceKey, { atOnceMax, perMinuteMax, burstMax }: SourceBounds, nowMs: number): SourceEntry {
    const source = this.#source(key);
    const stepMs = 60_000 / perMinuteMax;
    const aheadMs = Math.min(Math.max(0, source.freeAtMs - nowMs), burstMax * stepMs);
    source.freeAtMs = nowMs + aheadMs;
    const burstUsed = stepMs === 0 ? 0 : aheadMs / stepMs;
    if (source.atOnce >= atOnceMax) return { outcome: "too-many", atOnce: source.atOnce, burstUsed };
    if (stepMs > 0 && burstUsed + 1 > burstMax + 1e-6) return { outcome: "too-fast", atOnce: source.atOnce, burstUsed };
    source.atOnce++;
    source.freeAtMs = nowMs + aheadMs + stepMs;
    return { outcome: "entered", atOnce: source.atOnce, burstUsed: stepMs === 0 ? 0 : burstUsed + 1 };
  }

  leave(key: SourceKey): void {
    const source = this.#source(key);
    source.atOnce = Math.max(0, source.atOnce - 1);
  }

  refund(key: SourceKey, { perMinuteMax }: SourceBounds): void {
    this.#source(key).freeAtMs -= 60_000 / perMinuteMax;
  }

  mark(key: SourceKey, untilMs: number): void {
    this.#source(key).freeAtMs = untilMs;
  }

  isMarked(key: SourceKey, nowMs: number): boolean {
    return this.#source(key).freeAtMs > nowMs;
  }

  #source({ kind, high, low }: SourceKey): Source {
    const name = [kind, high, low].join();
    const source = this.#sources.get(name) ?? { atOnce: 0, freeAtMs: 0 };
    this.#sources.set(name, source);
    return source;
  }
}

export function plainCounters(): Counters {
  const numbers: number[] = [];
  const value = (index: number): number => numbers[index] ?? 0;
  return {
    addBelow: (index, max) => {
      if (value(index) >= max) return false;
      numbers[index] = value(index) + 1;
      return true;
    },
    add: (index, difference) => void (numbers[index] = value(index) + difference),
    raise: (index, other) => void (numbers[index] = Math.max(value(index), other)),
    value,
  };
}
