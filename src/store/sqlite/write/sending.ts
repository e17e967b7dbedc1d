/**
 * Counts what users send, and holds the mail of an account that looks stolen: in the transaction of the message, or of the
 * answer of another server, that gave it away. So nothing is counted that was not taken, and no crash comes in between.
 */
import { siteNetwork } from "#mail/ip-address.ts";
import {
  KNOWN_NETWORK_MS,
  KNOWN_PLACES_READ_MAX,
  NEW_NETWORK_MS,
  PRUNED_SENDING_PER_CALL_MAX,
  SENDING_SOURCES_PER_DAY_MAX,
  SHADOW_AGAIN_MS,
} from "../../limits.ts";
import type { HoldFacts, Submission } from "../../sending-rows.ts";
import {
  type Amount,
  type BounceRule,
  bouncesTrigger,
  burstTrigger,
  DAY_MINUTES,
  HISTORY_DAYS,
  limitReached,
  MINUTE_MS,
  minuteOf,
  type SendingTrigger,
} from "../../sending-rules.ts";
import type { Database } from "../database.ts";
import { withReason } from "../hold-reasons.ts";
import { isHeld, outcomesOf, quietUntilMs, recentlySent, usedBy } from "../sending-sums.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
import { QueueTurns } from "./queue-turns.ts";

const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** Days whose sources are kept: today's, and those of the night before. */
const SOURCE_DAYS = 2;
/** Bookkeeping of other servers' answers stands under no network. */
const NO_NETWORK = "";

export function sendingOperations(
  context: WriteContext,
): Pick<WriterOperations, "markSendingTold" | "quietSending" | "announceSending" | "pruneSending"> {
  const { db, events } = context;
  return {
    markSendingTold(account, sinceMs) {
      const told = [context.nowMs(), account, sinceMs] as const;
      db.run("UPDATE sending_hold SET told_ms = ? WHERE account = ? AND since_ms = ?", ...told);
    },
    quietSending(account, untilMs) {
      const held = db
        .all<{ account: string; isEnforced: number }>(
          "DELETE FROM sending_hold WHERE ?1 IS NULL OR account = ?1 RETURNING account, is_enforced AS isEnforced",
          account,
        )
        .filter(({ isEnforced }) => isEnforced === 1)
        .map((row) => row.account);
      for (const name of account === null ? held : [account]) keepQuiet(db, name, untilMs);
      if (held.length > 0) events.sending();
      return held.length;
    },
    announceSending(account, untilMs) {
      if (isHeld(db, account)) return false;
      keepQuiet(db, account, untilMs);
      return true;
    },
    pruneSending: (nowMs) => prune(db, nowMs),
  };
}

function keepQuiet(db: Database, account: string, untilMs: number): void {
  db.run(
    `INSERT INTO sending_quiet (account, until_ms) VALUES (?1, ?2)
     ON CONFLICT (account) DO UPDATE SET until_ms = max(until_ms, ?2)`,
    account,
    untilMs,
  );
}

/** Why it is not taken; undefined: it is. */
export function submissionProblem(
  { db }: WriteContext,
  { account, recipients, atMs, rules }: Submission,
  /** Somebody here gets it, or it is passed on at once. */
  isHereToo: boolean,
): "sending-limit" | "account-held" | undefined {
  if (!rules.isEnforced) return undefined;
  if (isHereToo && isHeld(db, account)) return "account-held";
  const reached = limitReached(usedBy(db, account, atMs), { messages: 1, recipients }, rules);
  return reached === undefined ? undefined : "sending-limit";
}

/** It was taken, and stands in the queue already. */
export function noteSubmission(context: WriteContext, submission: Submission): void {
  const { db } = context;
  const { account, accountId, recipients, client, atMs, rules } = submission;
  const network = siteNetwork(client);
  db.run(
    `INSERT INTO sending_minute (account, minute, network, messages, recipients) VALUES (?1, ?2, ?3, 1, ?4)
     ON CONFLICT (account, minute, network) DO UPDATE SET messages = messages + 1, recipients = recipients + ?4`,
    account,
    minuteOf(atMs),
    network,
    recipients,
  );
  noteSource(db, submission);
  if (isSuspected(db, account, rules.isEnforced, atMs)) return;
  const recent = recentlySent(db, account, atMs);
  const usual = usualOf(db, account, atMs);
  const trigger =
    quietUntilMs(db, account) > atMs
      ? undefined
      : burstTrigger(
          {
            recent,
            fromHere: recentlySent(db, account, atMs, network),
            usual,
            isNewNetwork: () => isNewNetwork(db, accountId, network, atMs),
          },
          rules,
        );
  if (trigger === undefined) return notePeak(db, account, atMs, recent);
  hold(context, { account, trigger, atMs, isEnforced: rules.isEnforced, recent, usual });
}

/** Nothing more is to be found out. A rule that was in shadow and is enforced now has yet to hold what it only told of. */
function isSuspected(db: Database, account: string, isEnforced: boolean, atMs: number): boolean {
  const known = db.get<{ sinceMs: number; isEnforced: number }>(
    "SELECT since_ms AS sinceMs, is_enforced AS isEnforced FROM sending_hold WHERE account = ?",
    account,
  );
  if (known === undefined) return false;
  return known.isEnforced === 1 || (!isEnforced && known.sinceMs > atMs - SHADOW_AGAIN_MS);
}

function noteSource(db: Database, { account, client, credentialId, recipients, atMs }: Submission): void {
  const day = dayOf(atMs);
  const isKnown =
    db.run(
      `UPDATE sending_source SET last_ms = ?, messages = messages + 1, recipients = recipients + ?
       WHERE account = ? AND day = ? AND client = ? AND credential_id = ?`,
      atMs,
      recipients,
      account,
      day,
      client,
      credentialId ?? 0,
    ) > 0;
  if (isKnown) return;
  const sources = db.number("SELECT count(*) FROM sending_source WHERE account = ? AND day = ?", account, day);
  if (sources >= SENDING_SOURCES_PER_DAY_MAX) return;
  db.run(
    "INSERT INTO sending_source VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
    account,
    day,
    client,
    credentialId ?? 0,
    atMs,
    atMs,
    recipients,
  );
}

/** On the days before today: what is sent in this hour must not excuse itself. */
function usualOf(db: Database, account: string, atMs: number): Amount {
  const today = dayOf(atMs);
  const most = db.get<{ messages: number; recipients: number }>(
    `SELECT coalesce(max(peak_messages), 0) AS messages, coalesce(max(peak_recipients), 0) AS recipients
     FROM sending_day WHERE account = ? AND day < ? AND day >= ?`,
    account,
    today,
    today - HISTORY_DAYS,
  );
  return { messages: most?.messages ?? 0, recipients: most?.recipients ?? 0 };
}

function notePeak(db: Database, account: string, atMs: number, recent: Amount): void {
  db.run(
    `INSERT INTO sending_day (account, day, peak_messages, peak_recipients) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (account, day) DO UPDATE SET
       peak_messages = max(peak_messages, ?3), peak_recipients = max(peak_recipients, ?4)`,
    account,
    dayOf(atMs),
    recent.messages,
    recent.recipients,
  );
}

/**
 * Was the account seen for some time, and never there? Of an account that was never seen anywhere nothing is known: to it
 * the network of its first day is not new.
 */
function isNewNetwork(db: Database, accountId: number, network: string, atMs: number): boolean {
  if (network === "") return false;
  const known = db
    .all<{ address: string }>(
      `SELECT address FROM login WHERE account_id = ? AND last_ms >= ? AND first_ms <= ?
       ORDER BY last_ms DESC LIMIT ${KNOWN_PLACES_READ_MAX}`,
      accountId,
      atMs - KNOWN_NETWORK_MS,
      atMs - NEW_NETWORK_MS,
    )
    .map(({ address }) => siteNetwork(address));
  return known.length > 0 && !known.includes(network);
}

interface Suspicion {
  readonly account: string;
  readonly trigger: SendingTrigger;
  readonly atMs: number;
  readonly isEnforced: boolean;
  readonly recent: Amount;
  readonly usual: Amount;
}

function hold(context: WriteContext, { account, trigger, atMs, isEnforced, recent, usual }: Suspicion): void {
  const { db, events } = context;
  const facts: HoldFacts = { recent, usual, ...outcomesOf(db, account, atMs) };
  db.run(
    "INSERT OR REPLACE INTO sending_hold (account, trigger, since_ms, is_enforced, facts) VALUES (?, ?, ?, ?, ?)",
    account,
    trigger,
    atMs,
    isEnforced ? 1 : 0,
    JSON.stringify(facts),
  );
  // What a thief sent is not what its owner usually sends.
  db.run("DELETE FROM sending_day WHERE account = ? AND day = ?", account, dayOf(atMs));
  if (isEnforced) holdQueue(context, account);
  events.sending();
}

/** All that waits, and for that reason too what is held already. What is under way ends; where it is to be tried again, it is held then. */
export function holdQueue({ db }: WriteContext, account: string): void {
  const turns = new QueueTurns(db);
  const lanes = db.all<{ id: number }>(
    `SELECT queue_lane.id FROM queue_lane JOIN queue_sender ON queue_sender.id = sender_id WHERE account = ?`,
    account,
  );
  for (const { id } of lanes) {
    db.run(
      `UPDATE queue_recipient SET state = 'held', held_for = ${withReason("account")}
       WHERE lane_id = ? AND state IN ('waiting', 'held')`,
      id,
    );
    turns.touchLane(id);
  }
  turns.refresh();
}

/** After a crash, what was under way waits again: of an account that is held it does not. */
export function holdAgain(context: WriteContext): void {
  const held = context.db.all<{ account: string }>("SELECT account FROM sending_hold WHERE is_enforced = 1");
  for (const { account } of held) holdQueue(context, account);
}

export interface Outcomes {
  readonly delivered: number;
  readonly refused: number;
  readonly rule: BounceRule;
}

/** What other servers said of an account's mail. */
export function noteOutcomes(
  context: WriteContext,
  account: string,
  { delivered, refused, rule }: Outcomes,
  atMs: number,
): void {
  const { db } = context;
  if (account === "" || delivered + refused === 0) return;
  db.run(
    `INSERT INTO sending_minute (account, minute, network, delivered, refused) VALUES (?1, ?2, '${NO_NETWORK}', ?3, ?4)
     ON CONFLICT (account, minute, network) DO UPDATE SET delivered = delivered + ?3, refused = refused + ?4`,
    account,
    minuteOf(atMs),
    delivered,
    refused,
  );
  // A delivery may be the twentieth: refusals before it count from then on.
  if (quietUntilMs(db, account) > atMs) return;
  if (isSuspected(db, account, rule.isEnforced, atMs)) return;
  const trigger = bouncesTrigger(outcomesOf(db, account, atMs), rule);
  if (trigger === undefined) return;
  const recent = recentlySent(db, account, atMs);
  hold(context, { account, trigger, atMs, isEnforced: rule.isEnforced, recent, usual: usualOf(db, account, atMs) });
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

function prune(db: Database, nowMs: number): number {
  const today = dayOf(nowMs);
  const oldest: readonly (readonly [table: string, key: string, column: string, before: number])[] = [
    ["sending_minute", "account, minute, network", "minute", minuteOf(nowMs) - DAY_MINUTES],
    ["sending_day", "account, day", "day", today - HISTORY_DAYS],
    ["sending_source", "account, day, client, credential_id", "day", today - SOURCE_DAYS + 1],
    // What came before its end is left out of sums of a day.
    ["sending_quiet", "account", "until_ms", nowMs - DAY_MS],
  ];
  const shadows = db.run("DELETE FROM sending_hold WHERE is_enforced = 0 AND since_ms < ?", nowMs - SHADOW_AGAIN_MS);
  return oldest.reduce(
    (sum, [table, key, column, before]) =>
      sum +
      db.run(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${column} < ? LIMIT ?)`,
        before,
        PRUNED_SENDING_PER_CALL_MAX,
      ),
    shadows,
  );
}
