/** The queue's rows change: given out, settled, held, released, removed. The states are in `queue-rows.ts`. */
import { failed, ok } from "#mail/result.ts";
import { QUEUE_ATTEMPTS_KEPT, QUEUE_CHANGES_PER_CALL_MAX, SUPPRESSED_ADDRESSES_MAX } from "../../limits.ts";
import type { QueueAction, QueueSelection, QueueSettlement, SettledRecipient } from "../../queue-rows.ts";
import { hasReason, releasedReasons, withoutReasons, withReason } from "../hold-reasons.ts";
import { selectionSql } from "../queue-selection.ts";
import { isHeld } from "../sending-sums.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
import { claimQueued } from "./queue-claim.ts";
import { isDone, removeIfDone } from "./queue-messages.ts";
import { QueueTurns } from "./queue-turns.ts";
import { holdAgain, noteOutcomes } from "./sending.ts";

type QueueMethod =
  | "claimQueued"
  | "markFinishing"
  | "settleQueued"
  | "recoverQueue"
  | "changeQueued"
  | "removeSuppressed"
  | "pruneQueue";

interface Touched extends Record<string, unknown> {
  readonly id: number;
  readonly laneId: number;
  readonly messageId: number;
  readonly heldFor: string | null;
}

/** @param deliver stores a report in the same transaction. */
export function queueOperations(
  context: WriteContext,
  deliver: WriterOperations["deliver"],
): Pick<WriterOperations, QueueMethod> {
  const { db, events } = context;
  return {
    claimQueued: (claim) => claimQueued(db, claim),
    markFinishing: (ids) =>
      ids.filter(
        (id) => db.run("UPDATE queue_recipient SET state = 'finishing' WHERE id = ? AND state = 'in-flight'", id) === 0,
      ).length === 0,
    settleQueued: (settlement) => settle(context, settlement, deliver),
    recoverQueue: (nowMs) => recover(context, nowMs),
    changeQueued(selection, action, nowMs) {
      const changed = change(context, selection, action, nowMs);
      if (changed > 0 && (action === "retry" || action === "release")) events.queue();
      return changed;
    },
    removeSuppressed: (address) => db.run("DELETE FROM queue_suppressed WHERE address = ?", address) > 0,
    pruneQueue: (nowMs, deadBeforeMs) => prune(context, nowMs, deadBeforeMs),
  };
}

function settle(
  context: WriteContext,
  { messageId, nowMs, results, attempt, notices, suppress, outcomes }: QueueSettlement,
  deliver: WriterOperations["deliver"],
): ReturnType<WriterOperations["settleQueued"]> {
  const { db } = context;
  if (notices.length > 0 && !context.hasRoom()) return failed("no-space");
  const turns = new QueueTurns(db);
  const account = accountOf(context, messageId);
  // It was under way when its account was held: what is to be tried again is not tried.
  const next = isHeld(context.db, account) ? "held" : "waiting";
  for (const result of results) settleRecipient(context, turns, messageId, result, next);
  // Of a message that goes with this nobody will look at it.
  if (attempt !== null && !isDone(context, messageId)) keepAttempt(context, messageId, attempt);
  // A report whose reader has gone in this moment has nobody left to tell.
  for (const notice of notices) deliver(notice);
  for (const { address, reply, untilMs } of suppress) suppressAddress(context, { address, reply, nowMs, untilMs });
  turns.refresh();
  if (outcomes !== undefined) noteOutcomes(context, account, outcomes, nowMs);
  removeIfDone(context, messageId);
  return ok(undefined);
}

function accountOf({ db }: WriteContext, messageId: number): string {
  return db.get<{ account: string }>("SELECT account FROM queue_message WHERE id = ?", messageId)?.account ?? "";
}

function settleRecipient(
  { db }: WriteContext,
  turns: QueueTurns,
  messageId: number,
  { id, outcome, reply }: SettledRecipient,
  next: "waiting" | "held",
): void {
  const row = db.get<{ laneId: number }>(
    "SELECT lane_id AS laneId FROM queue_recipient WHERE id = ? AND state IN ('in-flight', 'finishing')",
    id,
  );
  if (row === undefined) return;
  turns.touchLane(row.laneId);
  switch (outcome.kind) {
    case "delivered":
    case "failed":
      db.run("DELETE FROM queue_recipient WHERE id = ?", id);
      db.run(`UPDATE queue_message SET ${outcome.kind} = ${outcome.kind} + 1 WHERE id = ?`, messageId);
      return;
    case "dead":
      db.run("UPDATE queue_recipient SET state = 'dead', last_reply = ? WHERE id = ?", reply, id);
      return;
    case "waiting":
      db.run(
        `UPDATE queue_recipient SET state = ?, held_for = ?, due_ms = ?, attempts = attempts + 1, last_reply = ?,
           is_doubtful = max(is_doubtful, ?), is_warned = max(is_warned, ?) WHERE id = ?`,
        next,
        next === "held" ? "account" : null,
        outcome.dueMs,
        reply,
        outcome.isDoubtful ? 1 : 0,
        outcome.isWarned ? 1 : 0,
        id,
      );
  }
}

function keepAttempt({ db }: WriteContext, messageId: number, report: string): void {
  db.run("INSERT INTO queue_attempt (message_id, report) VALUES (?, ?)", messageId, report);
  db.run(
    `DELETE FROM queue_attempt WHERE message_id = ?1 AND id <=
       (SELECT id FROM queue_attempt WHERE message_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${QUEUE_ATTEMPTS_KEPT})`,
    messageId,
  );
}

function suppressAddress(
  { db }: WriteContext,
  about: { readonly address: string; readonly reply: string; readonly nowMs: number; readonly untilMs: number },
): void {
  const { address, reply, nowMs, untilMs } = about;
  const known = db.run(
    `UPDATE queue_suppressed SET last_ms = ?1, until_ms = ?2, reply = ?3, times = iif(until_ms < ?1, 1, times + 1),
       first_ms = iif(until_ms < ?1, ?1, first_ms) WHERE address = ?4`,
    nowMs,
    untilMs,
    reply,
    address,
  );
  if (known > 0) return;
  if (db.number("SELECT count(*) FROM queue_suppressed") >= SUPPRESSED_ADDRESSES_MAX) return;
  db.run("INSERT INTO queue_suppressed VALUES (?, 1, ?, ?, ?, ?)", address, nowMs, nowMs, untilMs, reply);
}

/** After a crash, before anything is claimed. */
function recover(context: WriteContext, nowMs: number): { again: number; doubtful: number } {
  const { db, events } = context;
  const turns = new QueueTurns(db);
  const underWay = db.all<Touched & { state: string }>(
    `SELECT id, lane_id AS laneId, state FROM queue_recipient WHERE state IN ('in-flight', 'finishing')
       AND state <> 'waiting'`,
  );
  for (const { id, laneId, state } of underWay) {
    turns.touchLane(laneId);
    db.run(
      `UPDATE queue_recipient SET state = 'waiting', due_ms = ?, is_doubtful = max(is_doubtful, ?),
         attempts = attempts + ? WHERE id = ?`,
      nowMs,
      state === "finishing" ? 1 : 0,
      state === "finishing" ? 1 : 0,
      id,
    );
  }
  turns.refresh();
  holdAgain(context);
  if (underWay.length > 0) events.queue();
  const doubtful = underWay.filter(({ state }) => state === "finishing").length;
  return { again: underWay.length - doubtful, doubtful };
}

/** Whom it changes: nobody a second time. @param nowMs stands in each of them once. */
function changeable(action: QueueAction, selection: QueueSelection): string {
  switch (action) {
    case "retry":
      return "state = 'waiting' AND due_ms > ?";
    case "hold":
      return `(state = 'waiting' OR (state = 'held' AND NOT ${hasReason("admin")})) AND due_ms > -?`;
    case "release": {
      const held = releasedReasons(selection).map(hasReason).join(" OR ");
      return `(state = 'dead' OR (state = 'held' AND (held_for IS NULL OR ${held}))) AND due_ms > -?`;
    }
    case "remove":
      return "state IN ('waiting', 'held', 'dead') AND due_ms > -?";
  }
}

function change(context: WriteContext, selection: QueueSelection, action: QueueAction, nowMs: number): number {
  const { db } = context;
  const turns = new QueueTurns(db);
  const { where, values } = selectionSql(selection);
  const rows = db.all<Touched>(
    `SELECT id, lane_id AS laneId, message_id AS messageId, held_for AS heldFor FROM queue_recipient
     WHERE ${changeable(action, selection)} ${where} LIMIT ${QUEUE_CHANGES_PER_CALL_MAX}`,
    nowMs,
    ...values,
  );
  for (const { id, laneId, heldFor } of rows) {
    turns.touchLane(laneId);
    const left = withoutReasons(heldFor, releasedReasons(selection));
    if (action === "release" && left !== null) db.run("UPDATE queue_recipient SET held_for = ? WHERE id = ?", left, id);
    else changeOne(context, id, action, nowMs);
    // A destination that was not to be tried for a while is tried when somebody says so.
    if (action === "retry" || action === "release") turns.serveLane(laneId, 0);
  }
  turns.refresh();
  if (action === "remove") for (const id of new Set(rows.map(({ messageId }) => messageId))) removeIfDone(context, id);
  return rows.length;
}

function changeOne({ db }: WriteContext, id: number, action: QueueAction, nowMs: number): void {
  switch (action) {
    case "retry":
      db.run("UPDATE queue_recipient SET due_ms = ? WHERE id = ?", nowMs, id);
      return;
    case "hold":
      db.run(`UPDATE queue_recipient SET state = 'held', held_for = ${withReason("admin")} WHERE id = ?`, id);
      return;
    case "release":
      db.run("UPDATE queue_recipient SET state = 'waiting', held_for = NULL, due_ms = ? WHERE id = ?", nowMs, id);
      return;
    case "remove":
      db.run("DELETE FROM queue_recipient WHERE id = ?", id);
  }
}

/** Forgets suppressed addresses whose time is over, and reports that nobody had; how many. Call again until it is none. */
function prune(context: WriteContext, nowMs: number, deadBeforeMs: number): number {
  const { db } = context;
  const over = db.run(
    `DELETE FROM queue_suppressed WHERE address IN
       (SELECT address FROM queue_suppressed WHERE until_ms < ? LIMIT ${QUEUE_CHANGES_PER_CALL_MAX})`,
    nowMs,
  );
  const dead = db.all<Pick<Touched, "id" | "laneId" | "messageId">>(
    `SELECT queue_recipient.id, lane_id AS laneId, message_id AS messageId
     FROM queue_recipient JOIN queue_message ON queue_message.id = message_id
     WHERE state = 'dead' AND queued_at_ms < ? LIMIT ${QUEUE_CHANGES_PER_CALL_MAX}`,
    deadBeforeMs,
  );
  const turns = new QueueTurns(db);
  for (const { id, laneId } of dead) {
    turns.touchLane(laneId);
    db.run("DELETE FROM queue_recipient WHERE id = ?", id);
  }
  turns.refresh();
  for (const { messageId } of dead) removeIfDone(context, messageId);
  return over + dead.length;
}
