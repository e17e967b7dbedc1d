/**
 * When each entry of the block list was last put or removed, by a clock that never goes back and is never behind one that it
 * heard of (a hybrid logical clock): of two words about an entry, whoever said them, all nodes hold the later one.
 */
import type { BlockListKey, BlockListRow } from "../../decision-row.ts";
import type { StampedEntry } from "../../pair-rows.ts";
import type { Database } from "../database.ts";

type StoredEntry = Omit<BlockListRow, "evidence" | keyof BlockListKey> & { readonly evidence: string } & Record<
    string,
    unknown
  >;

export class BlockListStamps {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Something was said about them here and now. */
  said(keys: readonly BlockListKey[], isRemoved: boolean, nowMs: number): void {
    for (const key of keys) {
      const { stamp } = this.#clock();
      this.#write(key, Math.max(nowMs, stamp + 1), isRemoved);
    }
  }

  /** Is this word later than ours? Of two at the same moment a ban counts before its removal, then whichever text is greater. */
  isLater({ key, stamp, entry }: StampedEntry): boolean {
    const { prefix, scope, kind } = key;
    const ours = this.#db.get<{ stamp: number; isRemoved: number }>(
      "SELECT stamp, is_removed AS isRemoved FROM block_list_stamp WHERE prefix = ? AND scope = ? AND kind = ?",
      prefix,
      scope,
      kind,
    );
    if (ours === undefined || stamp !== ours.stamp) return ours === undefined || stamp > ours.stamp;
    if (entry === null) return false;
    return ours.isRemoved === 1 || textOf({ ...entry, evidence: JSON.stringify(entry.evidence) }) > this.#textHere(key);
  }

  heard({ key, stamp, entry }: StampedEntry): void {
    this.#write(key, stamp, entry === null);
  }

  /** An entry that ended long ago: every node forgets it by itself. */
  forget({ prefix, scope, kind }: BlockListKey): void {
    this.#db.run("DELETE FROM block_list_stamp WHERE prefix = ? AND scope = ? AND kind = ?", prefix, scope, kind);
  }

  pruneRemovals(beforeMs: number, limit: number): number {
    return this.#db.run(
      `DELETE FROM block_list_stamp WHERE (prefix, scope, kind) IN
         (SELECT prefix, scope, kind FROM block_list_stamp WHERE is_removed = 1 AND stamp < ? LIMIT ?)`,
      beforeMs,
      limit,
    );
  }

  #textHere({ prefix, scope, kind }: BlockListKey): string {
    const row = this.#db.get<StoredEntry>(
      `SELECT reason, evidence, since_ms AS sinceMs, until_ms AS untilMs, origin, repeat FROM block_list
       WHERE prefix = ? AND scope = ? AND kind = ?`,
      prefix,
      scope,
      kind,
    );
    return row === undefined ? "" : textOf(row);
  }

  #write({ prefix, scope, kind }: BlockListKey, stamp: number, isRemoved: boolean): void {
    const clock = this.#clock();
    const seq = clock.seq + 1;
    this.#db.run("UPDATE pair_clock SET stamp = ?, seq = ?", Math.max(clock.stamp, stamp), seq);
    this.#db.run(
      `INSERT OR REPLACE INTO block_list_stamp (prefix, scope, kind, stamp, is_removed, seq) VALUES (?, ?, ?, ?, ?, ?)`,
      prefix,
      scope,
      kind,
      stamp,
      isRemoved ? 1 : 0,
      seq,
    );
  }

  #clock(): { readonly stamp: number; readonly seq: number } {
    return (
      this.#db.get<{ stamp: number; seq: number }>("SELECT stamp, seq FROM pair_clock WHERE id = 1") ?? {
        stamp: 0,
        seq: 0,
      }
    );
  }
}

/** One text for one entry, on every node. */
function textOf({ reason, evidence, sinceMs, untilMs, origin, repeat }: StoredEntry): string {
  return JSON.stringify([reason, evidence, sinceMs, untilMs, origin, repeat]);
}
