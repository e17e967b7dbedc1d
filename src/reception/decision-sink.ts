/** Where decision records go. Mail never waits for them: when they cannot be kept as fast as they come, they are dropped and counted. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { DECISIONS_BATCH_MAX, DECISIONS_DELAY_MS, DECISIONS_WAITING_MAX, DROPPED_WARNING_MS } from "./limits.ts";

export interface DecisionSink {
  /** A record with the ID of an earlier one replaces it. */
  record(record: DecisionRecord): void;
}

export interface DecisionBufferOptions<Kept> {
  /** What is kept of a record, made at once: a text waits for less than the objects it was made of. */
  readonly keep: (record: DecisionRecord) => Kept;
  /** Keeps a batch. Called again only when the last call has ended. */
  readonly write: (batch: readonly Kept[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

export class DecisionBuffer<Kept> implements DecisionSink {
  readonly #options: DecisionBufferOptions<Kept>;
  /** By ID, oldest first. */
  readonly #waiting = new Map<string, Kept>();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  #warnedMs = Number.NEGATIVE_INFINITY;
  /** Records that were lost, since the start. */
  dropped = 0;

  constructor(options: DecisionBufferOptions<Kept>) {
    this.#options = options;
  }

  record(record: DecisionRecord): void {
    if (this.#waiting.size >= DECISIONS_WAITING_MAX && !this.#waiting.has(record.id)) return this.#drop(1, "full");
    this.#waiting.set(record.id, this.#options.keep(record));
    if (this.#writing !== undefined || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(DECISIONS_DELAY_MS, () => {
      this.#timer = undefined;
      void this.flush();
    });
  }

  /** Writes what is waiting; resolves when it is kept or lost. Never rejects. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch: Kept[] = [];
      for (const [id, kept] of this.#waiting) {
        batch.push(kept);
        this.#waiting.delete(id);
        if (batch.length === DECISIONS_BATCH_MAX) break;
      }
      try {
        await this.#options.write(batch);
      } catch (error) {
        this.#drop(batch.length, String(error));
      }
    }
  }

  #drop(count: number, cause: string): void {
    this.dropped += count;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#warnedMs < DROPPED_WARNING_MS) return;
    this.#warnedMs = nowMs;
    this.#options.log.warn("decisions-dropped", { dropped: this.dropped, cause });
  }
}
