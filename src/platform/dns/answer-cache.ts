/** Answers that are still good, failures for a moment, within a bound of memory. */
import { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import type { DnsAnswer } from "#ports/resolver.ts";
import {
  CACHE_ANSWER_OVERHEAD_OCTETS,
  CACHE_ANSWERS_MAX,
  CACHE_OCTETS_MAX,
  CACHE_SECONDS_MAX,
  CACHE_SECONDS_MIN,
  FAILURE_MS,
} from "./limits.ts";

interface Remembered {
  readonly answer: DnsAnswer<unknown>;
  /** Monotonic clock: the time of day may jump. */
  readonly atMs: number;
}

export class AnswerCache {
  readonly #clock: Clock;
  readonly #answers = new LRUCache<string, Remembered>({
    max: CACHE_ANSWERS_MAX,
    maxSize: CACHE_OCTETS_MAX,
    sizeCalculation: ({ answer }, key) => CACHE_ANSWER_OVERHEAD_OCTETS + key.length + sizeOctets(answer),
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#answers.size;
  }

  /**
   * The answer with the TTL that is left of it, or undefined.
   * @param ttlSecondsMin for how long the asker believes an answer at least.
   */
  get(key: string, ttlSecondsMin = 0): DnsAnswer<unknown> | undefined {
    const remembered = this.#answers.get(key);
    if (remembered === undefined) return undefined;
    const { answer, atMs } = remembered;
    const ageMs = this.#clock.monotonicMs() - atMs;
    if (answer.kind === "unavailable") return ageMs < FAILURE_MS ? answer : undefined;
    const secondsMin = Math.max(CACHE_SECONDS_MIN, ttlSecondsMin);
    const goodForSeconds = Math.min(CACHE_SECONDS_MAX, Math.max(secondsMin, answer.ttlSeconds));
    if (ageMs >= goodForSeconds * 1000) return undefined;
    return { ...answer, ttlSeconds: Math.max(0, answer.ttlSeconds - Math.ceil(ageMs / 1000)) };
  }

  /** Everything but that we ask too much: that is over as soon as it is said. */
  set(key: string, answer: DnsAnswer<unknown>): void {
    if (answer.kind === "unavailable" && answer.cause === "overloaded") return;
    this.#answers.set(key, { answer, atMs: this.#clock.monotonicMs() });
  }
}

/** Roughly. */
function sizeOctets(answer: DnsAnswer<unknown>): number {
  if (answer.kind !== "records") return 0;
  return answer.records.reduce<number>((sum, record) => sum + recordOctets(record), 0);
}

const RECORD_OVERHEAD_OCTETS = 64;

function recordOctets(record: unknown): number {
  if (typeof record === "string") return RECORD_OVERHEAD_OCTETS + record.length * 2;
  const { exchange = "", data } = record as { readonly exchange?: string; readonly data?: Uint8Array };
  return RECORD_OVERHEAD_OCTETS * 2 + exchange.length + (data?.length ?? 0);
}
