/**
 * The store's events, handed to the sessions they concern: one listener at the store for all sessions of a thread, and a
 * look-up by folder, so that a delivery costs nothing to the thousands who watch another one.
 */
import type { AccountId, FolderId, Store, StoreEvent } from "#store/store.ts";

export interface Watcher {
  /** Something happened in the folder: look. */
  changed(): void;
}

export class ChangeFeed {
  readonly #folders = new Map<FolderId, Set<Watcher>>();
  readonly #directoryChanged: () => void;
  readonly #accounts = new Map<AccountId, Set<Watcher>>();

  /** @param directoryChanged accounts or their rights changed. */
  constructor(store: Pick<Store, "onEvent">, directoryChanged: () => void) {
    this.#directoryChanged = directoryChanged;
    store.onEvent((event) => this.#dispatch(event));
  }

  /** Watches a folder of an account; the returned function ends it. */
  watch(accountId: AccountId, folderId: FolderId, watcher: Watcher): () => void {
    add(this.#folders, folderId, watcher);
    add(this.#accounts, accountId, watcher);
    return () => {
      remove(this.#folders, folderId, watcher);
      remove(this.#accounts, accountId, watcher);
    };
  }

  #dispatch(event: StoreEvent): void {
    switch (event.kind) {
      case "folder":
        return notify(this.#folders.get(event.folderId));
      case "folders":
        // The selected folder may be among those removed.
        return notify(this.#accounts.get(event.accountId));
      case "directory":
        return this.#directoryChanged();
      case "block-list":
      case "senders":
      case "sending":
      case "queue":
      case "pair":
        return undefined;
    }
  }
}

function add<Key>(watchers: Map<Key, Set<Watcher>>, key: Key, watcher: Watcher): void {
  const set = watchers.get(key);
  if (set === undefined) watchers.set(key, new Set([watcher]));
  else set.add(watcher);
}

function remove<Key>(watchers: Map<Key, Set<Watcher>>, key: Key, watcher: Watcher): void {
  const set = watchers.get(key);
  set?.delete(watcher);
  if (set?.size === 0) watchers.delete(key);
}

function notify(watchers: ReadonlySet<Watcher> | undefined): void {
  for (const watcher of watchers ?? []) watcher.changed();
}
