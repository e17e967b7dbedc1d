/** Mail kept back: put there with its delivery, released into inboxes, removed, and forgotten when its time is over. */
import { failed, ok } from "#mail/result.ts";
import { PRUNED_QUARANTINE_PER_CALL_MAX, QUARANTINE_MESSAGES_MAX } from "../../limits.ts";
import type { NewQuarantined, QuarantinedRecipient } from "../../quarantine-row.ts";
import type { AccountId, BlobId, Delivery } from "../../store.ts";
import { quarantineFigures, quarantineRow } from "../read/quarantine.ts";
import { accountById } from "../rows.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
import { placeMessage } from "./place-message.ts";

/** One account of a message that is released: it had it, or has it now. */
type Released = "released" | "already";

export function quarantineOperations(
  context: WriteContext,
): Pick<WriterOperations, "releaseQuarantined" | "removeQuarantined" | "pruneQuarantine"> {
  const { db } = context;
  return {
    releaseQuarantined(id, to, nowMs) {
      const row = quarantineRow(db, id);
      if (row === undefined) return failed("not-in-quarantine");
      const wanted = to ?? row.recipients.filter(({ state }) => state !== "removed").map(({ accountId }) => accountId);
      const outcomes = new Map<string, Released>();
      for (const accountId of new Set(wanted)) {
        const address = accountById(db, accountId)?.address;
        if (address === undefined) continue;
        const before = row.recipients.find((one) => one.accountId === accountId);
        if (before?.state === "released") {
          outcomes.set(address, "already");
          continue;
        }
        if (row.blobId === null) return failed("no-longer-kept");
        context.blobs.addReference(row.blobId);
        placeMessage(context, { accountId, folder: "inbox", flags: [] }, row.blobId, {
          internalDateMs: row.sinceMs,
          sizeOctets: row.sizeOctets,
        });
        putRecipient(context, id, { accountId, address, state: "released", changedMs: nowMs });
        outcomes.set(address, "released");
      }
      dropUnlessHeld(context, id);
      const of = (which: Released): string[] => [...outcomes].filter(([, one]) => one === which).map(([who]) => who);
      return ok({ released: of("released"), already: of("already") });
    },
    removeQuarantined(id, nowMs) {
      const row = quarantineRow(db, id);
      if (row === undefined) return failed("not-in-quarantine");
      const held = row.recipients.filter(({ state }) => state === "held");
      for (const one of held) putRecipient(context, id, { ...one, state: "removed", changedMs: nowMs });
      dropUnlessHeld(context, id);
      return ok({ removed: held.map(({ address }) => address) });
    },
    pruneQuarantine(nowMs) {
      const over = db.all<{ id: string }>(
        "SELECT id FROM quarantine WHERE until_ms <= ? ORDER BY until_ms LIMIT ?",
        nowMs,
        PRUNED_QUARANTINE_PER_CALL_MAX,
      );
      for (const { id } of over) {
        db.run("DELETE FROM quarantine_recipient WHERE quarantine_id = ?", id);
        dropUnlessHeld(context, id);
        db.run("DELETE FROM quarantine WHERE id = ?", id);
      }
      return over.length;
    },
  };
}

/** Is there room for one more message of this size? */
export function hasQuarantineRoom({ db }: WriteContext, sizeOctets: number, octetsMax: number): boolean {
  const held = quarantineFigures(db);
  return held.messages < QUARANTINE_MESSAGES_MAX && held.sizeOctets + sizeOctets <= octetsMax;
}

/** Holds one reference of the blob. */
export function keepBack(
  context: WriteContext,
  { id, client, messageId, score, reasons, untilMs, accountIds }: NewQuarantined,
  { mailFrom, receivedAtMs, index }: Delivery,
  blobId: BlobId,
): void {
  context.db.run(
    `INSERT INTO quarantine
       (id, blob_id, mail_from, client, message_id, score, reasons, size_octets, since_ms, until_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    blobId,
    mailFrom,
    client,
    messageId,
    score,
    JSON.stringify(reasons),
    index.sizeOctets,
    receivedAtMs,
    untilMs,
  );
  for (const accountId of accountIds) {
    const address = accountById(context.db, accountId)?.address ?? "";
    putRecipient(context, id, { accountId, address, state: "held", changedMs: receivedAtMs });
  }
}

/** The account is removed, and with it what was kept back from it. */
export function forgetQuarantined(context: WriteContext, accountId: AccountId): void {
  const rows = context.db.all<{ id: string }>(
    "DELETE FROM quarantine_recipient WHERE account_id = ? RETURNING quarantine_id AS id",
    accountId,
  );
  for (const { id } of rows) dropUnlessHeld(context, id);
}

/** Gives the message up where it is held for nobody any more. */
function dropUnlessHeld({ db, blobs }: WriteContext, id: string): void {
  if (db.get("SELECT 1 FROM quarantine_recipient WHERE quarantine_id = ? AND state = 'held'", id) !== undefined) return;
  const row = db.get<{ blobId: BlobId | null }>("SELECT blob_id AS blobId FROM quarantine WHERE id = ?", id);
  if (row === undefined || row.blobId === null) return;
  db.run("UPDATE quarantine SET blob_id = NULL WHERE id = ?", id);
  blobs.release(row.blobId);
}

function putRecipient({ db }: WriteContext, id: string, recipient: QuarantinedRecipient): void {
  const { accountId, address, state, changedMs } = recipient;
  db.run(
    `INSERT OR REPLACE INTO quarantine_recipient (quarantine_id, account_id, address, state, changed_ms)
     VALUES (?, ?, ?, ?, ?)`,
    id,
    accountId,
    address,
    state,
    changedMs,
  );
}
