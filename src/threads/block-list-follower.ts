/** Our own block list as one thread has it: read once from the store, then told of every change, within moments of its commit. */
import { BlockList } from "#gate/block-list/block-list.ts";
import type { AskedScope, BlockEntry } from "#gate/block-list/entry.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { BlockListChange } from "#store/decision-row.ts";
import type { Store, StoreEvent } from "#store/store.ts";

export interface FollowerOptions {
  readonly store: Pick<Store, "listBlockList" | "onEvent">;
  readonly clock: Clock;
  readonly log: Log;
  /** Addresses whose bans are suspended, as other clients stand behind them. */
  readonly hidesOthers?: (address: string) => boolean;
}

/** Entries put into a new list before other work has its turn: some milliseconds. */
const ENTRIES_PER_TURN = 5000;
/** Milliseconds until a list that could not be read is tried again. */
const READ_AGAIN_MS = 1000;

export class BlockListFollower {
  readonly #options: FollowerOptions;
  readonly #stopListening: () => void;
  #list: BlockList;
  /** Told while a new list is being read: what was read may be older. */
  #meanwhile: BlockListChange[] = [];
  #reading: Promise<void> | undefined;
  /** More changed than was told while the list was being read. */
  #isStale = false;
  #retry: Timer | undefined;

  private constructor(options: FollowerOptions) {
    this.#options = options;
    this.#list = this.#newList();
    this.#stopListening = options.store.onEvent((event) => this.#hear(event));
  }

  /** Rejects when the store cannot be read: a server does not begin without its bans. */
  static async open(options: FollowerOptions): Promise<BlockListFollower> {
    const follower = new BlockListFollower(options);
    await follower.#read();
    return follower;
  }

  get list(): BlockList {
    return this.#list;
  }

  /** The ban in the way of this address now. */
  findBan(address: string, scope: AskedScope): BlockEntry | undefined {
    return this.#list.check(address, scope, this.#options.clock.now());
  }

  close(): void {
    this.#retry?.cancel();
    this.#stopListening();
  }

  #newList(): BlockList {
    return new BlockList(this.#options.hidesOthers);
  }

  #hear(event: StoreEvent): void {
    if (event.kind !== "block-list") return;
    if (event.changes === null) {
      this.#isStale = true;
      this.#readAgain();
      return;
    }
    for (const change of event.changes) this.#list.apply(change);
    if (this.#reading !== undefined) this.#meanwhile.push(...event.changes);
  }

  #readAgain(): void {
    if (this.#reading !== undefined) return;
    this.#read().catch((error: unknown) => {
      this.#options.log.error("block-list-unreadable", { cause: String(error) });
      this.#retry = this.#options.clock.after(READ_AGAIN_MS, () => this.#readAgain());
    });
  }

  #read(): Promise<void> {
    this.#reading = this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    do {
      this.#isStale = false;
      this.#meanwhile = [];
      const entries = await this.#options.store.listBlockList();
      const list = this.#newList();
      for (const [index, entry] of entries.entries()) {
        if (index > 0 && index % ENTRIES_PER_TURN === 0) await this.#turn();
        list.put(entry);
      }
      // In their order all changes come to the same, whether what was read has them or not.
      for (const change of this.#meanwhile) list.apply(change);
      this.#list = list;
    } while (this.#isStale);
    this.#meanwhile = [];
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(0, resolve));
  }
}
