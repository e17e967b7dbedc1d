/** The sessions of each account in this thread: an account that is disabled or removed is out at once. */
import type { AccountId, Store } from "#store/store.ts";

export interface AccountSession {
  /** Ends the session, with BYE, as soon as no command runs. */
  requestEnd(request: EndRequest): void;
}

export interface EndRequest {
  /** For the log. */
  readonly reason: string;
  /** For the client. */
  readonly text: string;
}

export class AccountSessions {
  readonly #sessions = new Map<AccountId, Set<AccountSession>>();
  readonly #store: Pick<Store, "findAccount">;
  #check: "none" | "running" | "again" = "none";

  constructor(store: Pick<Store, "findAccount">) {
    this.#store = store;
  }

  enter(accountId: AccountId, session: AccountSession): void {
    const sessions = this.#sessions.get(accountId) ?? new Set();
    this.#sessions.set(accountId, sessions.add(session));
  }

  leave(accountId: AccountId, session: AccountSession): void {
    const sessions = this.#sessions.get(accountId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#sessions.delete(accountId);
  }

  /** Ends the sessions of accounts that may not be used any more. However often it is called, one look follows the last call. */
  async endDisabled(): Promise<void> {
    if (this.#check !== "none") {
      this.#check = "again";
      return;
    }
    do {
      this.#check = "running";
      for (const [accountId, sessions] of this.#sessions) {
        const account = await this.#store.findAccount(accountId).catch(() => "unknown" as const);
        if (account === "unknown" || account?.enabled === true) continue;
        for (const session of sessions) session.requestEnd({ reason: "account-disabled", text: "Account is disabled" });
      }
    } while (this.#checkAgain());
    this.#check = "none";
  }

  #checkAgain(): boolean {
    return this.#check === "again";
  }
}
