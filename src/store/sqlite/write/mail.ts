/** Mail in, mail moved, mail out: deliveries, APPEND, STORE, COPY, MOVE and EXPUNGE, and the queue's rows. */

import type { Content } from "#mail/content.ts";
import { failed, ok } from "#mail/result.ts";
import { applyFlags, DELETED, flagNames, keywordColumn, keywordsOfColumn, sameFlags } from "../../message-flags.ts";
import type { Delivery, DeliveryTarget, FlagRow, Placed, SpecialUse, Uid } from "../../store.ts";
import type { FolderFigures } from "../ledger.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
import { insertFolder, SPECIAL_FOLDERS } from "./folder-rows.ts";
import {
  accountFlags,
  addMessage,
  allMessages,
  deletedMessages,
  removeMessages,
  rewriteFlags,
  type StoredMessage,
  storedMessages,
} from "./message-rows.ts";

const NO_PREFIX = new Uint8Array(0);
/** Above every UID: nothing is recent. */
const NO_UID = 0x1_0000_0000;

export function incomingOperations(
  context: WriteContext,
): Pick<WriterOperations, "deliver" | "appendMessage" | "removeQueued"> {
  const { db, ledger, blobs } = context;
  return {
    deliver: (delivery) => (context.hasRoom() ? ok(deliver(context, delivery)) : failed("no-space")),
    appendMessage(folderId, { content, index, flags, internalDateMs }) {
      const folder = ledger.folder(folderId);
      if (folder === undefined) return failed("no-such-folder");
      const sizeOctets = contentOctets(content);
      if (!ledger.hasRoom(folder.accountId, sizeOctets)) return failed("over-quota");
      if (!context.hasRoom()) return failed("no-space");
      const kept = accountFlags(context, folder.accountId, flags);
      const blobId = blobs.insert({ prefix: NO_PREFIX, content, index, references: 1 });
      const keywords = keywordColumn(kept.keywords);
      const uid = addMessage(context, folder, { blobId, flags: kept.bits, keywords, internalDateMs, sizeOctets });
      return ok({ uid, uidValidity: folder.uidValidity });
    },
    removeQueued(id) {
      const entry = db.get<{ blobId: number }>("SELECT blob_id AS blobId FROM queue_entry WHERE id = ?", id);
      if (entry === undefined) return failed("no-such-entry");
      db.run("DELETE FROM queue_entry WHERE id = ?", id);
      blobs.release(entry.blobId);
      return ok(undefined);
    },
  };
}

/** Targets whose account has gone since RCPT are left out of the answer. */
function deliver(context: WriteContext, delivery: Delivery): readonly Placed[] {
  const { content, prefix, index, receivedAtMs, queued, mailFrom } = delivery;
  const targets = delivery.targets.filter(({ accountId }) => context.ledger.hasAccount(accountId));
  const references = targets.length + (queued.length > 0 ? 1 : 0);
  if (references === 0) return [];
  const blobId = context.blobs.insert({ prefix, content, index, references });
  const placed = targets.map((target) => {
    const folder = targetFolder(context, target);
    const flags = accountFlags(context, target.accountId, target.flags);
    const keywords = keywordColumn(flags.keywords);
    const row = { blobId, flags: flags.bits, keywords, internalDateMs: receivedAtMs, sizeOctets: index.sizeOctets };
    return { accountId: target.accountId, folderId: folder.id, uid: addMessage(context, folder, row) };
  });
  if (queued.length > 0) {
    context.db.insert(
      "INSERT INTO queue_entry (blob_id, mail_from, recipients, queued_at_ms, state) VALUES (?, ?, ?, ?, 'held')",
      blobId,
      mailFrom,
      JSON.stringify(queued),
      receivedAtMs,
    );
  }
  return placed;
}

/** The folder a delivery goes to. A special-use folder that its owner removed is made again: mail is never lost for it. */
function targetFolder(context: WriteContext, { accountId, folder: role }: DeliveryTarget): FolderFigures {
  const { ledger, events } = context;
  const known = ledger.roleFolder(accountId, role);
  if (known !== undefined) return known;
  if (role === "inbox") throw new Error(`account ${accountId} has no INBOX`);
  makeRoleFolder(context, accountId, role);
  events.folders(accountId);
  const made = ledger.roleFolder(accountId, role);
  if (made === undefined) throw new Error(`account ${accountId} has no folder for ${role}`);
  return made;
}

function makeRoleFolder(context: WriteContext, accountId: number, role: SpecialUse): void {
  const [name] = SPECIAL_FOLDERS.find(([, use]) => use === role) ?? [role];
  const adopted = context.db.run(
    "UPDATE folder SET special_use = ? WHERE account_id = ? AND name = ?",
    role,
    accountId,
    name,
  );
  if (adopted === 0) insertFolder(context, accountId, name, role);
}

export function messageOperations(
  context: WriteContext,
): Pick<WriterOperations, "changeFlags" | "copyMessages" | "expunge" | "claimRecent"> {
  const { ledger, blobs } = context;
  return {
    changeFlags: (folderId, uids, change) => changeFlags(context, folderId, uids, change),
    copyMessages: (folderId, uids, toFolderId, { move }) => copyMessages(context, folderId, uids, toFolderId, move),
    expunge(folderId, uids, { force }) {
      const folder = ledger.folder(folderId);
      if (folder === undefined) return { uids: [], highestModSeq: 0 };
      const rows = expungeable(context, folderId, uids, force);
      removeMessages(context, folder, rows);
      for (const { blobId } of rows) blobs.release(blobId);
      return { uids: rows.map(({ uid }) => uid), highestModSeq: folder.highestModSeq };
    },
    claimRecent(folderId) {
      const folder = ledger.folder(folderId);
      if (folder === undefined) return { fromUid: NO_UID };
      const fromUid = folder.recentFrom;
      if (fromUid !== folder.uidNext) {
        ledger.touch(folder);
        folder.recentFrom = folder.uidNext;
        folder.recent = 0;
      }
      return { fromUid };
    },
  };
}

function changeFlags(
  context: WriteContext,
  ...[folderId, uids, { operation, flags, unchangedSince }]: Parameters<WriterOperations["changeFlags"]>
): ReturnType<WriterOperations["changeFlags"]> {
  const { ledger, events } = context;
  const folder = ledger.folder(folderId);
  if (folder === undefined) return { changed: [], refused: [], highestModSeq: 0 };
  const given = accountFlags(context, folder.accountId, flags);
  const changed: FlagRow[] = [];
  const refused: Uid[] = [];
  // One mod-sequence for all messages one command changes (RFC 7162 §3.1).
  const modSeq = folder.highestModSeq + 1;
  for (const message of storedMessages(context, folderId, uids)) {
    const { uid } = message;
    if (unchangedSince !== undefined && message.modSeq > unchangedSince) {
      refused.push(uid);
      continue;
    }
    const old = { bits: message.flags, keywords: keywordsOfColumn(message.keywords) };
    const now = applyFlags(old, operation, given);
    const same = sameFlags(old, now);
    if (!same) {
      rewriteFlags(context, folder, message, now, modSeq);
      folder.highestModSeq = modSeq;
      events.folder(folder.accountId, folder.id, modSeq);
    }
    const kept = same ? old : now;
    changed.push({
      uid,
      flags: flagNames(kept.bits, keywordColumn(kept.keywords)),
      modSeq: same ? message.modSeq : modSeq,
    });
  }
  return { changed, refused, highestModSeq: folder.highestModSeq };
}

function copyMessages(
  context: WriteContext,
  ...[folderId, uids, toFolderId, move]: [number, readonly Uid[], number, boolean]
): ReturnType<WriterOperations["copyMessages"]> {
  const { ledger, blobs } = context;
  const source = ledger.folder(folderId);
  const target = ledger.folder(toFolderId);
  if (source === undefined || target === undefined) return failed("no-such-folder");
  const rows = storedMessages(context, folderId, uids);
  const octets = rows.reduce((sum, { sizeOctets }) => sum + sizeOctets, 0);
  // A move inside an account takes no room: it is how a full one is tidied up.
  const takesRoom = !move || source.accountId !== target.accountId;
  if (takesRoom && rows.length > 0 && !ledger.hasRoom(target.accountId, octets)) return failed("over-quota");
  const pairs = rows.map((row): readonly [Uid, Uid] => [row.uid, addMessage(context, target, row)]);
  if (move) removeMessages(context, source, rows);
  else for (const { blobId } of rows) blobs.addReference(blobId);
  return ok({ uidValidity: target.uidValidity, pairs });
}

function expungeable(
  context: WriteContext,
  folderId: number,
  uids: readonly Uid[] | null,
  force: boolean,
): StoredMessage[] {
  if (uids === null) return force ? allMessages(context, folderId) : deletedMessages(context, folderId);
  const rows = storedMessages(context, folderId, uids);
  return force ? rows : rows.filter(({ flags }) => (flags & DELETED) !== 0);
}

function contentOctets(content: Content): number {
  return content.kind === "file" ? content.sizeOctets : content.octets.length;
}
