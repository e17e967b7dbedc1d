/** Other nodes, their lists, and their word on the block list. */
import type { BlockListChange } from "../../decision-row.ts";
import { PRUNED_PAIR_PER_CALL_MAX, ROWS_PER_CALL_MAX, STAMP_AHEAD_MS_MAX } from "../../limits.ts";
import type { StampedEntry } from "../../pair-rows.ts";
import type { WriterOperations } from "../store-methods.ts";
import { BlockListStamps } from "./block-list-stamps.ts";
import type { WriteContext } from "./context.ts";
import { deleteBlockListRow, insertBlockListRow } from "./decisions.ts";

type PairMethod =
  | "putPairNode"
  | "removePairNode"
  | "putPairProgress"
  | "putRecipientList"
  | "confirmRecipientList"
  | "mergeBlockList"
  | "prunePair";

export function pairOperations(context: WriteContext): Pick<WriterOperations, PairMethod> {
  const { db, events } = context;
  return {
    ...listOperations(context),
    putPairNode(node) {
      db.run(
        `INSERT OR REPLACE INTO pair_node (fingerprint, name, address, dials, joined_ms, block_list_cursor,
           senders_cursor_ms, last_sync_ms, same_policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        node.fingerprint,
        node.name,
        node.address,
        node.dials ? 1 : 0,
        node.joinedMs,
        node.blockListCursor,
        node.sendersCursorMs,
        node.lastSyncMs,
        node.samePolicy ? 1 : 0,
      );
      events.pair();
    },
    removePairNode(fingerprint) {
      db.run("DELETE FROM pair_list WHERE fingerprint = ?", fingerprint);
      events.pair();
      return db.run("DELETE FROM pair_node WHERE fingerprint = ?", fingerprint) > 0;
    },
    putPairProgress({ fingerprint, name, blockListCursor, sendersCursorMs, lastSyncMs, samePolicy }) {
      db.run(
        `UPDATE pair_node SET name = ?, block_list_cursor = ?, senders_cursor_ms = ?, last_sync_ms = ?, same_policy = ?
         WHERE fingerprint = ?`,
        name,
        blockListCursor,
        sendersCursorMs,
        lastSyncMs,
        samePolicy ? 1 : 0,
        fingerprint,
      );
    },
    mergeBlockList: (entries, nowMs) => mergeBlockList(context, entries, nowMs),
    prunePair(beforeMs) {
      const removals = new BlockListStamps(db).pruneRemovals(beforeMs, PRUNED_PAIR_PER_CALL_MAX);
      const handed = db.run(
        "DELETE FROM handed_over WHERE key IN (SELECT key FROM handed_over WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
        beforeMs,
        PRUNED_PAIR_PER_CALL_MAX,
      );
      return removals + handed;
    },
  };
}

function listOperations({
  db,
  events,
}: WriteContext): Pick<WriterOperations, "putRecipientList" | "confirmRecipientList"> {
  return {
    putRecipientList({ fingerprint, digest, octets, nowMs }) {
      if (db.get("SELECT 1 FROM pair_node WHERE fingerprint = ?", fingerprint) === undefined) return;
      db.run(
        `INSERT OR REPLACE INTO pair_list (fingerprint, digest, octets, received_ms, confirmed_ms)
         VALUES (?, ?, ?, ?, ?)`,
        fingerprint,
        digest,
        octets,
        nowMs,
        nowMs,
      );
      events.pair();
    },
    confirmRecipientList(fingerprint, nowMs) {
      db.run("UPDATE pair_list SET confirmed_ms = ? WHERE fingerprint = ?", nowMs, fingerprint);
      events.pair();
    },
  };
}

function mergeBlockList(
  { db, events }: Pick<WriteContext, "db" | "events">,
  entries: readonly StampedEntry[],
  nowMs: number,
): number {
  if (entries.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} entries in a call`);
  const stamps = new BlockListStamps(db);
  let taken = 0;
  for (const one of entries) {
    // A clock that is so far ahead would have the last word for ever.
    if (one.stamp > nowMs + STAMP_AHEAD_MS_MAX || !stamps.isLater(one)) continue;
    stamps.heard(one);
    taken++;
    const change = applied(db, one);
    if (change !== undefined) events.blockList(change);
  }
  return taken;
}

/** What changed by it; undefined: what is removed was not there. */
function applied(db: WriteContext["db"], { key, entry }: StampedEntry): BlockListChange | undefined {
  if (entry === null) return deleteBlockListRow(db, key) ? { kind: "remove", entries: [key] } : undefined;
  insertBlockListRow(db, entry);
  return { kind: "put", entries: [entry] };
}

/** What another node handed over; false where some of it is here already, and nothing was noted. */
export function noteHandedOver({ db }: WriteContext, keys: readonly string[], nowMs: number): boolean {
  if (keys.some((key) => db.get("SELECT 1 FROM handed_over WHERE key = ?", key) !== undefined)) return false;
  for (const key of keys) db.run("INSERT INTO handed_over (key, at_ms) VALUES (?, ?)", key, nowMs);
  return true;
}
