/**
 * The data folder: `store.sqlite` with its log, `blobs/ab/<sha256>`, `spool/` and `lock.sqlite`. One process at a time
 * may write to it.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { noSpaceError, StoreOpenError } from "../store-open-error.ts";
import { Database } from "./database.ts";
import { diskError } from "./disk-error.ts";

const PRIVATE_MODE = 0o700; // mail is nobody else's to read
const PRIVATE_FILE_MODE = 0o600;
const OF_OTHERS = 0o077;

export interface DataFolder {
  readonly databaseFile: string;
  readonly blobsFolder: string;
  readonly spoolFolder: string;
  readonly lockFile: string;
}

export function dataFolder(dataDir: string): DataFolder {
  return {
    databaseFile: join(dataDir, "store.sqlite"),
    blobsFolder: join(dataDir, "blobs"),
    spoolFolder: join(dataDir, "spool"),
    lockFile: join(dataDir, "lock.sqlite"),
  };
}

/** Makes what is missing of the folder. Throws `StoreOpenError`. */
export function prepareDataFolder(dataDir: string): DataFolder {
  const folder = dataFolder(dataDir);
  try {
    makeFolder(resolve(dataDir));
    checkOwner(dataDir);
    for (const path of [folder.blobsFolder, folder.spoolFolder]) makeFolder(path);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw error instanceof StoreOpenError ? error : folderError(dataDir, error);
  }
  return folder;
}

/** With its parents. Not by `recursive`: where the kernel allows no folder (/proc), that never comes back. */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path, { mode: PRIVATE_MODE });
}

/**
 * Makes the file of a database before SQLite does, nobody else's to read whatever the umask is; one that is there is made so, with
 * its logs. New logs have the rights of their database.
 */
export function makePrivate(databaseFile: string): void {
  try {
    closeSync(openSync(databaseFile, constants.O_WRONLY | constants.O_CREAT, PRIVATE_FILE_MODE));
    for (const path of [databaseFile, `${databaseFile}-wal`, `${databaseFile}-shm`]) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found !== undefined && (found.mode & OF_OTHERS) !== 0) chmodSync(path, PRIVATE_FILE_MODE);
    }
  } catch {
    // Who may not do that is told by SQLite what it may not.
  }
}

function checkOwner(dataDir: string): void {
  const owner = statSync(dataDir).uid;
  const own = process.geteuid?.() ?? owner;
  if (owner === own) return;
  throw new StoreOpenError(
    "other-owner",
    `the data folder ${dataDir} belongs to user id ${owner}, this process runs as user id ${own}`,
    `Run Postern as the user that owns the folder (setpriv --reuid=${owner} --clear-groups postern …), or give the folder to this one: chown -R ${own} ${dataDir}`,
  );
}

function folderError(dataDir: string, error: unknown): StoreOpenError {
  if (diskError(error) === "no-space") return noSpaceError(dataDir, error);
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "EEXIST" || code === "ENOTDIR") {
    const remedy = "Name a folder in data_dir, or remove the file that stands in its place.";
    return new StoreOpenError("not-a-folder", `the data folder ${dataDir} is not a folder`, remedy, error);
  }
  return new StoreOpenError(
    "not-writable",
    `the data folder ${dataDir} cannot be written (${code})`,
    "Give the folder to the user Postern runs as, or name another in data_dir. A read-only disk has to be mounted writable.",
    error,
  );
}

/** Octets of the folder's disk that this user may still fill. */
export function freeOctets(dataDir: string): number {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize;
}

/** What a crash left in the spool belongs to no message that was answered. Only for the holder of the lock. */
export function emptySpool({ spoolFolder }: DataFolder): void {
  for (const name of readdirSync(spoolFolder)) rmSync(join(spoolFolder, name), { force: true, recursive: true });
}

/**
 * The right to write to the folder, until `release` or the end of the process. It is a lock the kernel keeps on
 * `lock.sqlite` (an open write transaction), so that a killed process leaves nothing behind; readers still see the
 * process id in it, which names the holder.
 */
export function lockDataFolder(dataDir: string, { lockFile }: DataFolder): { readonly release: () => void } {
  let lock: Database | undefined;
  try {
    makePrivate(lockFile);
    lock = new Database(lockFile, { readOnly: false, busyTimeoutMs: 0 });
    lock.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;");
    lock.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (process_id INTEGER NOT NULL);");
    lock.exec(`DELETE FROM holder; INSERT INTO holder VALUES (${process.pid}); COMMIT; BEGIN IMMEDIATE;`);
  } catch (error) {
    const holder = lock === undefined ? "another process" : holderOf(lock);
    lock?.close();
    throw diskError(error) === "busy" ? inUseError(dataDir, holder) : folderError(dataDir, error);
  }
  const held = lock;
  return { release: () => held.close() };
}

function holderOf(lock: Database): string {
  try {
    return `process ${lock.number("SELECT process_id FROM holder")}`;
  } catch {
    return "another process"; // it is just taking the lock: its id is not there yet
  }
}

function inUseError(dataDir: string, holder: string): StoreOpenError {
  return new StoreOpenError(
    "in-use",
    `the data folder ${dataDir} is in use by ${holder}`,
    "Stop that server first, or give this one another data_dir. The commands of postern talk to the running server.",
  );
}
