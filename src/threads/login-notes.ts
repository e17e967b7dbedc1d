/** Notes in the store who logged in from where: at most once an hour for an account at an address. */
import { LRUCache } from "lru-cache";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";

/** Between two notes of the same login. Milliseconds. */
const AGAIN_MS = 60 * 60 * 1000;
/** Logins remembered for that. */
const REMEMBERED_MAX = 50_000;
/** How long notes are gathered. Milliseconds. */
const GATHER_MS = 500;
/** Notes that wait for the store; more are not noted until the next login. */
const WAITING_MAX = 10_000;

type Login = Parameters<Store["putLogins"]>[0][number];

export class LoginNotes {
  readonly #store: Pick<Store, "putLogins">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #noted = new LRUCache<string, number>({ max: REMEMBERED_MAX });
  #waiting: Login[] = [];
  #timer: Timer | undefined;

  constructor(options: { readonly store: Pick<Store, "putLogins">; readonly clock: Clock; readonly log: Log }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** @returns whether it is news. */
  note(address: string, accountId: number): boolean {
    const nowMs = this.#clock.now();
    const key = `${accountId} ${address}`;
    const lastMs = this.#noted.get(key);
    if ((lastMs !== undefined && nowMs - lastMs < AGAIN_MS) || this.#waiting.length >= WAITING_MAX) return false;
    this.#noted.set(key, nowMs);
    this.#waiting.push({ address, accountId, atMs: nowMs });
    this.#timer ??= this.#clock.after(GATHER_MS, () => void this.#write());
    return true;
  }

  close(): Promise<void> {
    this.#timer?.cancel();
    return this.#write();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const logins = this.#waiting;
    this.#waiting = [];
    if (logins.length === 0) return;
    try {
      await this.#store.putLogins(logins);
    } catch (error) {
      this.#log.error("logins-not-noted", { count: logins.length, cause: String(error) });
    }
  }
}
