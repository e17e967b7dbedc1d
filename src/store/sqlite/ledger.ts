/**
 * The figures of folders and accounts while a transaction changes them. They are read once, kept in memory, and written
 * at the end of the batch: fifty deliveries to one INBOX update its row once. The only writer is this thread, so what is
 * kept stays true after a commit; after a rollback it is forgotten.
 */
import { LEDGER_ENTRIES_MAX } from "../limits.ts";
import type { AccountId, FolderId, ModSeq, SpecialUse, Uid } from "../store.ts";
import type { Database } from "./database.ts";
import type { EventLog } from "./event-log.ts";

export interface FolderFigures {
  readonly id: FolderId;
  readonly accountId: AccountId;
  readonly uidValidity: number;
  uidNext: Uid;
  highestModSeq: ModSeq;
  messages: number;
  unseen: number;
  deleted: number;
  recent: number;
  recentFrom: Uid;
  sizeOctets: number;
  /** Rows in `expunged`, and the mod-sequence up to which they have been pruned. */
  expunged: number;
  expungedFloor: ModSeq;
}

interface AccountFigures {
  readonly id: AccountId;
  quotaOctets: number | null;
  usedOctets: number;
  usedMessages: number;
}

type FolderRole = "inbox" | SpecialUse;

const SELECT_FOLDER = `SELECT id, account_id AS accountId, uid_validity AS uidValidity, uid_next AS uidNext,
  highest_mod_seq AS highestModSeq, messages, unseen, deleted, recent, recent_from AS recentFrom,
  size_octets AS sizeOctets, expunged, expunged_floor AS expungedFloor FROM folder WHERE id = ?`;
const UPDATE_FOLDER = `UPDATE folder SET uid_next = ?, highest_mod_seq = ?, messages = ?, unseen = ?, deleted = ?,
  recent = ?, recent_from = ?, size_octets = ?, expunged = ?, expunged_floor = ? WHERE id = ?`;
const SELECT_ACCOUNT = `SELECT id, quota_octets AS quotaOctets, used_octets AS usedOctets, used_messages AS usedMessages
  FROM account WHERE id = ?`;

export class Ledger {
  readonly #db: Database;
  readonly #events: EventLog;
  readonly #folders = new Map<FolderId, FolderFigures>();
  readonly #accounts = new Map<AccountId, AccountFigures>();
  readonly #roles = new Map<string, FolderId>();
  readonly #changedFolders = new Set<FolderFigures>();
  readonly #changedAccounts = new Set<AccountFigures>();

  constructor(db: Database, events: EventLog) {
    this.#db = db;
    this.#events = events;
  }

  folder(id: FolderId): FolderFigures | undefined {
    let figures = this.#folders.get(id);
    if (figures === undefined) {
      figures = this.#db.get<FolderFigures & Record<string, unknown>>(SELECT_FOLDER, id);
      if (figures !== undefined) this.#folders.set(id, figures);
    }
    return figures;
  }

  /** Call before changing a folder's figures. */
  touch(folder: FolderFigures): void {
    this.#changedFolders.add(folder);
  }

  hasAccount(id: AccountId): boolean {
    return this.#account(id) !== undefined;
  }

  /** The account's folder for a role; undefined when it has none. */
  roleFolder(accountId: AccountId, role: FolderRole): FolderFigures | undefined {
    const key = `${accountId} ${role}`;
    const known = this.#roles.get(key);
    if (known !== undefined) return this.folder(known);
    const row =
      role === "inbox"
        ? this.#db.get<{ id: number }>("SELECT id FROM folder WHERE account_id = ? AND name = 'INBOX'", accountId)
        : this.#db.get<{ id: number }>(
            "SELECT id FROM folder WHERE account_id = ? AND special_use = ?",
            accountId,
            role,
          );
    if (row === undefined) return undefined;
    this.#roles.set(key, row.id);
    return this.folder(row.id);
  }

  hasRoom(accountId: AccountId, octets: number): boolean {
    const account = this.#account(accountId);
    if (account === undefined) return false;
    return account.quotaOctets === null || account.usedOctets + octets <= account.quotaOctets;
  }

  charge(accountId: AccountId, octets: number, messages: number): void {
    const account = this.#account(accountId);
    if (account === undefined) throw new Error(`a folder without its account ${accountId}`);
    const wasFull = isFull(account);
    account.usedOctets += octets;
    account.usedMessages += messages;
    this.#changedAccounts.add(account);
    if (wasFull !== isFull(account)) this.#events.directory();
  }

  /** Writes what changed. Before any SQL that reads these columns, and before the commit. */
  flush(): void {
    for (const f of this.#changedFolders) {
      this.#db.run(
        UPDATE_FOLDER,
        f.uidNext,
        f.highestModSeq,
        f.messages,
        f.unseen,
        f.deleted,
        f.recent,
        f.recentFrom,
        f.sizeOctets,
        f.expunged,
        f.expungedFloor,
        f.id,
      );
    }
    for (const account of this.#changedAccounts) {
      const { usedOctets, usedMessages, id } = account;
      this.#db.run("UPDATE account SET used_octets = ?, used_messages = ? WHERE id = ?", usedOctets, usedMessages, id);
    }
    this.#changedFolders.clear();
    this.#changedAccounts.clear();
    if (this.#folders.size + this.#accounts.size + this.#roles.size > LEDGER_ENTRIES_MAX) this.forget();
  }

  /** Forgets everything, unwritten changes included: after a rollback, and after SQL that changed rows past the ledger. */
  forget(): void {
    for (const entries of [this.#folders, this.#accounts, this.#roles, this.#changedFolders, this.#changedAccounts]) {
      entries.clear();
    }
  }

  #account(id: AccountId): AccountFigures | undefined {
    let figures = this.#accounts.get(id);
    if (figures === undefined) {
      figures = this.#db.get<AccountFigures & Record<string, unknown>>(SELECT_ACCOUNT, id);
      if (figures !== undefined) this.#accounts.set(id, figures);
    }
    return figures;
  }
}

function isFull({ quotaOctets, usedOctets }: AccountFigures): boolean {
  return quotaOctets !== null && usedOctets >= quotaOctets;
}
