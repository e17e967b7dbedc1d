/** Messages of a folder as the reader lists them. */
import { ROWS_PER_CALL_MAX } from "../../limits.ts";
import { flagNames } from "../../message-flags.ts";
import type { FlagRow, FolderChanges, FolderId, MessageRow, ModSeq, Uid } from "../../store.ts";
import type { Database } from "../database.ts";

interface Row extends Record<string, unknown> {
  readonly uid: number;
  readonly blobId: number;
  readonly flags: number;
  readonly keywords: string | null;
  readonly modSeq: number;
  readonly internalDateMs: number;
  readonly sizeOctets: number;
  readonly messageIndex?: string;
}

const COLUMNS = `uid, blob_id AS blobId, flags, keywords, mod_seq AS modSeq, internal_date_ms AS internalDateMs,
  message.size_octets AS sizeOctets`;
const ROW_TABLES = "message";
const INDEXED_TABLES = "message JOIN blob ON blob.id = blob_id";
/** UIDs asked for that lie this close are read in one sweep: a row passed over costs a tenth of a look-up. */
const SWEEP_ROWS_PER_UID_MAX = 4;

export function listUids(db: Database, folderId: FolderId): Uint32Array {
  return uidArray(db, "SELECT uid FROM message WHERE folder_id = ? ORDER BY uid", folderId);
}

export function fetchRows(
  db: Database,
  folderId: FolderId,
  uids: readonly Uid[],
  options: { readonly index: boolean },
): readonly MessageRow[] {
  if (uids.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} UIDs in a call`);
  const ascending = [...new Set(uids)].toSorted((a, b) => a - b);
  const first = ascending[0] ?? 0;
  const last = ascending.at(-1) ?? 0;
  const columns = options.index ? `${COLUMNS}, message_index AS messageIndex` : COLUMNS;
  const select = `SELECT ${columns} FROM ${options.index ? INDEXED_TABLES : ROW_TABLES} WHERE folder_id = ?`;
  if (last - first >= ascending.length * SWEEP_ROWS_PER_UID_MAX) {
    const one = `${select} AND uid = ?`;
    return db.snapshot(() => ascending.flatMap((uid) => db.get<Row>(one, folderId, uid) ?? []).map(toMessageRow));
  }
  const wanted = new Set(ascending);
  const rows = db.all<Row>(`${select} AND uid BETWEEN ? AND ? ORDER BY uid`, folderId, first, last);
  return rows.filter(({ uid }) => wanted.has(uid)).map(toMessageRow);
}

export function changesSince(db: Database, folderId: FolderId, modSeq: ModSeq): FolderChanges | undefined {
  return db.snapshot(() => {
    const folder = db.get<{ uidNext: number; highestModSeq: number; floor: number }>(
      "SELECT uid_next AS uidNext, highest_mod_seq AS highestModSeq, expunged_floor AS floor FROM folder WHERE id = ?",
      folderId,
    );
    if (folder === undefined) return undefined;
    const { uidNext, highestModSeq, floor } = folder;
    const changed = db
      .all<Row>(
        `SELECT uid, flags, keywords, mod_seq AS modSeq FROM message WHERE folder_id = ? AND mod_seq > ? ORDER BY uid`,
        folderId,
        modSeq,
      )
      .map(toFlagRow);
    const expunged = modSeq < floor ? absentUids(listUids(db, folderId), uidNext) : expungedSince(db, folderId, modSeq);
    return { highestModSeq, uidNext, changed, expunged };
  });
}

function expungedSince(db: Database, folderId: FolderId, modSeq: ModSeq): Uid[] {
  const sql = "SELECT uid FROM expunged WHERE folder_id = ? AND mod_seq > ? ORDER BY uid";
  return db.all<{ uid: number }>(sql, folderId, modSeq).map(({ uid }) => uid);
}

/** Every UID that was given and is no more: what RFC 7162 §3.2.7 lets a server say that has forgotten when each one went. */
function absentUids(present: Uint32Array, uidNext: Uid): Uid[] {
  const absent: Uid[] = [];
  let uid = 1;
  for (const next of [...present, uidNext]) {
    for (; uid < next; uid++) absent.push(uid);
    uid = next + 1;
  }
  return absent;
}

function uidArray(db: Database, sql: string, folderId: FolderId): Uint32Array {
  const uids = db.all<{ uid: number }>(sql, folderId);
  return Uint32Array.from(uids, ({ uid }) => uid);
}

function toMessageRow(row: Row): MessageRow {
  const { uid, blobId, flags, keywords, modSeq, internalDateMs, sizeOctets, messageIndex } = row;
  const message = { uid, blobId, flags: flagNames(flags, keywords), modSeq, internalDateMs, sizeOctets };
  return messageIndex === undefined ? message : { ...message, indexJson: messageIndex };
}

function toFlagRow({ uid, flags, keywords, modSeq }: Row): FlagRow {
  return { uid, flags: flagNames(flags, keywords), modSeq };
}
