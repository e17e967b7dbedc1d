import { GROUP_COMMIT_OPERATIONS_MAX, WAITING_OPERATIONS_MAX } from "../limits.ts";
import type { StoreOperation, WriterMethod } from "./store-methods.ts";

/** What became of one operation: an error here is the one the caller gets thrown. */
export type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

interface Waiting {
  readonly operation: StoreOperation;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Gathers calls until the end of the event-loop turn, then hands them on as one batch: one wait for the disk for all. */
export class GroupCommitQueue {
  readonly #apply: (operations: readonly StoreOperation[]) => readonly Outcome[];
  readonly #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;

  constructor(apply: (operations: readonly StoreOperation[]) => readonly Outcome[]) {
    this.#apply = apply;
  }

  call(method: WriterMethod, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error("the store is closed"));
    if (this.#waiting.length >= WAITING_OPERATIONS_MAX) {
      return Promise.reject(new Error("too many operations wait for the store"));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation: { method, args }, resolve, reject });
      this.#schedule();
    });
  }

  /** Does what waits, then refuses every further call. */
  close(): void {
    this.#closed = true;
    while (this.#waiting.length > 0) this.#runOne();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#runOne();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #runOne(): void {
    const batch = this.#waiting.splice(0, GROUP_COMMIT_OPERATIONS_MAX);
    if (batch.length === 0) return;
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.#apply(batch.map(({ operation }) => operation));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i];
      if (outcome?.kind === "value") resolve(outcome.value);
      else reject(outcome?.error ?? new Error("an operation without an outcome"));
    });
  }
}
