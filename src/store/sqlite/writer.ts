/**
 * The writing half of the embedded store, for one thread. Whatever has queued up goes into one transaction (group commit):
 * answers and events leave after its commit. One operation that fails unexpectedly never fails its neighbours.
 */
import { failed } from "#mail/result.ts";
import type { Clock } from "#ports/clock.ts";
import { DISK_RESERVE_OCTETS, GROUP_COMMIT_OPERATIONS_MAX } from "../limits.ts";
import type { StoreEvent } from "../store.ts";
import { BlobFiles } from "./blob-files.ts";
import { BlobTable } from "./blob-table.ts";
import { emptySpool, freeOctets, lockDataFolder, prepareDataFolder } from "./data-folder.ts";
import type { Database } from "./database.ts";
import { diskError } from "./disk-error.ts";
import { EventLog } from "./event-log.ts";
import { GroupCommitQueue, type Outcome } from "./group-commit-queue.ts";
import { Ledger } from "./ledger.ts";
import { openForWriting } from "./open-database.ts";
import { isWriterMethod, type StoreOperation, type WriterMethod, type WriterOperations } from "./store-methods.ts";
import { credentialOperations } from "./write/credentials.ts";
import { decisionOperations } from "./write/decisions.ts";
import { directoryOperations } from "./write/directory.ts";
import { dkimKeyOperations } from "./write/dkim-keys.ts";
import { folderOperations } from "./write/folders.ts";
import { greylistOperations } from "./write/greylist.ts";
import { incomingOperations, messageOperations } from "./write/mail.ts";
import { pairOperations } from "./write/pair.ts";
import { passkeyOperations } from "./write/passkeys.ts";
import { quarantineOperations } from "./write/quarantine.ts";
import { queueOperations } from "./write/queue.ts";
import { reportOperations } from "./write/reports.ts";
import { secondFactorOperations } from "./write/second-factors.ts";
import { senderOperations } from "./write/senders.ts";
import { sendingOperations } from "./write/sending.ts";

export interface SqliteWriterOptions {
  readonly dataDir: string;
  /** UIDVALIDITY is made of the time. */
  readonly clock: Pick<Clock, "now">;
  /** Hears of every change after its commit. What it throws becomes a warning of the process. */
  readonly emit: (event: StoreEvent) => void;
}

export interface SqliteWriter {
  /** Gathers the calls of an event-loop turn into one batch. For names from another thread: an unknown one rejects. */
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  /** One transaction; at most `GROUP_COMMIT_OPERATIONS_MAX` operations. Outcomes in the same order. */
  applyBatch(operations: readonly StoreOperation[]): readonly Outcome[];
  /** Resolves when nothing is left to tidy up: blobs without a reference, files without a blob. */
  tidied(): Promise<void>;
  /** Does what waits, then closes the database and gives the lock back. */
  close(): void;
}

/** Operations that answer "no-space" by a value; the others throw it. */
const NO_SPACE_METHODS: ReadonlySet<WriterMethod> = new Set([
  "deliver",
  "appendMessage",
  "copyMessages",
  "settleQueued",
]);

/** Takes the data folder for this process, makes or upgrades its database. Throws `StoreOpenError`. */
export function createSqliteWriter({ dataDir, clock, emit }: SqliteWriterOptions): SqliteWriter {
  const folder = prepareDataFolder(dataDir);
  const lock = lockDataFolder(dataDir, folder);
  try {
    emptySpool(folder);
    return new Writer(openForWriting(folder.databaseFile), new BlobFiles(folder), {
      clock,
      emit,
      release: lock.release,
      freeOctets: () => freeOctets(dataDir),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

export class Writer implements SqliteWriter {
  readonly #db: Database;
  readonly #files: BlobFiles;
  readonly #emit: (event: StoreEvent) => void;
  readonly #release: () => void;
  readonly #events = new EventLog();
  readonly #ledger: Ledger;
  readonly #blobs: BlobTable;
  readonly #operations: WriterOperations;
  readonly #queue: GroupCommitQueue;
  /** Asked once a batch. */
  #hasRoom: boolean | undefined;
  #tidying: Promise<void>;
  #purging = false;
  #closed = false;
  /** The disk failed in a way after which nothing it says can be trusted. */
  #broken: Error | undefined;

  constructor(
    db: Database,
    files: BlobFiles,
    options: Pick<SqliteWriterOptions, "clock" | "emit"> & {
      /** Gives the lock back. */
      readonly release: () => void;
      readonly freeOctets: () => number;
    },
  ) {
    this.#db = db;
    this.#files = files;
    this.#emit = options.emit;
    this.#release = options.release;
    this.#ledger = new Ledger(db, this.#events);
    this.#blobs = new BlobTable(db, files);
    const context = {
      db,
      ledger: this.#ledger,
      blobs: this.#blobs,
      events: this.#events,
      nowMs: () => options.clock.now(),
      hasRoom: () => {
        this.#hasRoom ??= options.freeOctets() >= DISK_RESERVE_OCTETS;
        return this.#hasRoom;
      },
    };
    const incoming = incomingOperations(context);
    this.#operations = {
      ...directoryOperations(context),
      ...credentialOperations(context),
      ...folderOperations(context),
      ...incoming,
      ...queueOperations(context, incoming.deliver),
      ...messageOperations(context),
      ...decisionOperations(context),
      ...greylistOperations(context),
      ...dkimKeyOperations(context),
      ...quarantineOperations(context),
      ...pairOperations(context),
      ...passkeyOperations(context),
      ...reportOperations(context),
      ...secondFactorOperations(context),
      ...senderOperations(context),
      ...sendingOperations(context),
    };
    this.#queue = new GroupCommitQueue((operations) => this.applyBatch(operations));
    this.#tidying = this.#sweep();
  }

  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (!isWriterMethod(method)) return Promise.reject(new Error("no such method of the store's writer"));
    return this.#queue.call(method, args);
  }

  applyBatch(operations: readonly StoreOperation[]): readonly Outcome[] {
    if (operations.length > GROUP_COMMIT_OPERATIONS_MAX)
      throw new RangeError("too many operations for one transaction");
    if (this.#closed) throw new Error("the store is closed");
    this.#hasRoom = undefined;
    const outcomes = this.#together(operations) ?? operations.map((operation) => this.#alone(operation));
    this.#tidyUp();
    return outcomes;
  }

  async tidied(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#tidying;
      await seen;
    } while (seen !== this.#tidying);
  }

  close(): void {
    if (this.#closed) return;
    this.#queue.close();
    this.#closed = true;
    this.#db.close();
    this.#release();
  }

  /** All in one transaction; undefined when one of them threw and nothing was changed. */
  #together(operations: readonly StoreOperation[]): readonly Outcome[] | undefined {
    if (operations.length === 1 || this.#broken !== undefined) return undefined;
    try {
      const values = this.#transaction(operations);
      return values.map((value) => ({ kind: "value", value }));
    } catch {
      return undefined;
    }
  }

  #alone(operation: StoreOperation): Outcome {
    if (this.#broken !== undefined) return { kind: "error", error: this.#broken };
    try {
      return { kind: "value", value: this.#transaction([operation])[0] };
    } catch (error) {
      const noSpace = diskError(error) === "no-space" && NO_SPACE_METHODS.has(operation.method);
      return noSpace ? { kind: "value", value: failed("no-space") } : { kind: "error", error };
    }
  }

  #transaction(operations: readonly StoreOperation[]): readonly unknown[] {
    let values: readonly unknown[];
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      values = operations.map(({ method, args }) => this.#run(method, args));
      this.#blobs.purge();
      this.#ledger.flush();
      this.#files.sync();
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#rollback(error);
      throw error;
    }
    this.#blobs.committed();
    this.#tell();
    return values;
  }

  #run(method: WriterMethod, args: readonly unknown[]): unknown {
    const operation = this.#operations[method] as (...args: readonly unknown[]) => unknown;
    return operation(...args);
  }

  /** After a batch. A file that cannot be removed now is removed after the next start. */
  #tidyUp(): void {
    if (this.#broken !== undefined) return;
    try {
      this.#blobs.removeDroppedFiles();
      this.#blobs.removeUnusedFiles();
    } catch {
      // Only disk errors end here, and they leave files too many.
    }
    if (!this.#blobs.hasGarbage || this.#purging) return;
    this.#purging = true;
    this.#tidying = this.#tidying.then(() => this.#purge());
  }

  /** What is committed stays so, whatever a listener does. */
  #tell(): void {
    for (const event of this.#events.take()) {
      try {
        this.#emit(event);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  #rollback(error: unknown): void {
    const kind = diskError(error);
    if (kind === "broken" || kind === "corrupt") {
      // After a failed write or sync the kernel may have dropped the pages: a second try could succeed and lie.
      this.#broken = new Error("the store has stopped after a disk error; start the server again", { cause: error });
    }
    this.#db.rollback();
    this.#ledger.forget();
    this.#blobs.forget();
    this.#events.take();
  }

  /** Removes what a big expunge left over, a transaction at a time, between other operations. */
  async #purge(): Promise<void> {
    while (this.#blobs.hasGarbage && !this.#closed && this.#broken === undefined) {
      await nextTurn();
      if (this.#closed) break;
      try {
        this.#transaction([]);
        this.#blobs.removeDroppedFiles();
      } catch {
        break; // a full or broken disk: the next operation tells, and the next start tidies up
      }
    }
    this.#purging = false;
  }

  /** After a crash: removes files whose transaction never committed. A folder at a time, between other operations. */
  async #sweep(): Promise<void> {
    try {
      for (const names of this.#files.names()) {
        await nextTurn();
        if (this.#closed) return;
        this.#blobs.removeOrphans(names);
      }
    } catch {
      return; // files too many do no harm; the next start tries again
    }
    await this.#purge();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
