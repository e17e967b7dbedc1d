/**
 * The reading half of the embedded store, for one thread, on a connection that cannot write. It sees everything that was
 * committed before the call; a search runs in slices, between which other calls are answered.
 */

import type { StoreStatistics } from "../directory-rows.ts";
import { parseFolderName } from "../folder-name.ts";
import { READ_OCTETS_MAX, ROWS_PER_CALL_MAX } from "../limits.ts";
import { searchFolder } from "../search.ts";
import type { AddressEntry, StoredDomain } from "../store.ts";
import { BlobFiles } from "./blob-files.ts";
import { dataFolder } from "./data-folder.ts";
import type { Database } from "./database.ts";
import { openForReading, schemaVersion } from "./open-database.ts";
import { decisionReads } from "./read/decisions.ts";
import { dkimKeyReads } from "./read/dkim-keys.ts";
import { greylistReads } from "./read/greylist.ts";
import { MessageContent } from "./read/message-content.ts";
import { changesSince, fetchRows, listUids } from "./read/messages.ts";
import { pairReads } from "./read/pair.ts";
import { passkeyReads } from "./read/passkeys.ts";
import { quarantineReads } from "./read/quarantine.ts";
import { queueReads } from "./read/queue.ts";
import { reportReads } from "./read/reports.ts";
import { scramKeyReads } from "./read/scram-keys.ts";
import { searchedFolder } from "./read/search-rows.ts";
import { secondFactorReads } from "./read/second-factors.ts";
import { senderReads } from "./read/senders.ts";
import { sendingReads } from "./read/sending.ts";
import {
  type AliasRow,
  accountByAddress,
  accountById,
  allAccounts,
  allFolders,
  credentialsOf,
  folderByName,
  toAlias,
} from "./rows.ts";
import { isReaderMethod, type ReaderOperations } from "./store-methods.ts";

export interface SqliteReader {
  /** For names from another thread: an unknown one rejects. */
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  close(): void;
}

/** Opens the database of a data folder that a writer has prepared. Throws `StoreOpenError`. */
export function createSqliteReader({ dataDir }: { readonly dataDir: string }): SqliteReader {
  const folder = dataFolder(dataDir);
  const db = openForReading(folder.databaseFile);
  const content = new MessageContent(db, new BlobFiles(folder));
  const operations: ReaderOperations = {
    ...directoryReads(db),
    ...scramKeyReads(db),
    ...folderReads(db),
    ...messageReads(db, content),
    ...decisionReads(db),
    ...greylistReads(db),
    ...queueReads(db),
    ...dkimKeyReads(db),
    ...quarantineReads(db),
    ...pairReads(db),
    ...passkeyReads(db),
    ...reportReads(db),
    ...senderReads(db),
    ...secondFactorReads(db),
    ...sendingReads(db),
  };
  return {
    async call(method, args) {
      if (!isReaderMethod(method)) throw new Error("no such method of the store's reader");
      return (operations[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
    },
    close: () => db.close(),
  };
}

type DirectoryMethod =
  | "findAddress"
  | "findAccount"
  | "listAccounts"
  | "listAliases"
  | "listDomains"
  | "listDisabled"
  | "listCredentials";

function directoryReads(db: Database): Pick<ReaderOperations, DirectoryMethod> {
  return {
    findAddress: async (address) => findAddress(db, address),
    findAccount: async (id) => accountById(db, id),
    listAccounts: async () => allAccounts(db),
    listAliases: async () =>
      db.all<AliasRow>("SELECT address, targets FROM alias ORDER BY address").map((row) => toAlias(db, row)),
    listDisabled: async () =>
      db.all<{ name: string }>("SELECT name FROM disabled ORDER BY name").map(({ name }) => name),
    listDomains: async () =>
      db
        .all<StoredDomain & Record<string, unknown>>(
          "SELECT name, role, created_at_ms AS createdAtMs FROM domain ORDER BY name",
        )
        .map((domain) => ({ ...domain })),
    listCredentials: async (accountId) => credentialsOf(db, accountId),
  };
}

function findAddress(db: Database, address: string): AddressEntry | undefined {
  const account = accountByAddress(db, address);
  if (account !== undefined) return { kind: "account", account };
  const alias = db.get<AliasRow>("SELECT address, targets FROM alias WHERE address = ?", address);
  return alias === undefined ? undefined : { kind: "alias", ...toAlias(db, alias) };
}

type FolderMethod = "listFolders" | "findFolder" | "listSubscriptions" | "statistics";

function folderReads(db: Database): Pick<ReaderOperations, FolderMethod> {
  return {
    listFolders: async (accountId) => allFolders(db, accountId),
    async findFolder(accountId, text) {
      const name = parseFolderName(text);
      return name === undefined ? undefined : folderByName(db, accountId, name);
    },
    listSubscriptions: async (accountId) =>
      db
        .all<{ name: string }>("SELECT name FROM subscription WHERE account_id = ? ORDER BY name", accountId)
        .map(({ name }) => name),
    statistics: async () => statistics(db),
  };
}

function statistics(db: Database): StoreStatistics {
  return db.snapshot(() => ({
    accounts: db.number("SELECT count(*) FROM account"),
    messages: db.number("SELECT coalesce(sum(used_messages), 0) FROM account"),
    sizeOctets: db.number("SELECT coalesce(sum(used_octets), 0) FROM account"),
    queued: db.number("SELECT count(*) FROM queue_message"),
    schemaVersion: schemaVersion(db),
  }));
}

type MessageMethod = "listUids" | "fetchRows" | "readContent" | "readContents" | "changesSince" | "search";

function messageReads(db: Database, content: MessageContent): Pick<ReaderOperations, MessageMethod> {
  return {
    listUids: async (folderId) => listUids(db, folderId),
    fetchRows: async (folderId, uids, options) => fetchRows(db, folderId, uids, options),
    async readContent(blobId, start, end) {
      checkedLength(start, end);
      return content.read(blobId, start, Math.min(end, start + READ_OCTETS_MAX));
    },
    async readContents(ranges) {
      const octets = ranges.reduce((sum, { start, end }) => sum + checkedLength(start, end), 0);
      if (ranges.length > ROWS_PER_CALL_MAX || octets > READ_OCTETS_MAX) throw new RangeError("too much for one call");
      return ranges.map(({ blobId, start, end }) => content.read(blobId, start, end));
    },
    changesSince: async (folderId, modSeq) => changesSince(db, folderId, modSeq),
    async search(folderId, key) {
      const highestModSeq = db.number("SELECT highest_mod_seq FROM folder WHERE id = ?", folderId);
      const uids = await searchFolder(searchedFolder(db, content, folderId, key), key, nextTurn);
      return { uids, highestModSeq };
    },
  };
}

function checkedLength(start: number, end: number): number {
  if (!(start >= 0 && end >= start)) throw new RangeError("not a range of octets");
  return end - start;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
