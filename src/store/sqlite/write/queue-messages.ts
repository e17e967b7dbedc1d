/** Messages of the queue come in and go out. */
import { QUEUE_BULK_RECIPIENTS } from "../../limits.ts";
import { type NewQueuedRecipient, PLAIN_SENDING, type QueuePriority } from "../../queue-rows.ts";
import type { BlobId, Delivery } from "../../store.ts";
import { isHeld } from "../sending-sums.ts";
import type { WriteContext } from "./context.ts";
import { QueueTurns } from "./queue-turns.ts";

/** The blob's reference is counted by the caller. */
export function enqueue({ db, events }: WriteContext, delivery: Delivery, blobId: BlobId): void {
  const { queued, mailFrom, receivedAtMs, sending = PLAIN_SENDING } = delivery;
  const { account, origin, body, utf8, requireTls, returnContent, envelopeId, notBeforeMs } = sending;
  const reasons = [sending.heldFor, isHeld(db, account) ? "account" : undefined].filter((one) => one !== undefined);
  const priority = sending.priority ?? priorityOf(queued, mailFrom);
  const messageId = db.insert(
    `INSERT INTO queue_message
       (blob_id, mail_from, account, origin, priority, body, utf8, require_tls, return_content, envelope_id, queued_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    blobId,
    mailFrom,
    account,
    origin,
    priority,
    body,
    utf8 ? 1 : 0,
    requireTls ? 1 : 0,
    returnContent ?? null,
    envelopeId ?? null,
    receivedAtMs,
  );
  if (delivery.handOn !== undefined) {
    db.run("INSERT INTO hand_on (message_id, facts) VALUES (?, ?)", messageId, delivery.handOn);
  }
  const turns = new QueueTurns(db);
  const senderId = turns.senderOf(account, priority);
  for (const { address, notify, originalRecipient } of queued) {
    db.run(
      `INSERT INTO queue_recipient
         (message_id, lane_id, address, notify, original_recipient, state, due_ms, held_for)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      messageId,
      turns.laneOf(senderId, domainOf(address)),
      address,
      notify?.join(",") ?? null,
      originalRecipient ?? null,
      reasons.length === 0 ? "waiting" : "held",
      Math.max(receivedAtMs, notBeforeMs ?? 0),
      reasons.length === 0 ? null : reasons.join(","),
    );
  }
  turns.refresh();
  events.queue();
}

/** Reports are last, and what goes to many is behind what goes to few. */
function priorityOf(queued: readonly NewQueuedRecipient[], mailFrom: string): QueuePriority {
  return mailFrom === "" || queued.length > QUEUE_BULK_RECIPIENTS ? 2 : 1;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

/** Has its last recipient gone? */
export function isDone({ db }: WriteContext, messageId: number): boolean {
  return db.get("SELECT 1 FROM queue_recipient WHERE message_id = ? LIMIT 1", messageId) === undefined;
}

/** Removes a message that is done. */
export function removeIfDone(context: WriteContext, messageId: number): void {
  const { db, blobs } = context;
  if (!isDone(context, messageId)) return;
  const message = db.get<{ blobId: BlobId }>(
    "DELETE FROM queue_message WHERE id = ? RETURNING blob_id AS blobId",
    messageId,
  );
  if (message === undefined) return;
  db.run("DELETE FROM queue_attempt WHERE message_id = ?", messageId);
  db.run("DELETE FROM hand_on WHERE message_id = ?", messageId);
  blobs.release(message.blobId);
}
