/** An account's folders and subscriptions by name, for the questions LIST asks. */
import { type Folder, HIERARCHY_SEPARATOR } from "#store/store.ts";

export class FolderTree {
  readonly #folders: ReadonlyMap<string, Folder>;
  readonly #subscriptions: ReadonlySet<string>;
  readonly #parents: ReadonlySet<string>;
  readonly #subscriptionsBelow = new Map<string, string[]>();

  constructor(folders: readonly Folder[], subscriptions: readonly string[]) {
    this.#folders = new Map(folders.map((folder) => [folder.name, folder]));
    this.#subscriptions = new Set(subscriptions);
    this.#parents = new Set(folders.flatMap(({ name }) => namesAbove(name).slice(-1)));
    for (const name of subscriptions) {
      for (const above of namesAbove(name)) {
        const below = this.#subscriptionsBelow.get(above);
        if (below === undefined) this.#subscriptionsBelow.set(above, [name]);
        else below.push(name);
      }
    }
  }

  folder(name: string): Folder | undefined {
    return this.#folders.get(name);
  }

  folderNames(): Iterable<string> {
    return this.#folders.keys();
  }

  hasChildren(name: string): boolean {
    return this.#parents.has(name);
  }

  isSubscribed(name: string): boolean {
    return this.#subscriptions.has(name);
  }

  /** Subscribed names below `name`, at any depth. */
  subscriptionsBelow(name: string): readonly string[] {
    return this.#subscriptionsBelow.get(name) ?? [];
  }

  /** Subscribed names and all names above them, which need not exist; in order. */
  subscriptionsAndParents(): readonly string[] {
    return [...new Set([...this.#subscriptions, ...this.#subscriptionsBelow.keys()])].toSorted();
  }
}

/** Outermost first. */
function namesAbove(name: string): string[] {
  const levels = name.split(HIERARCHY_SEPARATOR);
  return levels.slice(1).map((_, depth) => levels.slice(0, depth + 1).join(HIERARCHY_SEPARATOR));
}
