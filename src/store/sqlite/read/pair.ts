/** Other nodes, their lists, and what changed for them. */
import type { BlockListRow } from "../../decision-row.ts";
import { ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { PairNodeRow, PairStore, RecipientListRow, StampedChanges, StampedEntry } from "../../pair-rows.ts";
import type { Database } from "../database.ts";

type StoredNode = Omit<PairNodeRow, "dials" | "samePolicy"> & { dials: number; samePolicy: number } & Record<
    string,
    unknown
  >;
type StoredList = Omit<RecipientListRow, "octets"> & Record<string, unknown>;
interface StoredStamp extends Record<string, unknown> {
  readonly prefix: string;
  readonly scope: BlockListRow["scope"];
  readonly kind: BlockListRow["kind"];
  readonly stamp: number;
  readonly isRemoved: number;
  readonly seq: number;
  readonly reason: string;
  readonly evidence: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly origin: BlockListRow["origin"];
  readonly repeat: number;
}

type PairRead = "listPairNodes" | "listRecipientLists" | "changedBlockList" | "findHandOn" | "findHandedOver";

const NODE_COLUMNS = `fingerprint, name, address, dials, joined_ms AS joinedMs, block_list_cursor AS blockListCursor,
  senders_cursor_ms AS sendersCursorMs, last_sync_ms AS lastSyncMs, same_policy AS samePolicy`;
const CHANGES = `SELECT s.prefix, s.scope, s.kind, s.stamp, s.is_removed AS isRemoved, s.seq, b.reason, b.evidence,
    b.since_ms AS sinceMs, b.until_ms AS untilMs, b.origin, b.repeat
  FROM block_list_stamp s LEFT JOIN block_list b USING (prefix, scope, kind)
  WHERE s.seq > ? ORDER BY s.seq LIMIT ?`;

export function pairReads(db: Database): Pick<PairStore, PairRead> {
  return {
    listPairNodes: async () =>
      db
        .all<StoredNode>(`SELECT ${NODE_COLUMNS} FROM pair_node ORDER BY joined_ms, fingerprint`)
        .map((row) => ({ ...row, dials: row.dials === 1, samePolicy: row.samePolicy === 1 })),
    listRecipientLists: async (known) =>
      db
        .all<StoredList>(
          `SELECT fingerprint, digest, received_ms AS receivedMs, confirmed_ms AS confirmedMs
           FROM pair_list ORDER BY fingerprint`,
        )
        .map((row) => ({ ...row, octets: known.includes(row.digest) ? null : octetsOf(db, row.fingerprint) })),
    changedBlockList: async (cursor, limit) => changedBlockList(db, cursor, Math.min(limit, ROWS_PER_CALL_MAX)),
    findHandOn: async (messageId) =>
      db.get<{ facts: string }>("SELECT facts FROM hand_on WHERE message_id = ?", messageId)?.facts,
    findHandedOver: async (keys) => handedOver(db, keys),
  };
}

function octetsOf(db: Database, fingerprint: string): Uint8Array | null {
  const row = db.get<{ octets: Uint8Array }>("SELECT octets FROM pair_list WHERE fingerprint = ?", fingerprint);
  return row?.octets ?? null;
}

function changedBlockList(db: Database, cursor: number, limit: number): StampedChanges {
  // A database brought back from a copy is behind what it said before.
  const from = cursor > db.number("SELECT seq FROM pair_clock") ? 0 : cursor;
  const rows = db.all<StoredStamp>(CHANGES, from, limit);
  return { entries: rows.map(stampedEntry), cursor: rows.at(-1)?.seq ?? from, isMore: rows.length === limit };
}

function stampedEntry(row: StoredStamp): StampedEntry {
  const { prefix, scope, kind, stamp, reason, evidence, sinceMs, untilMs, origin, repeat } = row;
  const key = { prefix, scope, kind };
  if (row.isRemoved === 1) return { key, stamp, entry: null };
  const entry = { ...key, reason, evidence: JSON.parse(evidence) as string[], sinceMs, untilMs, origin, repeat };
  return { key, stamp, entry };
}

export function handedOver(db: Database, keys: readonly string[]): readonly string[] {
  if (keys.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} keys in a call`);
  return keys.filter((key) => db.get("SELECT 1 FROM handed_over WHERE key = ?", key) !== undefined);
}
