/**
 * A copy of a data folder, made beside the running server, and the way back. The database is copied as of one moment; files
 * of large messages after it, as they are never changed. A copy that is not whole is no copy: it is made again.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { StoreOpenError } from "../store-open-error.ts";
import { BlobFiles } from "./blob-files.ts";
import { dataFolder, lockDataFolder, makeFolder, makePrivate, prepareDataFolder } from "./data-folder.ts";
import { openForReading } from "./open-database.ts";
import { type StoreFinding, verifySqliteStore } from "./verify.ts";

const PRIVATE_MODE = 0o700;
/** A message may be expunged while its file is copied. */
const TRIES_MAX = 3;
/** What belongs to one process, or is copied in its own way. */
const NOT_COPIED = /^(?:store\.sqlite.*|lock\.sqlite.*|control\.sock|spool|blobs)$/;

export interface CopyReport {
  readonly messages: number;
  readonly findings: readonly StoreFinding[];
  /** Links of the data folder that lead to nothing, or back into it: nothing of the data is lost with them. */
  readonly skipped: readonly string[];
}

/** Into a folder that is not there yet, or is empty. Throws `StoreOpenError`. */
export function backUpSqliteStore(dataDir: string, target: string): CopyReport {
  refuseTarget(dataDir, target);
  for (let tries = 1; ; tries++) {
    const report = copyOnce(dataDir, target);
    if (report.findings.length === 0 || tries === TRIES_MAX) return report;
    for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true, force: true });
  }
}

/** Into a data folder without a store. Nobody may be running there. Throws `StoreOpenError`. */
export function restoreSqliteStore(source: string, dataDir: string): CopyReport {
  // Before anything is written: what is no whole copy is not put in place.
  const findings = verifySqliteStore(source);
  if (findings.length > 0) return { messages: 0, findings, skipped: [] };
  if (existsSync(dataFolder(dataDir).databaseFile)) {
    throw new StoreOpenError(
      "in-use",
      `the data folder ${dataDir} has a store already`,
      "Stop the server, move that folder away, and restore again: nothing is overwritten.",
    );
  }
  const lock = lockDataFolder(dataDir, prepareDataFolder(dataDir));
  try {
    return copyOnce(source, dataDir);
  } catch (error) {
    // Half of it, on a disk that is full, would look like a store whose mail is lost, and keep the next try away.
    rmSync(dataFolder(dataDir).databaseFile, { force: true });
    throw error;
  } finally {
    lock.release();
  }
}

function copyOnce(from: string, to: string): CopyReport {
  makeFolder(resolve(to));
  const [source, target] = [dataFolder(from), dataFolder(to)];
  const db = openForReading(source.databaseFile);
  try {
    makePrivate(target.databaseFile);
    db.run("VACUUM INTO ?", target.databaseFile);
  } finally {
    db.close();
  }
  sync(target.databaseFile);
  const messages = copyBlobs(new BlobFiles(source), new BlobFiles(target), target.databaseFile);
  const skipped: string[] = [];
  for (const name of readdirSync(from)) {
    if (!NOT_COPIED.test(name)) copyTree(join(from, name), join(to, name), (path) => void skipped.push(path));
  }
  return { messages, findings: verifySqliteStore(to), skipped };
}

/** Those that the copy of the database refers to. */
function copyBlobs(from: BlobFiles, to: BlobFiles, databaseFile: string): number {
  const copy = openForReading(databaseFile);
  try {
    for (const { sha256 } of copy.all<{ sha256: string }>(
      "SELECT DISTINCT sha256 FROM blob WHERE sha256 IS NOT NULL",
    )) {
      // One that is gone is found by the check at the end.
      if (existsSync(from.path(sha256))) copyFile(from.path(sha256), to.path(sha256));
    }
    return copy.number("SELECT count(*) FROM blob");
  } finally {
    copy.close();
  }
}

/**
 * Files and folders alone, those that links lead to, too: sockets belong to who opened them. What is there stays: settings may
 * stand in the data folder.
 */
function copyTree(from: string, to: string, skip: (path: string) => void): void {
  if (leadsNowhere(from)) return skip(from);
  const found = statSync(from);
  if (found.isFile() && !existsSync(to)) copyFile(from, to);
  if (found.isDirectory()) for (const name of readdirSync(from)) copyTree(join(from, name), join(to, name), skip);
}

/** A link to nothing, to itself, or to a folder that it stands in. */
function leadsNowhere(path: string): boolean {
  if (!lstatSync(path).isSymbolicLink()) return false;
  try {
    return `${realpathSync(dirname(path))}${sep}`.startsWith(`${realpathSync(path)}${sep}`);
  } catch {
    return true;
  }
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: PRIVATE_MODE });
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  sync(to);
}

/** Also for a private key that its owner may only read. */
function sync(path: string): void {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}

function refuseTarget(dataDir: string, target: string): void {
  const remedy = "Name a folder that is not there yet, outside of the data.";
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new StoreOpenError("not-a-folder", `${target} is there and not empty`, remedy);
  }
  if (`${resolve(target)}${sep}`.startsWith(`${resolve(dataDir)}${sep}`)) {
    throw new StoreOpenError("not-a-folder", `${target} is in the data folder itself`, remedy);
  }
}
