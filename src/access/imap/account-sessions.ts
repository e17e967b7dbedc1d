/** How many sessions each account has in this process, so that one broken client does not take all of them. */
import type { AccountId } from "#store/store.ts";

export class AccountSessions {
  readonly #counts = new Map<AccountId, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** False when the account has as many as it may. */
  enter(accountId: AccountId): boolean {
    const count = this.#counts.get(accountId) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(accountId, count + 1);
    return true;
  }

  leave(accountId: AccountId): void {
    const count = (this.#counts.get(accountId) ?? 1) - 1;
    if (count === 0) this.#counts.delete(accountId);
    else this.#counts.set(accountId, count);
  }
}
