import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, statfs, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Content } from "#mail/content.ts";
import type { Random } from "#ports/random.ts";
import type { Spool, SpoolWriter } from "#ports/spool.ts";
import { SPOOL_DISK_RESERVE_OCTETS, SPOOL_HIGH_WATER_OCTETS, SPOOL_ROOM_ASKED_OCTETS } from "./limits.ts";

interface FileSpoolOptions {
  readonly directory: string;
  readonly inlineOctetsMax: number;
  readonly random: Random;
  /** Octets that may still be written to the disk of a folder; for who wants a disk to be full. */
  readonly freeOctets?: (directory: string) => Promise<number>;
}

interface SpoolFile {
  readonly path: string;
  readonly hash: Hash;
  readonly handle: Promise<FileHandle>;
}

/**
 * The real spool: a message stays in memory up to `inlineOctetsMax`, the bound under which the store keeps it in the
 * database anyway; from there on every octet goes to a file of `directory`, hashed on the way.
 */
export function fileSpool(options: FileSpoolOptions): Spool {
  return { begin: (onDrained) => new FileSpoolWriter(options, onDrained), read };
}

async function read(content: Content, start: number, end: number): Promise<Uint8Array> {
  if (content.kind === "octets") return content.octets.subarray(start, end);
  const octets = Buffer.allocUnsafe(Math.max(0, Math.min(end, content.sizeOctets) - start));
  const handle = await open(content.path, "r");
  try {
    const { bytesRead } = await handle.read(octets, 0, octets.length, start);
    return octets.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

class FileSpoolWriter implements SpoolWriter {
  readonly #options: FileSpoolOptions;
  readonly #onDrained: () => void;
  /** Octets that are not on disk yet: all of them while the message is small. */
  #waiting: Uint8Array[] = [];
  #waitingOctets = 0;
  #sizeOctets = 0;
  #file: SpoolFile | undefined;
  #pump: Promise<void> | undefined;
  #failure: Error | undefined;
  #ended = false;
  #askedToWait = false;
  /** Octets that may be written before the disk's room is asked for again. */
  #roomOctets = 0;

  constructor(options: FileSpoolOptions, onDrained: () => void) {
    this.#options = options;
    this.#onDrained = onDrained;
  }

  get sizeOctets(): number {
    return this.#sizeOctets;
  }

  write(octets: Uint8Array): boolean {
    this.#sizeOctets += octets.length;
    if (this.#failure !== undefined) return true; // `finish` tells; until then the sender is read and dropped
    this.#waiting.push(octets);
    this.#waitingOctets += octets.length;
    if (this.#sizeOctets <= this.#options.inlineOctetsMax) return true;
    this.#startPump();
    this.#askedToWait ||= this.#waitingOctets >= SPOOL_HIGH_WATER_OCTETS;
    return !this.#askedToWait;
  }

  async finish(): Promise<Content> {
    this.#ended = true;
    if (this.#sizeOctets <= this.#options.inlineOctetsMax) {
      return { kind: "octets", octets: concatenate(this.#waiting, this.#sizeOctets) };
    }
    while (this.#pump !== undefined) await this.#pump;
    const file = this.#file;
    if (file === undefined) throw new Error("a large message without a file");
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const handle = await file.handle;
      await handle.datasync();
      await handle.close();
    } catch (error) {
      await this.#remove();
      throw error;
    }
    return { kind: "file", path: file.path, sizeOctets: this.#sizeOctets, sha256: file.hash.digest("hex") };
  }

  discard(): void {
    this.#ended = true;
    this.#waiting = [];
    this.#waitingOctets = 0;
    void this.#remove();
  }

  #startPump(): void {
    if (this.#file === undefined) {
      const path = join(this.#options.directory, this.#options.random.id());
      this.#file = { path, hash: createHash("sha256"), handle: open(path, "wx", 0o600) };
    }
    this.#pump ??= this.#run(this.#file);
  }

  async #run(file: SpoolFile): Promise<void> {
    try {
      const handle = await file.handle;
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        const octets = this.#waitingOctets;
        this.#waiting = [];
        for (const piece of batch) file.hash.update(piece);
        await this.#takeRoom(octets);
        await writeAll(handle, batch, octets);
        this.#waitingOctets -= Math.min(octets, this.#waitingOctets);
        this.#tellDrained();
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#waiting = [];
      this.#waitingOctets = 0;
      this.#tellDrained();
    }
    // Here and not in a later turn: octets that come in between would find a pump that no longer looks.
    this.#pump = undefined;
    // At once: on a full disk the next message needs the room, and this one's sender may take long to come to its end.
    if (this.#failure !== undefined) void this.#remove();
  }

  /** Throws like a full disk when what is left of it is not for messages that arrive. */
  async #takeRoom(octets: number): Promise<void> {
    this.#roomOctets -= octets;
    if (this.#roomOctets >= 0) return;
    const { directory, freeOctets = freeOctetsOf } = this.#options;
    if ((await freeOctets(directory)) < SPOOL_DISK_RESERVE_OCTETS) {
      throw Object.assign(new Error("the disk is nearly full"), { code: "ENOSPC" });
    }
    this.#roomOctets = SPOOL_ROOM_ASKED_OCTETS;
  }

  #tellDrained(): void {
    if (!this.#askedToWait || this.#waitingOctets >= SPOOL_HIGH_WATER_OCTETS) return;
    this.#askedToWait = false;
    if (!this.#ended) this.#onDrained();
  }

  async #remove(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    while (this.#pump !== undefined) await this.#pump;
    // The file may never have been opened, or be closed already: what counts is that it is gone.
    await file.handle.then((handle) => handle.close()).catch(() => undefined);
    await unlink(file.path).catch(() => undefined);
  }
}

async function freeOctetsOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[], octets: number): Promise<void> {
  const { bytesWritten } = await handle.writev([...pieces]);
  if (bytesWritten === octets) return;
  // A short write happens on a disk that is nearly full; the rest goes piece by piece and fails loudly.
  const rest = concatenate(pieces, octets).subarray(bytesWritten);
  for (let written = 0; written < rest.length; ) {
    written += (await handle.write(rest, written)).bytesWritten;
  }
}

/** A fresh array of just these octets: it can go to another thread without its neighbours in a pool. */
function concatenate(pieces: readonly Uint8Array[], octets: number): Uint8Array {
  const whole = new Uint8Array(octets);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
