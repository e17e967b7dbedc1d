/** Rows of the queue as the interface's values; what both halves read. */
import type { NotifyEvent, QueuedMessage, QueuedRecipientRow } from "../queue-rows.ts";

export const MESSAGE_COLUMNS = `queue_message.id, blob_id AS blobId, mail_from AS mailFrom, account, origin,
  size_octets AS sizeOctets, queued_at_ms AS queuedAtMs, priority, body, utf8, require_tls AS requireTls,
  return_content AS returnContent, envelope_id AS envelopeId, delivered, failed
  FROM queue_message JOIN blob ON blob.id = blob_id`;

export const RECIPIENT_COLUMNS = `queue_recipient.id, address, domain, notify, original_recipient AS originalRecipient,
  state, due_ms AS dueMs, attempts, is_doubtful AS isDoubtful, is_warned AS isWarned, held_for AS heldFor,
  last_reply AS lastReply FROM queue_recipient JOIN queue_lane ON queue_lane.id = lane_id`;

type Stored<Row, Changed extends keyof Row> = Omit<Row, Changed> & Record<string, unknown>;

export type StoredMessageRow = Stored<QueuedMessage, "utf8" | "requireTls" | "returnContent" | "envelopeId"> & {
  readonly utf8: number;
  readonly requireTls: number;
  readonly returnContent: "FULL" | "HDRS" | null;
  readonly envelopeId: string | null;
};

export type StoredRecipientRow = Stored<
  QueuedRecipientRow,
  "notify" | "originalRecipient" | "isDoubtful" | "isWarned"
> & {
  readonly notify: string | null;
  readonly originalRecipient: string | null;
  readonly isDoubtful: number;
  readonly isWarned: number;
};

export function toQueuedMessage(row: StoredMessageRow): QueuedMessage {
  return {
    ...row,
    utf8: row.utf8 === 1,
    requireTls: row.requireTls === 1,
    returnContent: row.returnContent ?? undefined,
    envelopeId: row.envelopeId ?? undefined,
  };
}

export function toQueuedRecipient(row: StoredRecipientRow): QueuedRecipientRow {
  return {
    ...row,
    notify: row.notify === null ? undefined : (row.notify.split(",") as NotifyEvent[]),
    originalRecipient: row.originalRecipient ?? undefined,
    isDoubtful: row.isDoubtful === 1,
    isWarned: row.isWarned === 1,
  };
}
