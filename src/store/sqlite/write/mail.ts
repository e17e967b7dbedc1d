/** Mail in, mail moved, mail out: deliveries, APPEND, STORE, COPY, MOVE and EXPUNGE. */

import type { Content } from "#mail/content.ts";
import { failed, ok } from "#mail/result.ts";
import { applyFlags, DELETED, flagNames, keywordColumn, keywordsOfColumn, sameFlags } from "../../message-flags.ts";
import type { AccountId, Delivery, DeliveryTarget, FlagRow, Uid } from "../../store.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
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
import { noteHandedOver } from "./pair.ts";
import { placeMessage } from "./place-message.ts";
import { hasQuarantineRoom, keepBack } from "./quarantine.ts";
import { enqueue } from "./queue-messages.ts";
import { noteSubmission, submissionProblem } from "./sending.ts";

const NO_PREFIX = new Uint8Array(0);
/** Above every UID: nothing is recent. */
const NO_UID = 0x1_0000_0000;

export function incomingOperations(context: WriteContext): Pick<WriterOperations, "deliver" | "appendMessage"> {
  const { ledger, blobs } = context;
  return {
    deliver: (delivery) => (context.hasRoom() ? deliver(context, delivery) : failed("no-space")),
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
  };
}

/** Targets whose account has gone since RCPT are left out. */
function deliver(context: WriteContext, delivery: Delivery): ReturnType<WriterOperations["deliver"]> {
  const { content, prefix, index, receivedAtMs, queued, forwarded = [] } = delivery;
  const { targets, quarantine } = whoIsThere(context, delivery);
  const references =
    targets.length + (queued.length > 0 ? 1 : 0) + forwarded.length + (quarantine === undefined ? 0 : 1);
  if (references === 0) return failed("nobody-left");
  const { handedOver = [], submission } = delivery;
  if (submission !== undefined) {
    const isHereToo = targets.length + forwarded.length > 0 || quarantine !== undefined;
    const problem = submissionProblem(context, submission, isHereToo);
    if (problem !== undefined) return failed(problem);
  }
  if (handedOver.length > 0 && !noteHandedOver(context, handedOver, context.nowMs())) return failed("here-already");
  const blobId = context.blobs.insert({ prefix, content, index, references });
  const about = { internalDateMs: receivedAtMs, sizeOctets: index.sizeOctets };
  const placed = targets.map((target) => placeMessage(context, target, blobId, about));
  if (quarantine !== undefined) keepBack(context, quarantine, delivery, blobId);
  if (queued.length > 0) enqueue(context, delivery, blobId);
  const { handOn: _theirs, ...withoutHandOn } = delivery;
  for (const passed of forwarded) enqueue(context, { ...withoutHandOn, ...passed }, blobId);
  if (submission !== undefined) noteSubmission(context, submission);
  return ok(placed);
}

/** Whose account still exists. Where there is no room to keep the message back it goes to Junk: it is never lost for that. */
function whoIsThere(
  context: WriteContext,
  { targets, quarantine, index }: Delivery,
): Pick<Delivery, "targets" | "quarantine"> {
  const isThere = (accountId: AccountId): boolean => context.ledger.hasAccount(accountId);
  const present = targets.filter(({ accountId }) => isThere(accountId));
  const accountIds = quarantine?.accountIds.filter(isThere) ?? [];
  if (quarantine === undefined || accountIds.length === 0) return { targets: present };
  if (hasQuarantineRoom(context, index.sizeOctets, quarantine.octetsMax)) {
    return { targets: present, quarantine: { ...quarantine, accountIds } };
  }
  const toJunk = accountIds.map((accountId): DeliveryTarget => ({ accountId, folder: "junk", flags: [] }));
  return { targets: [...present, ...toJunk] };
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
