/** Who waits in the greylist, and who is known. Both tables have a bound. */
import type { GreylistKnown, GreylistRow, GreylistTry } from "../../greylist-row.ts";
import {
  GREYLIST_COUNT_EVERY,
  GREYLIST_KNOWN_KEPT,
  GREYLIST_KNOWN_MAX,
  GREYLIST_WAITING_MAX,
  PRUNED_GREYLIST_PER_CALL_MAX,
  ROWS_PER_CALL_MAX,
} from "../../limits.ts";
import type { Database } from "../database.ts";
import { greylistRow } from "../read/greylist.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

type GreylistMethod = "putGreylistTry" | "putGreylistKnown" | "pruneGreylist";

const COUNT_WAITING = "SELECT count(*) FROM greylist WHERE known IS NULL";
const COUNT_KNOWN = "SELECT count(*) FROM greylist WHERE known IS NOT NULL";

export interface GreylistBounds {
  readonly waitingMax: number;
  readonly knownMax: number;
  readonly knownKept: number;
}

const BOUNDS: GreylistBounds = {
  waitingMax: GREYLIST_WAITING_MAX,
  knownMax: GREYLIST_KNOWN_MAX,
  knownKept: GREYLIST_KNOWN_KEPT,
};

export function greylistOperations(
  { db }: Pick<WriteContext, "db">,
  { waitingMax, knownMax, knownKept } = BOUNDS,
): Pick<WriterOperations, GreylistMethod> {
  const waiting = new Room(waitingMax, () => db.number(COUNT_WAITING));
  const known = new Room(knownMax, () => db.number(COUNT_KNOWN));
  return {
    putGreylistTry(key, about, nowMs, { waitingSinceMs, knownSinceMs }) {
      const old = greylistRow(db, key);
      if (old?.known !== undefined && old.known !== null && old.lastMs >= knownSinceMs) return old;
      if (old?.known !== null && !waiting.hasMore()) return undefined;
      const isAgain = old?.known === null && old.firstMs >= waitingSinceMs && old.firstMs <= nowMs;
      const [firstMs, tries] = isAgain ? [old.firstMs, old.tries + 1] : [nowMs, 1];
      const row: GreylistRow = { key, known: null, firstMs, lastMs: nowMs, tries, last: about };
      put(db, row);
      return row;
    },
    putGreylistKnown(keys, why: GreylistKnown, about: GreylistTry, nowMs) {
      if (keys.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} keys in a call`);
      for (const key of keys) {
        const old = greylistRow(db, key);
        const isNew = old === undefined || old.known === null;
        if (isNew && !known.hasMore()) continue;
        const { firstMs = nowMs, tries = 0 } = old ?? {};
        put(db, { key, known: isNew ? why : old.known, firstMs, lastMs: nowMs, tries, last: about });
      }
    },
    pruneGreylist({ waitingSinceMs, knownSinceMs }) {
      const tooMany = Math.max(0, db.number(COUNT_KNOWN) - knownKept);
      return (
        forget(db, "known IS NULL AND last_ms < ?", waitingSinceMs, PRUNED_GREYLIST_PER_CALL_MAX) +
        forget(db, "known IS NOT NULL AND last_ms < ?", knownSinceMs, PRUNED_GREYLIST_PER_CALL_MAX) +
        forgetBeyond(db, tooMany)
      );
    },
  };
}

/** Is there room for one more? Counted now and then; a change that was rolled back makes it err by little, and not for long. */
class Room {
  readonly #max: number;
  readonly #countAll: () => number;
  #count = 0;
  #untilCounted = 0;

  constructor(max: number, countAll: () => number) {
    this.#max = max;
    this.#countAll = countAll;
  }

  hasMore(): boolean {
    if (this.#untilCounted === 0 || this.#count >= this.#max) {
      this.#count = this.#countAll();
      this.#untilCounted = GREYLIST_COUNT_EVERY;
    }
    this.#untilCounted--;
    if (this.#count >= this.#max) return false;
    this.#count++;
    return true;
  }
}

function put(db: Database, { key, known, firstMs, lastMs, tries, last }: GreylistRow): void {
  db.run(
    `INSERT OR REPLACE INTO greylist
       (key, known, first_ms, last_ms, tries, mail_from, client, client_name, decision)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    known,
    firstMs,
    lastMs,
    tries,
    last.mailFrom,
    last.client,
    last.clientName,
    last.decision,
  );
}

function forget(db: Database, which: string, beforeMs: number, limit: number): number {
  return db.run(
    `DELETE FROM greylist WHERE key IN (SELECT key FROM greylist WHERE ${which} ORDER BY last_ms LIMIT ?)`,
    beforeMs,
    limit,
  );
}

function forgetBeyond(db: Database, tooMany: number): number {
  return tooMany === 0
    ? 0
    : forget(
        db,
        "known IS NOT NULL AND last_ms <= ?",
        Number.MAX_SAFE_INTEGER,
        Math.min(tooMany, PRUNED_GREYLIST_PER_CALL_MAX),
      );
}
