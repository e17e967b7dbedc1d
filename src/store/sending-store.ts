/** The store as sending limits see it. What counts a message is `deliver`; what becomes of it elsewhere, `settleQueued` says. */
import type { SendingHold, SendingIncident, SendingMinute, SendingRow, SendingUse } from "./sending-rows.ts";

export interface SendingStore {
  findSendingUse(account: string, nowMs: number): Promise<SendingUse>;
  /** Of the last 24 hours, ascending. */
  listSendingMinutes(account: string, nowMs: number): Promise<readonly SendingMinute[]>;
  /** Those that are held, and those in shadow that nobody was told of. The oldest first. */
  listSendingHolds(): Promise<readonly SendingHold[]>;
  findSendingIncident(account: string, nowMs: number): Promise<SendingIncident>;
  /** Who sent most recipients' mail within 24 hours first. At most `ROWS_PER_CALL_MAX`. */
  listSending(nowMs: number, limit: number): Promise<readonly SendingRow[]>;
  /** User and administrator know. */
  markSendingTold(account: string, sinceMs: number): Promise<void>;
  /**
   * Ends the hold of an account (null: of all), and lets no trigger hold it again before `quietUntilMs`. Mail in the queue is
   * released by `changeQueued`. Returns how many were held.
   */
  quietSending(account: string | null, quietUntilMs: number): Promise<number>;
  /** It will send much: no trigger holds it before `quietUntilMs`. False: it is held, and stays so. */
  announceSending(account: string, quietUntilMs: number): Promise<boolean>;
  /** Forgets some of what no rule looks at any more; how many. Call again until it is none. */
  pruneSending(nowMs: number): Promise<number>;
}
