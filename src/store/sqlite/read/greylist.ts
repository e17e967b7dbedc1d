/** Rows of the greylist, for the reader and for the writer that has just changed them. */
import type { GreylistKnown, GreylistQuery, GreylistRow } from "../../greylist-row.ts";
import { ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

interface StoredRow extends Record<string, unknown> {
  readonly key: string;
  readonly known: GreylistKnown | null;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly tries: number;
  readonly mailFrom: string;
  readonly client: string;
  readonly clientName: string;
  readonly decision: string;
}

const COLUMNS = `key, known, first_ms AS firstMs, last_ms AS lastMs, tries, mail_from AS mailFrom, client,
  client_name AS clientName, decision`;

export function greylistReads(db: Database): Pick<ReaderOperations, "findGreylist" | "listGreylist" | "countGreylist"> {
  return {
    async findGreylist(keys) {
      if (keys.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} keys in a call`);
      return keys.flatMap((key) => greylistRow(db, key) ?? []);
    },
    listGreylist: async (query) => listGreylist(db, query),
    countGreylist: async ({ waitingSinceMs, knownSinceMs }) => ({
      waiting: db.number("SELECT count(*) FROM greylist WHERE known IS NULL AND last_ms >= ?", waitingSinceMs),
      known: db.number("SELECT count(*) FROM greylist WHERE known IS NOT NULL AND last_ms >= ?", knownSinceMs),
    }),
  };
}

export function greylistRow(db: Database, key: string): GreylistRow | undefined {
  const row = db.get<StoredRow>(`SELECT ${COLUMNS} FROM greylist WHERE key = ?`, key);
  return row === undefined ? undefined : toRow(row);
}

function listGreylist(db: Database, { which, sinceMs, about, limit, order }: GreylistQuery): readonly GreylistRow[] {
  const isIt = which === "waiting" ? "known IS NULL" : "known IS NOT NULL";
  const place = [sinceMs, Math.min(limit, ROWS_PER_CALL_MAX)] as const;
  const end = `last_ms >= ? ORDER BY last_ms ${order === undefined ? "DESC" : "ASC"}, key LIMIT ?`;
  if (about === undefined) {
    return db.all<StoredRow>(`SELECT ${COLUMNS} FROM greylist WHERE ${isIt} AND ${end}`, ...place).map(toRow);
  }
  const { length } = about.endsWith("+") ? about : "";
  const sql = `SELECT ${COLUMNS} FROM greylist
    WHERE ${isIt} AND (key = ?1 OR mail_from = ?1 OR client = ?1 OR (?2 > 0 AND substr(key, 1, ?2) = ?1)) AND ${end}`;
  return db.all<StoredRow>(sql, about, length, ...place).map(toRow);
}

function toRow({ key, known, firstMs, lastMs, tries, ...last }: StoredRow): GreylistRow {
  return { key, known, firstMs, lastMs, tries, last };
}
