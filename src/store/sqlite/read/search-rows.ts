/** A folder as `search.ts` reads it. */
import type { MessageIndex } from "#mail/mime/structure.ts";
import type { SearchedFolder, SearchRow } from "../../search.ts";
import type { SearchKey } from "../../search-key.ts";
import type { BlobId, FolderId } from "../../store.ts";
import type { Database } from "../database.ts";
import type { MessageContent } from "./message-content.ts";

type Columns = readonly [
  uid: number,
  blobId: number,
  flags: number,
  keywords: string | null,
  modSeq: number,
  internalDateMs: number,
  sizeOctets: number,
  sentDay: number | null,
];

const UID_MAX = 0xffff_ffff;
const COLUMNS = "uid, blob_id, flags, keywords, mod_seq, internal_date_ms, message.size_octets";

export function searchedFolder(
  db: Database,
  content: MessageContent,
  folderId: FolderId,
  key: SearchKey,
): SearchedFolder {
  // The Date field is in another table: it is joined where it is asked for.
  const [sentDay, join] = asksSentDate(key) ? ["sent_day", "JOIN blob ON blob.id = blob_id"] : ["NULL", ""];
  const sql = `SELECT ${COLUMNS}, ${sentDay} FROM message ${join}
    WHERE folder_id = ? AND uid > ? AND uid <= ? ORDER BY uid LIMIT ?`;
  const [first, last] = uidBounds(key);
  return {
    rowsAfter(afterUid, limit) {
      const rows: SearchRow[] = [];
      for (const columns of db.each<Columns>(sql, folderId, Math.max(afterUid, first - 1), last, limit)) {
        rows.push(toSearchRow(db, content, columns));
      }
      return rows;
    },
  };
}

function toSearchRow(db: Database, content: MessageContent, columns: Columns): SearchRow {
  const [uid, blobId, flags, keywords, modSeq, internalDateMs, sizeOctets, sentDay] = columns;
  const source = {
    index: () => messageIndex(db, blobId),
    read: (start: number, end: number) => content.read(blobId, start, end),
  };
  return { uid, flags, keywords, modSeq, internalDateMs, sizeOctets, sentDay, source };
}

function messageIndex(db: Database, blobId: BlobId): MessageIndex | undefined {
  const row = db.get<{ text: string }>("SELECT message_index AS text FROM blob WHERE id = ?", blobId);
  return row === undefined ? undefined : (JSON.parse(row.text) as MessageIndex);
}

function asksSentDate(key: SearchKey): boolean {
  switch (key.kind) {
    case "sent-date":
      return true;
    case "not":
      return asksSentDate(key.key);
    case "and":
    case "or":
      return key.keys.some(asksSentDate);
    case "all":
    case "uids":
    case "flag":
    case "internal-date":
    case "larger":
    case "smaller":
    case "header":
    case "body":
    case "text":
    case "mod-sequence":
    case "older":
    case "younger":
      return false;
  }
}

/** The first and last UID that can match: only what every match must fulfil counts. */
function uidBounds(key: SearchKey): readonly [number, number] {
  if (key.kind === "uids") return [key.ranges[0]?.[0] ?? UID_MAX, key.ranges.at(-1)?.[1] ?? 0];
  if (key.kind !== "and") return [0, UID_MAX];
  const bounds = key.keys.map(uidBounds);
  return [Math.max(0, ...bounds.map(([first]) => first)), Math.min(UID_MAX, ...bounds.map(([, last]) => last))];
}
