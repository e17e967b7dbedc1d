/** The store as the queue sees it: recipients elsewhere. The states are in `queue-rows.ts`. */
import type { Result } from "#mail/result.ts";
import type {
  QueueAction,
  QueueClaim,
  QueueCounts,
  QueueDetail,
  QueueEntry,
  QueueId,
  QueueJob,
  QueueQuery,
  QueueSelection,
  QueueSettlement,
  RecipientId,
  SuppressedAddress,
} from "./queue-rows.ts";

export interface QueueStore {
  /** Gives out what is due: those recipients are `in-flight` now. */
  claimQueued(claim: QueueClaim): Promise<readonly QueueJob[]>;
  /** Before the final dot: the outcome may be unknown from now on. False: some of them are nobody's to send any more. */
  markFinishing(ids: readonly RecipientId[]): Promise<boolean>;
  /** Writes down what became of a job, and puts the reports about it where they belong: all or nothing. */
  settleQueued(settlement: QueueSettlement): Promise<Result<void, "no-space">>;
  /** At start, before anything is claimed: what was under way when the process ended is due again. */
  recoverQueue(nowMs: number): Promise<{ readonly again: number; readonly doubtful: number }>;
  /** Retries, holds, releases or removes some of the recipients; how many. Call again until it is none. What is under way is left alone. */
  changeQueued(selection: QueueSelection, action: QueueAction, nowMs: number): Promise<number>;
  /** In ascending id. */
  listQueue(query: QueueQuery): Promise<readonly QueueEntry[]>;
  /** With at most `limit` recipients `after` that one. */
  findQueued(
    id: QueueId,
    page: { readonly after?: RecipientId; readonly limit: number },
  ): Promise<QueueDetail | undefined>;
  countQueue(): Promise<QueueCounts>;
  /** The first moment after `afterMs` at which something is due; null: nothing waits. */
  nextQueueTurn(afterMs: number): Promise<number | null>;
  /** Those of the addresses that are suppressed at `nowMs`. At most `ROWS_PER_CALL_MAX`. */
  findSuppressed(addresses: readonly string[], nowMs: number): Promise<readonly SuppressedAddress[]>;
  listSuppressed(page: { readonly after?: string; readonly limit: number }): Promise<readonly SuppressedAddress[]>;
  /** False: it was not there. */
  removeSuppressed(address: string): Promise<boolean>;
  /** Forgets some suppressed addresses whose time is over, and some `dead` reports queued before `deadBeforeMs`; how many. */
  pruneQueue(nowMs: number, deadBeforeMs: number): Promise<number>;
}
