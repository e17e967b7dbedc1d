import { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";

/** A bounded memory whose entries age by `clock`. @param ttlMs milliseconds. */
export function createMemory<Key extends string | number, Value extends {}>(options: {
  readonly max: number;
  readonly ttlMs: number;
  readonly clock: Clock;
}): LRUCache<Key, Value> {
  const { max, ttlMs, clock } = options;
  // One is added because LRUCache takes an entry made at 0 for one without an age.
  return new LRUCache({ max, ttl: ttlMs, ttlResolution: 0, perf: { now: () => clock.monotonicMs() + 1 } });
}
