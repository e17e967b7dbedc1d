import type { BlockListChange } from "../decision-row.ts";
import { BLOCK_LIST_CHANGES_TOLD_MAX } from "../limits.ts";
import type { AccountId, FolderId, ModSeq, StoreEvent } from "../store.ts";

/** Events of one transaction, told once each: of a folder only its last mod-sequence. */
export class EventLog {
  readonly #folders = new Map<FolderId, StoreEvent>();
  readonly #accounts = new Map<AccountId, StoreEvent>();
  #directory = false;
  #senders = false;
  #queue = false;
  #pair = false;
  #sending = false;
  /** Null: more than is told one by one. */
  #blockList: BlockListChange[] | null = [];
  #blockListEntries = 0;

  folder(accountId: AccountId, folderId: FolderId, modSeq: ModSeq): void {
    this.#folders.set(folderId, { kind: "folder", accountId, folderId, modSeq });
  }

  folders(accountId: AccountId): void {
    this.#accounts.set(accountId, { kind: "folders", accountId });
  }

  directory(): void {
    this.#directory = true;
  }

  senders(): void {
    this.#senders = true;
  }

  queue(): void {
    this.#queue = true;
  }

  sending(): void {
    this.#sending = true;
  }

  pair(): void {
    this.#pair = true;
  }

  blockList(change: BlockListChange): void {
    this.#blockListEntries += change.entries.length;
    if (this.#blockListEntries > BLOCK_LIST_CHANGES_TOLD_MAX) this.#blockList = null;
    this.#blockList?.push(change);
  }

  /** What has been logged; the log is empty afterwards. */
  take(): readonly StoreEvent[] {
    const events = [...this.#folders.values(), ...this.#accounts.values()];
    if (this.#directory) events.push({ kind: "directory" });
    if (this.#blockListEntries > 0) events.push({ kind: "block-list", changes: this.#blockList });
    if (this.#senders) events.push({ kind: "senders" });
    if (this.#queue) events.push({ kind: "queue" });
    if (this.#pair) events.push({ kind: "pair" });
    if (this.#sending) events.push({ kind: "sending" });
    this.#folders.clear();
    this.#accounts.clear();
    this.#directory = false;
    this.#senders = false;
    this.#queue = false;
    this.#pair = false;
    this.#sending = false;
    this.#blockList = [];
    this.#blockListEntries = 0;
    return events;
  }
}
