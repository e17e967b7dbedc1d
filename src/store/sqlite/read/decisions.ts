/** Decision records, the block list and logins as the reader finds them. */
import type { BlockListRow, DecisionQuery, DecisionRow } from "../../decision-row.ts";
import { ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { Database } from "../database.ts";
import type { ReaderOperations } from "../store-methods.ts";

interface StoredDecision extends Record<string, unknown> {
  readonly id: string;
  readonly atMs: number;
  readonly keys: string;
  readonly record: string;
}

type StoredEntry = Omit<BlockListRow, "evidence"> & { readonly evidence: string } & Record<string, unknown>;

const COLUMNS = "decision.id, decision.at_ms AS atMs, keys, record";

function byKey(isAscending: boolean): string {
  return `SELECT ${COLUMNS} FROM decision_key JOIN decision ON decision.id = decision_id
    WHERE key = ? AND decision_key.at_ms >= ? AND decision_key.at_ms < ?
      AND (decision_key.at_ms, decision_id) ${isAscending ? ">" : "<"} (?, ?)
    ORDER BY decision_key.at_ms ${isAscending ? "" : "DESC"}, decision_id ${isAscending ? "" : "DESC"} LIMIT ?`;
}

function byTime(isAscending: boolean): string {
  return `SELECT ${COLUMNS} FROM decision
    WHERE at_ms >= ? AND at_ms < ? AND (at_ms, id) ${isAscending ? ">" : "<"} (?, ?)
    ORDER BY at_ms ${isAscending ? "" : "DESC"}, id ${isAscending ? "" : "DESC"} LIMIT ?`;
}

export function decisionReads(db: Database): Pick<ReaderOperations, "findDecisions" | "listBlockList" | "listLogins"> {
  return {
    findDecisions: async (query) => findDecisions(db, query),
    listBlockList: async () =>
      db
        .all<StoredEntry>(
          `SELECT prefix, scope, kind, reason, evidence, since_ms AS sinceMs, until_ms AS untilMs, origin,
             repeat FROM block_list ORDER BY prefix, scope, kind`,
        )
        .map((row) => ({ ...row, evidence: JSON.parse(row.evidence) as string[] })),
    listLogins: async (sinceMs) =>
      db
        .all<{ address: string; accountId: number; lastMs: number }>(
          "SELECT address, account_id AS accountId, last_ms AS lastMs FROM login WHERE last_ms >= ?",
          sinceMs,
        )
        .map((row) => ({ ...row })),
  };
}

function findDecisions(db: Database, query: DecisionQuery): readonly DecisionRow[] {
  const { key, fromMs, toMs, after, limit = ROWS_PER_CALL_MAX } = query;
  const isAscending = query.order !== "newest-first";
  const start = after ?? (isAscending ? { atMs: 0, id: "" } : { atMs: Number.MAX_SAFE_INTEGER, id: "" });
  const place = [fromMs, toMs, start.atMs, start.id, Math.min(limit, ROWS_PER_CALL_MAX)] as const;
  if (key === undefined) return db.all<StoredDecision>(byTime(isAscending), ...place).map(toRow);
  const found = db.all<StoredDecision>(byKey(isAscending), key, ...place);
  const own = after === undefined ? ownRecord(db, key, fromMs, toMs) : [];
  return [...own.filter(({ id }) => found.every((other) => other.id !== id)), ...found].map(toRow);
}

/** The record with this id, where it is one. */
function ownRecord(db: Database, id: string, fromMs: number, toMs: number): StoredDecision[] {
  const sql = `SELECT ${COLUMNS} FROM decision WHERE id = ? AND at_ms >= ? AND at_ms < ?`;
  return db.all<StoredDecision>(sql, id, fromMs, toMs);
}

function toRow({ id, atMs, keys, record }: StoredDecision): DecisionRow {
  return { id, atMs, keys: JSON.parse(keys) as string[], record };
}
