/**
 * Passwords that came in clear and were refused unread. Afterwards, behind the answer, a few of them are looked at: one
 * that is right has been seen by whoever listens, and its owner must know. Whoever sent it learns nothing: the answer was
 * given before, in the same words, and what happens next is never told on the wire.
 */
import type { LRUCache } from "lru-cache";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Credential } from "#store/credential-store.ts";
import type { Account, Store } from "#store/store.ts";
import type { PasswordAttempt } from "./authenticator.ts";
import {
  CLEAR_CHECKS_PER_ADDRESS_MAX,
  CLEAR_CHECKS_REMEMBERED_MAX,
  CLEAR_CHECKS_WAITING_MAX,
  CLEAR_CHECKS_WINDOW_MS,
} from "./limits.ts";
import { createMemory } from "./memory.ts";

export interface ExposedPassword {
  readonly account: Account;
  readonly credential: Credential;
  readonly attempt: Pick<PasswordAttempt, "protocol" | "remoteAddress">;
  readonly atMs: number;
}

export interface ClearPasswordsOptions {
  readonly store: Pick<Store, "markExposed">;
  readonly clock: Clock;
  readonly log: Log;
  /** The account and the credential that it opens, whatever its scope. Rejects when nobody can say. */
  readonly match: (
    attempt: PasswordAttempt,
  ) => Promise<{ readonly account: Account; readonly credential: Credential } | undefined>;
  /** Under which an attempt is remembered. */
  readonly fingerprint: (attempt: PasswordAttempt) => string;
  /** Told once for each credential. */
  readonly exposed: (exposed: ExposedPassword) => void;
}

export class ClearPasswords {
  readonly #options: ClearPasswordsOptions;
  readonly #seen: LRUCache<string, true>;
  readonly #byAddress: LRUCache<string, number>;
  readonly #waiting: PasswordAttempt[] = [];
  #isChecking = false;

  constructor(options: ClearPasswordsOptions) {
    this.#options = options;
    const bounds = { max: CLEAR_CHECKS_REMEMBERED_MAX, ttlMs: CLEAR_CHECKS_WINDOW_MS, clock: options.clock };
    this.#seen = createMemory(bounds);
    this.#byAddress = createMemory(bounds);
  }

  note(attempt: PasswordAttempt): void {
    const { protocol, remoteAddress } = attempt;
    this.#options.log.warn("password-sent-in-clear", { protocol, remoteAddress });
    const fingerprint = this.#options.fingerprint(attempt);
    const checked = this.#byAddress.get(remoteAddress) ?? 0;
    if (this.#seen.has(fingerprint) || checked >= CLEAR_CHECKS_PER_ADDRESS_MAX) return;
    if (this.#waiting.length >= CLEAR_CHECKS_WAITING_MAX) return;
    this.#seen.set(fingerprint, true);
    // From the first on the window runs: noting another must not begin it anew.
    this.#byAddress.set(remoteAddress, checked + 1, checked === 0 ? {} : { noUpdateTTL: true });
    this.#waiting.push(attempt);
    if (!this.#isChecking) void this.#checkAll();
  }

  async #checkAll(): Promise<void> {
    this.#isChecking = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#check(next).catch((error: unknown) => {
        this.#options.log.warn("clear-password-not-checked", { error: String(error) });
      });
    }
    this.#isChecking = false;
  }

  async #check(attempt: PasswordAttempt): Promise<void> {
    const { store, clock, match, exposed, log } = this.#options;
    const found = await match(attempt);
    if (found === undefined) return;
    const { account, credential } = found;
    const atMs = clock.now();
    if (!(await store.markExposed(credential.id, atMs))) return;
    const { protocol, remoteAddress } = attempt;
    log.warn("password-exposed", { account: account.address, credential: credential.id, protocol, remoteAddress });
    exposed({ account, credential, attempt: { protocol, remoteAddress }, atMs });
  }
}
