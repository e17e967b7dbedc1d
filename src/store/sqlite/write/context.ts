import type { BlobTable } from "../blob-table.ts";
import type { Database } from "../database.ts";
import type { EventLog } from "../event-log.ts";
import type { Ledger } from "../ledger.ts";

/** What an operation of the writer works with. It runs inside a transaction, and checks everything before it writes. */
export interface WriteContext {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly blobs: BlobTable;
  readonly events: EventLog;
  readonly nowMs: () => number;
  /** There is room on the disk for more mail. */
  readonly hasRoom: () => boolean;
}
