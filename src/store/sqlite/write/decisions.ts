/** Decision records, the block list's entries, and logins: what is known of clients. */
import type { BlockListKey, BlockListRow } from "../../decision-row.ts";
import { KNOWN_NETWORK_MS, PRUNED_DECISIONS_PER_CALL_MAX, ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { Database } from "../database.ts";
import type { WriterOperations } from "../store-methods.ts";
import { BlockListStamps } from "./block-list-stamps.ts";
import type { WriteContext } from "./context.ts";

type DecisionMethod = "putDecisions" | "pruneDecisions";
/** As the database gives it back. */
type StoredKey = BlockListKey & Record<string, unknown>;

type ClientMethod = "putBlockList" | "removeBlockList" | "pruneBlockList" | "putLogins";

const INSERT_NEW = "INSERT OR IGNORE INTO decision (id, at_ms, keys, record) VALUES (?, ?, ?, ?)";

export function decisionOperations(context: WriteContext): Pick<WriterOperations, DecisionMethod | ClientMethod> {
  const { db } = context;
  return {
    ...clientOperations(context),
    putDecisions(rows) {
      if (rows.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} records in a call`);
      for (const { id, atMs, keys, record } of rows) {
        const row = [id, atMs, JSON.stringify(keys), record] as const;
        if (db.run(INSERT_NEW, ...row) === 0) {
          forget(db, id);
          db.run(INSERT_NEW, ...row);
        }
        for (const key of new Set(keys)) {
          db.run("INSERT INTO decision_key (key, at_ms, decision_id) VALUES (?, ?, ?)", key, atMs, id);
        }
      }
    },
    pruneDecisions(beforeMs) {
      const old = db.all<{ id: string }>(
        "SELECT id FROM decision WHERE at_ms < ? ORDER BY at_ms LIMIT ?",
        beforeMs,
        PRUNED_DECISIONS_PER_CALL_MAX,
      );
      for (const { id } of old) forget(db, id);
      return old.length;
    },
  };
}

function forget(db: Database, id: string): void {
  const old = db.get<{ atMs: number; keys: string }>("SELECT at_ms AS atMs, keys FROM decision WHERE id = ?", id);
  if (old === undefined) return;
  for (const key of new Set(JSON.parse(old.keys) as string[])) {
    db.run("DELETE FROM decision_key WHERE key = ? AND at_ms = ? AND decision_id = ?", key, old.atMs, id);
  }
  db.run("DELETE FROM decision WHERE id = ?", id);
}

export function insertBlockListRow(db: Database, row: BlockListRow): void {
  const { prefix, scope, kind, reason, evidence, sinceMs, untilMs, origin, repeat } = row;
  db.run(
    `INSERT OR REPLACE INTO block_list
       (prefix, scope, kind, reason, evidence, since_ms, until_ms, origin, repeat)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    prefix,
    scope,
    kind,
    reason,
    JSON.stringify(evidence),
    sinceMs,
    untilMs,
    origin,
    repeat,
  );
}

/** Was it there? */
export function deleteBlockListRow(db: Database, { prefix, scope, kind }: BlockListKey): boolean {
  return db.run("DELETE FROM block_list WHERE prefix = ? AND scope = ? AND kind = ?", prefix, scope, kind) > 0;
}

function clientOperations({ db, events, nowMs }: WriteContext): Pick<WriterOperations, ClientMethod> {
  const stamps = new BlockListStamps(db);
  const removed = (entries: readonly BlockListKey[]): number => {
    if (entries.length > 0) events.blockList({ kind: "remove", entries });
    return entries.length;
  };
  return {
    putBlockList(rows) {
      for (const row of rows) insertBlockListRow(db, row);
      stamps.said(rows, false, nowMs());
      if (rows.length > 0) events.blockList({ kind: "put", entries: rows });
    },
    removeBlockList(keys) {
      const there = keys.filter((key) => deleteBlockListRow(db, key));
      stamps.said(there, true, nowMs());
      return removed(there);
    },
    pruneBlockList(beforeMs) {
      const old = db
        .all<StoredKey>("DELETE FROM block_list WHERE until_ms < ? RETURNING prefix, scope, kind", beforeMs)
        .map((key) => ({ ...key }));
      for (const key of old) stamps.forget(key);
      return removed(old);
    },
    putLogins(logins) {
      for (const { address, accountId, atMs } of logins) {
        db.run(
          `INSERT INTO login (address, account_id, last_ms, first_ms) VALUES (?1, ?2, ?3, ?3)
           ON CONFLICT (address, account_id) DO UPDATE SET
             first_ms = iif(last_ms < ?3 - ${KNOWN_NETWORK_MS}, ?3, first_ms), last_ms = ?3`,
          address,
          accountId,
          atMs,
        );
      }
    },
  };
}
