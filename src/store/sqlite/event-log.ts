import type { AccountId, FolderId, ModSeq, StoreEvent } from "../store.ts";

/** Events of one transaction, told once each: of a folder only its last mod-sequence. */
export class EventLog {
  readonly #folders = new Map<FolderId, StoreEvent>();
  readonly #accounts = new Map<AccountId, StoreEvent>();
  #directory = false;
  #blockList = false;

  folder(accountId: AccountId, folderId: FolderId, modSeq: ModSeq): void {
    this.#folders.set(folderId, { kind: "folder", accountId, folderId, modSeq });
  }

  folders(accountId: AccountId): void {
    this.#accounts.set(accountId, { kind: "folders", accountId });
  }

  directory(): void {
    this.#directory = true;
  }

  blockList(): void {
    this.#blockList = true;
  }

  /** What has been logged; the log is empty afterwards. */
  take(): readonly StoreEvent[] {
    const events = [...this.#folders.values(), ...this.#accounts.values()];
    if (this.#directory) events.push({ kind: "directory" });
    if (this.#blockList) events.push({ kind: "block-list" });
    this.#folders.clear();
    this.#accounts.clear();
    this.#directory = false;
    this.#blockList = false;
    return events;
  }
}
