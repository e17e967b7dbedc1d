/** Adding and removing messages with everything that counts them: the only code that changes rows of `message`. */
import { EXPUNGED_PER_FOLDER_MAX, KEYWORDS_PER_ACCOUNT_MAX } from "../../limits.ts";
import { DELETED, type FlagSet, flagSet, keywordColumn, SEEN } from "../../message-flags.ts";
import type { AccountId, BlobId, Flag, FolderId, ModSeq, Uid } from "../../store.ts";
import type { FolderFigures } from "../ledger.ts";
import type { WriteContext } from "./context.ts";

const UID_MAX = 0xffff_ffff; // RFC 3501 §2.3.1.1

export interface StoredMessage extends Record<string, unknown> {
  readonly uid: Uid;
  readonly blobId: BlobId;
  readonly flags: number;
  readonly keywords: string | null;
  readonly modSeq: ModSeq;
  readonly internalDateMs: number;
  readonly sizeOctets: number;
}

const COLUMNS = `uid, blob_id AS blobId, flags, keywords, mod_seq AS modSeq, internal_date_ms AS internalDateMs,
  size_octets AS sizeOctets`;
const SELECT_ONE = `SELECT ${COLUMNS} FROM message WHERE folder_id = ? AND uid = ?`;
const SELECT_ALL = `SELECT ${COLUMNS} FROM message WHERE folder_id = ? ORDER BY uid`;
const SELECT_DELETED = `SELECT ${COLUMNS} FROM message WHERE folder_id = ? AND flags & ${DELETED} ORDER BY uid`;
const INSERT = `INSERT INTO message (folder_id, uid, blob_id, flags, keywords, mod_seq, internal_date_ms, size_octets)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Messages of these UIDs that exist, in ascending UID. */
export function storedMessages({ db }: WriteContext, folderId: FolderId, uids: readonly Uid[]): StoredMessage[] {
  const ascending = [...new Set(uids)].toSorted((a, b) => a - b);
  return ascending.flatMap((uid) => db.get<StoredMessage>(SELECT_ONE, folderId, uid) ?? []);
}

export function allMessages({ db }: WriteContext, folderId: FolderId): StoredMessage[] {
  return db.all<StoredMessage>(SELECT_ALL, folderId);
}

export function deletedMessages({ db }: WriteContext, folderId: FolderId): StoredMessage[] {
  return db.all<StoredMessage>(SELECT_DELETED, folderId);
}

export type NewRow = Pick<StoredMessage, "blobId" | "flags" | "keywords" | "internalDateMs" | "sizeOctets">;

/** Puts a message at the end of the folder; its blob's reference is counted by the caller. */
export function addMessage({ db, ledger, events }: WriteContext, folder: FolderFigures, row: NewRow): Uid {
  ledger.touch(folder);
  if (folder.uidNext > UID_MAX) throw new Error(`folder ${folder.id} has used up its UIDs`);
  const uid = folder.uidNext++;
  const modSeq = ++folder.highestModSeq;
  const { blobId, flags, keywords, internalDateMs, sizeOctets } = row;
  db.run(INSERT, folder.id, uid, blobId, flags, keywords, modSeq, internalDateMs, sizeOctets);
  folder.messages++;
  folder.recent++;
  folder.sizeOctets += sizeOctets;
  countFlags(folder, flags, 1);
  ledger.charge(folder.accountId, sizeOctets, 1);
  events.folder(folder.accountId, folder.id, modSeq);
  return uid;
}

/** Removes messages of a folder and remembers their UIDs; their blobs' references are the caller's affair. */
export function removeMessages(context: WriteContext, folder: FolderFigures, rows: readonly StoredMessage[]): void {
  if (rows.length === 0) return;
  const { db, ledger, events } = context;
  ledger.touch(folder);
  const modSeq = ++folder.highestModSeq;
  let octets = 0;
  for (const { uid, flags, sizeOctets } of rows) {
    db.run("DELETE FROM message WHERE folder_id = ? AND uid = ?", folder.id, uid);
    db.run("INSERT INTO expunged (folder_id, mod_seq, uid) VALUES (?, ?, ?)", folder.id, modSeq, uid);
    if (uid >= folder.recentFrom) folder.recent--;
    countFlags(folder, flags, -1);
    octets += sizeOctets;
  }
  folder.messages -= rows.length;
  folder.sizeOctets -= octets;
  folder.expunged += rows.length;
  pruneExpunged(context, folder);
  ledger.charge(folder.accountId, -octets, -rows.length);
  events.folder(folder.accountId, folder.id, modSeq);
}

/** Writes a message's new flags. */
export function rewriteFlags(
  { db, ledger }: WriteContext,
  folder: FolderFigures,
  message: StoredMessage,
  flags: FlagSet,
  modSeq: ModSeq,
): void {
  ledger.touch(folder);
  db.run(
    "UPDATE message SET flags = ?, keywords = ?, mod_seq = ? WHERE folder_id = ? AND uid = ?",
    flags.bits,
    keywordColumn(flags.keywords),
    modSeq,
    folder.id,
    message.uid,
  );
  countFlags(folder, message.flags, -1);
  countFlags(folder, flags.bits, 1);
}

/** Flags as the account keeps them: a keyword has the spelling it was first written in (RFC 3501 §2.3.2). */
export function accountFlags({ db }: WriteContext, accountId: AccountId, flags: readonly Flag[]): FlagSet {
  return flagSet(flags, (keyword) => {
    const folded = keyword.toLowerCase();
    const known = db.get<{ spelling: string }>(
      "SELECT spelling FROM keyword WHERE account_id = ? AND folded = ?",
      accountId,
      folded,
    );
    if (known !== undefined) return known.spelling;
    const count = db.number("SELECT count(*) FROM keyword WHERE account_id = ?", accountId);
    if (count < KEYWORDS_PER_ACCOUNT_MAX) {
      db.run("INSERT INTO keyword (account_id, folded, spelling) VALUES (?, ?, ?)", accountId, folded, keyword);
    }
    return keyword;
  });
}

function countFlags(folder: FolderFigures, bits: number, by: 1 | -1): void {
  if ((bits & SEEN) === 0) folder.unseen += by;
  if ((bits & DELETED) !== 0) folder.deleted += by;
}

/** Forgets the oldest expunged UIDs beyond the bound, whole mod-sequences at a time. */
function pruneExpunged({ db }: WriteContext, folder: FolderFigures): void {
  if (folder.expunged <= EXPUNGED_PER_FOLDER_MAX) return;
  // A tenth more than needed, so that a full folder does not prune at every expunge.
  const excess = folder.expunged - Math.floor(EXPUNGED_PER_FOLDER_MAX * 0.9);
  const oldest = db.number(
    "SELECT mod_seq FROM expunged WHERE folder_id = ? ORDER BY mod_seq, uid LIMIT 1 OFFSET ?",
    folder.id,
    excess - 1,
  );
  folder.expunged -= db.run("DELETE FROM expunged WHERE folder_id = ? AND mod_seq <= ?", folder.id, oldest);
  folder.expungedFloor = oldest;
}
