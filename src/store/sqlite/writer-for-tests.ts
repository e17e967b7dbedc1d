/** A writer whose database tests can reach: to make its writes fail, or its disk small. */

import type { StoreEvent } from "../store.ts";
import { BlobFiles } from "./blob-files.ts";
import { prepareDataFolder } from "./data-folder.ts";
import type { Database } from "./database.ts";
import { openForWriting } from "./open-database.ts";
import type { StoreOperation } from "./store-methods.ts";
import { stoppedClock } from "./temporary-folder.ts";
import { Writer } from "./writer.ts";

const TABLES = [
  "account",
  "folder",
  "subscription",
  "keyword",
  "message",
  "expunged",
  "blob",
  "blob_octets",
  "queue_sender",
  "queue_lane",
  "queue_message",
  "queue_recipient",
];

export interface OpenedWriter {
  readonly writer: Writer;
  readonly db: Database;
  readonly events: StoreEvent[];
  /** Lets the next `writes` rows be written, then fails as many as `times` says. */
  readonly failAfter: (writes: number, times: number) => void;
  /** How many have failed. */
  readonly failed: () => number;
}

export function openWriter(dataDir: string, freeOctets: () => number = () => Number.POSITIVE_INFINITY): OpenedWriter {
  const folder = prepareDataFolder(dataDir);
  const db = openForWriting(folder.databaseFile);
  db.exec("PRAGMA synchronous = OFF"); // nothing here pulls the plug, and many stores are made
  const events: StoreEvent[] = [];
  let left = Number.POSITIVE_INFINITY;
  let toFail = 0;
  let failed = 0;
  db.connection.function("fault", () => {
    if (left-- > 0 || toFail-- <= 0) return 0;
    failed++;
    throw new Error("a write made to fail");
  });
  for (const table of TABLES) {
    for (const event of ["INSERT", "UPDATE", "DELETE"]) {
      db.exec(`CREATE TEMP TRIGGER fault_${table}_${event} BEFORE ${event} ON main.${table} BEGIN SELECT fault(); END`);
    }
  }
  const writer = new Writer(db, new BlobFiles(folder), {
    clock: stoppedClock,
    emit: (event) => events.push(event),
    release: () => undefined,
    freeOctets,
  });
  const failAfter = (writes: number, times: number) => {
    left = writes;
    toFail = times;
  };
  return { writer, db, events, failAfter, failed: () => failed };
}

/** One operation in a transaction of its own; its value, or the error thrown. */
export function applyOne(writer: Writer, method: StoreOperation["method"], ...args: readonly unknown[]): unknown {
  const [outcome] = writer.applyBatch([{ method, args }]);
  if (outcome?.kind === "error") throw outcome.error;
  return outcome?.value;
}
