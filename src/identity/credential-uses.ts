/** Notes in the store when and from where each password was last used: now and then, not at every connection. */
import type { LRUCache } from "lru-cache";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Store } from "#store/store.ts";
import { USE_NOTED_AGAIN_MS, USES_GATHERED_MS, USES_WAITING_MAX, VERIFIED_MAX } from "./limits.ts";
import { createMemory } from "./memory.ts";

type Use = Parameters<Store["noteCredentialUses"]>[0][number];

export class CredentialUses {
  readonly #store: Pick<Store, "noteCredentialUses">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #noted: LRUCache<string, true>;
  #waiting: Use[] = [];
  #timer: Timer | undefined;

  constructor(options: {
    readonly store: Pick<Store, "noteCredentialUses">;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#noted = createMemory({ max: VERIFIED_MAX, ttlMs: USE_NOTED_AGAIN_MS, clock: options.clock });
  }

  note(credentialId: number, address: string): void {
    const key = `${credentialId} ${address}`;
    if (this.#noted.has(key) || this.#waiting.length >= USES_WAITING_MAX) return;
    this.#noted.set(key, true);
    this.#waiting.push({ credentialId, address, atMs: this.#clock.now() });
    this.#timer ??= this.#clock.after(USES_GATHERED_MS, () => this.#write());
  }

  /** What is gathered and not written is lost: nobody is to wait for it. */
  close(): void {
    this.#timer?.cancel();
  }

  #write(): void {
    this.#timer = undefined;
    const uses = this.#waiting;
    this.#waiting = [];
    this.#store.noteCredentialUses(uses).catch((error: unknown) => {
      this.#log.warn("password-uses-not-noted", { count: uses.length, error: String(error) });
    });
  }
}
