/**
 * A table of counts in memory that all threads see. Its size is fixed when it is made: a key has a bucket of eight slots,
 * chosen by a keyed hash, so that nobody outside can aim at a bucket. In a full bucket the slot that is worth least is given
 * up: one that nobody is in, with the least left of its rate. A slot somebody is in is never given up.
 */
import type { SourceBounds, SourceEntry, SourceKey, SourceTable } from "#ports/source-table.ts";
import { halfSipHash } from "./half-sip-hash.ts";

const BUCKET_SLOTS = 8;
/** Words of a slot: kind (0: the slot is free), high, low, how many are at once. */
const SLOT_WORDS = 4;
const KEY_WORDS = 2;
const HEADER_WORDS = 4;
const MINUTE_MS = 60_000;

/** Tries to get at a bucket before the thread sleeps: who holds it needs less than a microsecond. */
const SPINS_MAX = 2000;
/** A thread that holds a bucket for so many milliseconds is dead: it was ended between two instructions. */
const DEAD_AFTER_MS = 200;

/** @param slots rounded up to a power of two. @param hashKey 8 octets that nobody can guess. */
export function sharedRateTableMemory(slots: number, hashKey: Uint8Array): SharedArrayBuffer {
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, slots / BUCKET_SLOTS)));
  const memory = new SharedArrayBuffer(layout(buckets).octets);
  const header = new DataView(memory);
  const key = new DataView(hashKey.buffer, hashKey.byteOffset, 8);
  for (let word = 0; word < KEY_WORDS; word++) header.setInt32(word * 4, key.getInt32(word * 4), true);
  header.setInt32(KEY_WORDS * 4, buckets, true);
  return memory;
}

interface Layout {
  readonly locksAt: number;
  readonly slotsAt: number;
  readonly timesAt: number;
  readonly octets: number;
}

function layout(buckets: number): Layout {
  const locksAt = HEADER_WORDS * 4;
  // Times are numbers of 8 octets and stand at a multiple of 8.
  const timesAt = Math.ceil((locksAt + buckets * 4) / 8) * 8;
  const slotsAt = timesAt + buckets * BUCKET_SLOTS * 8;
  return { locksAt, timesAt, slotsAt, octets: slotsAt + buckets * BUCKET_SLOTS * SLOT_WORDS * 4 };
}

export class SharedRateTable implements SourceTable {
  readonly #buckets: number;
  readonly #hashKey: readonly [number, number];
  readonly #locks: Int32Array;
  /** Words of the slots; written and read only by who holds the lock of the bucket. */
  readonly #slots: Int32Array;
  /** When the rate of a slot is used up no more (GCRA: theoretical arrival time), or until when it is marked. */
  readonly #times: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    const header = new DataView(memory);
    this.#hashKey = [header.getInt32(0, true), header.getInt32(4, true)];
    this.#buckets = header.getInt32(KEY_WORDS * 4, true);
    const { locksAt, timesAt, slotsAt } = layout(this.#buckets);
    this.#locks = new Int32Array(memory, locksAt, this.#buckets);
    this.#times = new Float64Array(memory, timesAt, this.#buckets * BUCKET_SLOTS);
    this.#slots = new Int32Array(memory, slotsAt, this.#buckets * BUCKET_SLOTS * SLOT_WORDS);
  }

  get slotCount(): number {
    return this.#buckets * BUCKET_SLOTS;
  }

  enter(key: SourceKey, bounds: SourceBounds, nowMs: number): SourceEntry {
    return this.#locked(key, (bucket) => {
      const slot = this.#find(bucket, key) ?? this.#take(bucket, key, nowMs);
      return slot === undefined ? { outcome: "untracked", atOnce: 0, burstUsed: 0 } : this.#count(slot, bounds, nowMs);
    });
  }

  /** GCRA: each arrival moves the time by which the rate allows it one step on; it may run ahead by the burst. */
  #count(slot: number, { atOnceMax, perMinuteMax, burstMax }: SourceBounds, nowMs: number): SourceEntry {
    const stepMs = MINUTE_MS / perMinuteMax;
    const atOnce = this.#atOnce(slot);
    // Never further ahead than the burst: a clock that was set back must not shut anybody out.
    const aheadMs = Math.min(Math.max(0, (this.#times[slot] ?? 0) - nowMs), burstMax * stepMs);
    this.#times[slot] = nowMs + aheadMs;
    const burstUsed = stepMs === 0 ? 0 : aheadMs / stepMs;
    if (atOnce >= atOnceMax) return { outcome: "too-many", atOnce, burstUsed };
    // The hair's breadth is for the rounding of steps that are no whole milliseconds.
    if (stepMs > 0 && burstUsed + 1 > burstMax + 1e-6) return { outcome: "too-fast", atOnce, burstUsed };
    this.#setAtOnce(slot, atOnce + 1);
    this.#times[slot] = nowMs + aheadMs + stepMs;
    return { outcome: "entered", atOnce: atOnce + 1, burstUsed: stepMs === 0 ? 0 : burstUsed + 1 };
  }

  leave(key: SourceKey): void {
    this.#locked(key, (bucket) => {
      const slot = this.#find(bucket, key);
      if (slot !== undefined) this.#setAtOnce(slot, Math.max(0, this.#atOnce(slot) - 1));
    });
  }

  refund(key: SourceKey, { perMinuteMax }: SourceBounds): void {
    this.#locked(key, (bucket) => {
      const slot = this.#find(bucket, key);
      if (slot !== undefined) this.#times[slot] = (this.#times[slot] ?? 0) - MINUTE_MS / perMinuteMax;
    });
  }

  mark(key: SourceKey, untilMs: number, nowMs: number): void {
    this.#locked(key, (bucket) => {
      const slot = this.#find(bucket, key) ?? this.#take(bucket, key, nowMs);
      if (slot !== undefined) this.#times[slot] = untilMs;
    });
  }

  isMarked(key: SourceKey, nowMs: number): boolean {
    return this.#locked(key, (bucket) => {
      const slot = this.#find(bucket, key);
      return slot !== undefined && (this.#times[slot] ?? 0) > nowMs;
    });
  }

  #atOnce(slot: number): number {
    return this.#slots[slot * SLOT_WORDS + 3] ?? 0;
  }

  #setAtOnce(slot: number, atOnce: number): void {
    this.#slots[slot * SLOT_WORDS + 3] = atOnce;
  }

  #find(bucket: number, { kind, high, low }: SourceKey): number | undefined {
    for (let slot = bucket * BUCKET_SLOTS; slot < (bucket + 1) * BUCKET_SLOTS; slot++) {
      const at = slot * SLOT_WORDS;
      const isIt =
        this.#slots[at] === (kind | 0) && this.#slots[at + 1] === (high | 0) && this.#slots[at + 2] === (low | 0);
      if (isIt) return slot;
    }
    return undefined;
  }

  /** A free slot, else the one worth least; undefined when somebody is in each of them. */
  #take(bucket: number, { kind, high, low }: SourceKey, nowMs: number): number | undefined {
    let least: number | undefined;
    let leastMs = Number.POSITIVE_INFINITY;
    for (let slot = bucket * BUCKET_SLOTS; slot < (bucket + 1) * BUCKET_SLOTS; slot++) {
      if (this.#atOnce(slot) > 0) continue;
      const timeMs = this.#slots[slot * SLOT_WORDS] === 0 ? Number.NEGATIVE_INFINITY : (this.#times[slot] ?? 0);
      if (timeMs >= leastMs) continue;
      least = slot;
      leastMs = timeMs;
      if (timeMs <= nowMs) break;
    }
    if (least === undefined) return undefined;
    this.#slots.set([kind, high, low, 0], least * SLOT_WORDS);
    this.#times[least] = 0;
    return least;
  }

  #locked<T>({ kind, high, low }: SourceKey, work: (bucket: number) => T): T {
    const bucket = (halfSipHash(this.#hashKey, kind, high, low) & (this.#buckets - 1)) >>> 0;
    this.#lock(bucket);
    try {
      return work(bucket);
    } finally {
      Atomics.store(this.#locks, bucket, 0);
      Atomics.notify(this.#locks, bucket, 1);
    }
  }

  #lock(bucket: number): void {
    for (let spin = 0; spin < SPINS_MAX; spin++) {
      if (Atomics.compareExchange(this.#locks, bucket, 0, 1) === 0) return;
    }
    for (let waitedMs = 0; waitedMs < DEAD_AFTER_MS; waitedMs++) {
      if (Atomics.compareExchange(this.#locks, bucket, 0, 1) === 0) return;
      Atomics.wait(this.#locks, bucket, 1, 1);
    }
  }
}
