/** Making and dropping one folder's rows, for the operations on folders and on accounts. */
import type { AccountId, FolderId, SpecialUse } from "../../store.ts";
import type { WriteContext } from "./context.ts";

const UID_VALIDITY_MAX = 0xffff_ffff; // RFC 3501 §2.3.1.1

/** Names of the folders every account begins with (RFC 6154 §2). */
export const SPECIAL_FOLDERS: readonly (readonly [string, SpecialUse])[] = [
  ["Drafts", "drafts"],
  ["Sent", "sent"],
  ["Junk", "junk"],
  ["Trash", "trash"],
  ["Archive", "archive"],
];

export function insertFolder(
  context: WriteContext,
  accountId: AccountId,
  name: string,
  specialUse: SpecialUse | null,
): FolderId {
  return context.db.insert(
    "INSERT INTO folder (account_id, name, special_use, uid_validity) VALUES (?, ?, ?, ?)",
    accountId,
    name,
    specialUse,
    nextUidValidity(context),
  );
}

/** Removes the folder and its messages. The account's figures are the caller's affair. */
export function dropFolder({ db, blobs }: WriteContext, folderId: FolderId): void {
  blobs.releaseFolder(folderId);
  db.run("DELETE FROM message WHERE folder_id = ?", folderId);
  db.run("DELETE FROM expunged WHERE folder_id = ?", folderId);
  db.run("DELETE FROM folder WHERE id = ?", folderId);
}

/**
 * Seconds since the epoch, or one more than the last: no two folders ever have the same, not even when the database was
 * restored from a backup. So a name and a UIDVALIDITY together always mean the same UIDs, whatever was renamed.
 */
function nextUidValidity({ db, nowMs }: WriteContext): number {
  const last = db.number("SELECT last FROM uid_validity");
  const next = Math.max(last + 1, Math.floor(nowMs() / 1000));
  if (next > UID_VALIDITY_MAX) throw new Error("UIDVALIDITY has run out: is the clock right?");
  db.run("UPDATE uid_validity SET last = ?", next);
  return next;
}
