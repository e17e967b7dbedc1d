/** The sender lists as one thread has them: read once from the store, and again whenever they have changed. */

import type { SenderListing } from "#evidence/sender-lists/evidence.ts";
import { type SenderIdentity, SenderLists } from "#evidence/sender-lists/sender-lists.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";

export interface SenderListsFollowerOptions {
  readonly store: Pick<Store, "listSenders" | "onEvent">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds until lists that could not be read are tried again. */
const READ_AGAIN_MS = 1000;

export class SenderListsFollower {
  readonly #options: SenderListsFollowerOptions;
  readonly #stopListening: () => void;
  #lists = new SenderLists([]);
  #reading = false;
  /** They have changed while they were read. */
  #isStale = false;
  #isClosed = false;
  #retry: Timer | undefined;

  private constructor(options: SenderListsFollowerOptions) {
    this.#options = options;
    this.#stopListening = options.store.onEvent(({ kind }) => {
      if (kind === "senders") void this.#readAgain();
    });
  }

  /** Rejects when the store cannot be read: a server does not begin without knowing whom it keeps out. */
  static async open(options: SenderListsFollowerOptions): Promise<SenderListsFollower> {
    const follower = new SenderListsFollower(options);
    await follower.#read();
    return follower;
  }

  matching(sender: SenderIdentity): readonly SenderListing[] {
    return this.#lists.matching(sender);
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#stopListening();
  }

  async #readAgain(): Promise<void> {
    this.#isStale = true;
    if (this.#reading) return;
    try {
      await this.#read();
    } catch (error) {
      this.#options.log.error("sender-lists-unreadable", { cause: String(error) });
      if (!this.#isClosed) this.#retry = this.#options.clock.after(READ_AGAIN_MS, () => void this.#readAgain());
    }
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      do {
        this.#isStale = false;
        this.#lists = new SenderLists(await this.#options.store.listSenders());
      } while (this.#isStale && !this.#isClosed);
    } finally {
      this.#reading = false;
    }
  }
}
