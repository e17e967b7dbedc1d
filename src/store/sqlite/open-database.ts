import { migrations } from "../migrations/migrations.ts";
import { noSpaceError, StoreOpenError } from "../store-open-error.ts";
import { makePrivate } from "./data-folder.ts";
import { Database } from "./database.ts";
import { diskError } from "./disk-error.ts";

/** `Post`: tells a store from any other SQLite file. */
const APPLICATION_ID = 0x506f7374;
/** Octets. Measured with bench/store-deliver.ts: a 10 KiB message costs a sixth less than with 4 KiB, and 16 KiB wastes room. */
const PAGE_OCTETS = 8192;
/** Pages of log after which it is copied into the database: 16 MiB. Fewer means writing hot pages again and again. */
const CHECKPOINT_PAGES = 2048;
/** KiB of pages kept in memory, for each of the two connections. */
const CACHE_KIB = 32 * 1024;
/** Milliseconds to wait where another connection is just opening or closing the same file. */
const BUSY_TIMEOUT_MS = 5000;

/** Opens the database for writing and brings its schema up to date. Throws `StoreOpenError`. */
export function openForWriting(file: string, steps: readonly string[] = migrations): Database {
  return opening(file, () => {
    makePrivate(file);
    const database = new Database(file, { readOnly: false, busyTimeoutMs: BUSY_TIMEOUT_MS });
    try {
      database.exec(`PRAGMA page_size = ${PAGE_OCTETS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`);
      database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${CACHE_KIB};`);
      // A log that grew behind a slow reader gives its room back.
      database.exec(`PRAGMA journal_size_limit = ${4 * CHECKPOINT_PAGES * PAGE_OCTETS};`);
      migrate(database, file, steps);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

/** Opens a database that a writer has made, for reading only. Throws `StoreOpenError`. */
export function openForReading(file: string): Database {
  return opening(file, () => {
    const database = new Database(file, { readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
    database.exec(`PRAGMA cache_size = -${CACHE_KIB};`);
    checkVersion(database, file, migrations.length);
    return database;
  });
}

/** Runs the steps that are missing, each in a transaction of its own: a crash leaves some version whole. */
function migrate(database: Database, file: string, steps: readonly string[]): void {
  const isNew = database.number("SELECT count(*) FROM sqlite_schema") === 0;
  if (isNew) database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  checkVersion(database, file, steps.length);
  for (let version = schemaVersion(database); version < steps.length; version++) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(steps[version] ?? "");
      database.exec(`PRAGMA user_version = ${version + 1}; COMMIT;`);
    } catch (error) {
      database.rollback();
      throw error;
    }
  }
}

export function schemaVersion(database: Database): number {
  return database.number("PRAGMA user_version");
}

function checkVersion(database: Database, file: string, known: number): void {
  if (database.number("PRAGMA application_id") !== APPLICATION_ID) {
    const remedy = "Name another data_dir, or move that file away.";
    throw new StoreOpenError("not-a-store", `${file} is a database, but not Postern's`, remedy);
  }
  const version = schemaVersion(database);
  if (version <= known) return;
  throw new StoreOpenError(
    "newer-schema",
    `${file} has schema version ${version}, this program knows versions up to ${known}`,
    "Run the newer version of Postern that wrote it, or restore a backup from before the upgrade.",
  );
}

function opening(file: string, open: () => Database): Database {
  try {
    return open();
  } catch (error) {
    switch (diskError(error)) {
      case "corrupt":
      case "broken":
        throw new StoreOpenError(
          "corrupt",
          `${file} is damaged or no SQLite database`,
          "Restore the last backup (postern restore). Keep the damaged file: much of its mail can be recovered from it.",
          error,
        );
      case "cannot-open":
        throw new StoreOpenError(
          "not-writable",
          `${file} cannot be opened`,
          "Check that the file and its folder belong to the user Postern runs as.",
          error,
        );
      case "no-space":
        throw noSpaceError(file, error);
      case "busy":
      case "other":
        throw error;
    }
  }
}
