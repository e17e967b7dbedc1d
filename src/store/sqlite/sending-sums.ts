/** Sums over what an account sent lately; what both halves read. */
import type { HoldFacts, SendingHold, SendingUse } from "../sending-rows.ts";
import {
  type Amount,
  BURST_MINUTES,
  DAY_MINUTES,
  HOUR_MINUTES,
  minuteOf,
  type SendingTrigger,
} from "../sending-rules.ts";
import type { Database } from "./database.ts";

interface Sums extends Record<string, unknown> {
  readonly hourMessages: number;
  readonly hourRecipients: number;
  readonly dayMessages: number;
  readonly dayRecipients: number;
}

export function usedBy(db: Database, account: string, nowMs: number): Pick<SendingUse, "hour" | "day"> {
  const minute = minuteOf(nowMs);
  const sums = db.get<Sums>(
    `SELECT coalesce(sum(messages), 0) AS dayMessages, coalesce(sum(recipients), 0) AS dayRecipients,
       coalesce(sum(iif(minute > ?1, messages, 0)), 0) AS hourMessages,
       coalesce(sum(iif(minute > ?1, recipients, 0)), 0) AS hourRecipients
     FROM sending_minute WHERE account = ?2 AND minute > ?3`,
    minute - HOUR_MINUTES,
    account,
    minute - DAY_MINUTES,
  );
  return {
    hour: { messages: sums?.hourMessages ?? 0, recipients: sums?.hourRecipients ?? 0 },
    day: { messages: sums?.dayMessages ?? 0, recipients: sums?.dayRecipients ?? 0 },
  };
}

/** @param network undefined: from all. */
export function recentlySent(db: Database, account: string, nowMs: number, network?: string): Amount {
  const sums = db.get<{ messages: number; recipients: number }>(
    `SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(recipients), 0) AS recipients
     FROM sending_minute WHERE account = ?1 AND minute > ?2 AND (?3 IS NULL OR network = ?3)`,
    account,
    minuteOf(nowMs) - BURST_MINUTES,
    network ?? null,
  );
  return { messages: sums?.messages ?? 0, recipients: sums?.recipients ?? 0 };
}

/** Within a day, and of that what came after the last release or announcement: what was looked at is no news. */
export function outcomesOf(db: Database, account: string, nowMs: number): Pick<HoldFacts, "delivered" | "refused"> {
  const dayBegan = minuteOf(nowMs) - DAY_MINUTES;
  const sums = db.get<{ delivered: number; refused: number }>(
    `SELECT coalesce(sum(delivered), 0) AS delivered, coalesce(sum(refused), 0) AS refused
     FROM sending_minute WHERE account = ? AND minute > ?`,
    account,
    Math.max(dayBegan, minuteOf(quietUntilMs(db, account) - 1)),
  );
  return { delivered: sums?.delivered ?? 0, refused: sums?.refused ?? 0 };
}

interface HoldRow extends Record<string, unknown> {
  readonly account: string;
  readonly trigger: SendingTrigger;
  readonly sinceMs: number;
  readonly isEnforced: number;
  readonly facts: string;
  readonly toldMs: number | null;
}

const HOLD = `SELECT account, trigger, since_ms AS sinceMs, is_enforced AS isEnforced, facts, told_ms AS toldMs
  FROM sending_hold`;

export function holdOf(db: Database, account: string): SendingHold | undefined {
  const row = db.get<HoldRow>(`${HOLD} WHERE account = ?`, account);
  return row === undefined ? undefined : toHold(row);
}

export function allHolds(db: Database): readonly SendingHold[] {
  return db.all<HoldRow>(`${HOLD} WHERE is_enforced = 1 OR told_ms IS NULL ORDER BY since_ms`).map(toHold);
}

function toHold({ account, trigger, sinceMs, isEnforced, facts, toldMs }: HoldRow): SendingHold {
  return {
    account,
    trigger,
    sinceMs,
    isEnforced: isEnforced === 1,
    isTold: toldMs !== null,
    facts: JSON.parse(facts) as HoldFacts,
  };
}

/** Is its mail held? A rule in shadow holds nothing. */
export function isHeld(db: Database, account: string): boolean {
  return (
    account !== "" && db.get("SELECT 1 FROM sending_hold WHERE account = ? AND is_enforced = 1", account) !== undefined
  );
}

/** 0 where it was never quiet, or more than a day ago. */
export function quietUntilMs(db: Database, account: string): number {
  return db.number("SELECT until_ms FROM sending_quiet WHERE account = ?", account);
}
