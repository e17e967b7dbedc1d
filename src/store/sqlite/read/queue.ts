/** The queue as it is shown. */
import { QUEUE_RECIPIENTS_LISTED, ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { QueueCounts, QueueDetail, QueueEntry, QueueQuery, SuppressedAddress } from "../../queue-rows.ts";
import type { Database } from "../database.ts";
import {
  MESSAGE_COLUMNS,
  RECIPIENT_COLUMNS,
  type StoredMessageRow,
  type StoredRecipientRow,
  toQueuedMessage,
  toQueuedRecipient,
} from "../queue-columns.ts";
import { selectionSql } from "../queue-selection.ts";
import type { ReaderOperations } from "../store-methods.ts";

type QueueMethod = "listQueue" | "findQueued" | "countQueue" | "nextQueueTurn" | "findSuppressed" | "listSuppressed";

const SUPPRESSED = `SELECT address, times, first_ms AS firstMs, last_ms AS lastMs, until_ms AS untilMs, reply
  FROM queue_suppressed`;

type SuppressedRow = SuppressedAddress & Record<string, unknown>;

export function queueReads(db: Database): Pick<ReaderOperations, QueueMethod> {
  return {
    listQueue: async (query) => db.snapshot(() => listQueue(db, query)),
    findQueued: async (id, page) => db.snapshot(() => findQueued(db, id, page)),
    countQueue: async () => db.snapshot(() => countQueue(db)),
    nextQueueTurn: async (afterMs) => nextTurn(db, afterMs),
    findSuppressed: async (addresses, nowMs) =>
      addresses.flatMap((address) => {
        const row = db.get<SuppressedRow>(`${SUPPRESSED} WHERE address = ? AND until_ms > ?`, address, nowMs);
        return row === undefined ? [] : [{ ...row }];
      }),
    listSuppressed: async ({ after, limit }) =>
      db
        .all<SuppressedRow>(`${SUPPRESSED} WHERE address > ? ORDER BY address LIMIT ?`, after ?? "", bounded(limit))
        .map((row) => ({ ...row })),
  };
}

function bounded(limit: number): number {
  return Math.min(limit, ROWS_PER_CALL_MAX);
}

function listQueue(db: Database, query: QueueQuery): readonly QueueEntry[] {
  const { where, values } = selectionSql(query);
  const state = query.state === undefined ? "" : "AND state = ?";
  const stateValues = query.state === undefined ? [] : [query.state];
  const isFiltered = where !== "" || state !== "";
  const filter = `AND queue_message.id IN (SELECT message_id FROM queue_recipient WHERE true ${where} ${state})`;
  const messages = db.all<StoredMessageRow>(
    `SELECT ${MESSAGE_COLUMNS} WHERE queue_message.id > ? ${isFiltered ? filter : ""} ORDER BY queue_message.id LIMIT ?`,
    query.after ?? 0,
    ...values,
    ...stateValues,
    bounded(query.limit),
  );
  return messages.map((message) => ({
    message: toQueuedMessage(message),
    recipients: db
      .all<StoredRecipientRow>(
        `SELECT ${RECIPIENT_COLUMNS} WHERE message_id = ? ${where} ${state} LIMIT ${QUEUE_RECIPIENTS_LISTED}`,
        message.id,
        ...values,
        ...stateValues,
      )
      .map(toQueuedRecipient),
    recipientCount: db.number("SELECT count(*) FROM queue_recipient WHERE message_id = ?", message.id),
  }));
}

function findQueued(
  db: Database,
  id: number,
  { after = 0, limit }: { readonly after?: number; readonly limit: number },
): QueueDetail | undefined {
  const message = db.get<StoredMessageRow>(`SELECT ${MESSAGE_COLUMNS} WHERE queue_message.id = ?`, id);
  if (message === undefined) return undefined;
  return {
    message: toQueuedMessage(message),
    recipients: db
      .all<StoredRecipientRow>(
        `SELECT ${RECIPIENT_COLUMNS} WHERE message_id = ? AND queue_recipient.id > ? ORDER BY queue_recipient.id LIMIT ?`,
        id,
        after,
        bounded(limit),
      )
      .map(toQueuedRecipient),
    recipientCount: db.number("SELECT count(*) FROM queue_recipient WHERE message_id = ?", id),
    attempts: db
      .all<{ report: string }>("SELECT report FROM queue_attempt WHERE message_id = ? ORDER BY id DESC", id)
      .map(({ report }) => report),
  };
}

function countQueue(db: Database): QueueCounts {
  const inState = (...states: readonly string[]): number =>
    states.reduce(
      (sum, state) =>
        sum + db.number("SELECT count(*) FROM queue_recipient WHERE state <> 'waiting' AND state = ?", state),
      0,
    );
  const held = inState("held");
  const underWay = inState("in-flight", "finishing");
  const dead = inState("dead");
  return {
    messages: db.number("SELECT count(*) FROM queue_message"),
    waiting: db.number("SELECT count(*) FROM queue_recipient") - held - underWay - dead,
    underWay,
    held,
    dead,
    suppressed: db.number("SELECT count(*) FROM queue_suppressed"),
    nextDueMs: nextTurn(db, -1),
  };
}

function nextTurn(db: Database, afterMs: number): number | null {
  let next: number | null = null;
  for (const priority of [0, 1, 2]) {
    const turn = db.get<{ turnMs: number }>(
      `SELECT turn_ms AS turnMs FROM queue_sender
       WHERE priority = ? AND turn_ms > ? AND turn_ms IS NOT NULL ORDER BY turn_ms LIMIT 1`,
      priority,
      afterMs,
    );
    if (turn !== undefined && (next === null || turn.turnMs < next)) next = turn.turnMs;
  }
  return next;
}
