/**
 * Files of large messages, `blobs/ab/<sha256>`. A file gets its name before the transaction that refers to it commits,
 * and loses it after the one that drops the last reference: a crash leaves a file too many, never one too few.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Content } from "#mail/content.ts";
import type { DataFolder } from "./data-folder.ts";

type FileContent = Extract<Content, { kind: "file" }>;

const PRIVATE_MODE = 0o700;
const PRIVATE_FILE_MODE = 0o600;

export class BlobFiles {
  readonly #folder: DataFolder;
  /** Folders with names that are not yet sure to survive a crash. */
  readonly #unsynced = new Set<string>();

  constructor(folder: DataFolder) {
    this.#folder = folder;
  }

  path(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error("not a SHA-256 in lower-case hexadecimal");
    return join(this.#folder.blobsFolder, sha256.slice(0, 2), sha256);
  }

  /**
   * Gives a spool file its final name. The name stays when the transaction fails, and giving it again is no error: the
   * operation may be tried again.
   */
  place(content: FileContent): void {
    const target = this.path(content.sha256);
    const folder = dirname(target);
    if (mkdirSync(folder, { recursive: true, mode: PRIVATE_MODE }) !== undefined) this.#unsynced.add(dirname(folder));
    this.#unsynced.add(folder);
    if (sizeOf(target) === content.sizeOctets) {
      if (sizeOf(content.path) !== undefined) unlinkSync(content.path);
      return;
    }
    if (sizeOf(content.path) !== content.sizeOctets) throw new Error("a spool file is not as long as its content");
    renameSync(content.path, target);
  }

  /** Octets from memory that are too many for the database, as a synced spool file named by its hash. */
  spool(octets: Uint8Array): FileContent {
    const sha256 = createHash("sha256").update(octets).digest("hex");
    const path = join(this.#folder.spoolFolder, sha256);
    try {
      writeFileSync(path, octets, { mode: PRIVATE_FILE_MODE, flush: true });
    } catch (error) {
      if (sizeOf(path) !== undefined) unlinkSync(path);
      throw error;
    }
    return { kind: "file", path, sizeOctets: octets.length, sha256 };
  }

  /** Before a commit: the names of all files placed since the last call are on disk. */
  sync(): void {
    for (const path of this.#unsynced) {
      const descriptor = openSync(path, "r");
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
    this.#unsynced.clear();
  }

  remove(sha256: string): void {
    const path = this.path(sha256);
    if (sizeOf(path) !== undefined) unlinkSync(path);
  }

  /** Octets `[start, end)` of a file, fewer at its end. Undefined when there is no such file. */
  read(sha256: string, start: number, end: number): Uint8Array | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.path(sha256), "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    try {
      const octets = new Uint8Array(Math.max(0, end - start));
      let length = 0;
      while (length < octets.length) {
        const read = readSync(descriptor, octets, length, octets.length - length, start + length);
        if (read === 0) break;
        length += read;
      }
      return octets.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Octets of a file; undefined when it is missing. */
  sizeOctets(sha256: string): number | undefined {
    return sizeOf(this.path(sha256));
  }

  /** Names of all files, a folder at a time. */
  *names(): Generator<readonly string[]> {
    for (const folder of readdirSync(this.#folder.blobsFolder)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      yield readdirSync(join(this.#folder.blobsFolder, folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    }
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
