/**
 * The sessions of each account in one thread: an account that is disabled or removed is out at once, and so is who came in
 * with a password that has been changed or taken away.
 */
import type { AccountId, Store } from "#store/store.ts";
import type { Identity } from "./authenticator.ts";

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

const DISABLED: EndRequest = { reason: "account-disabled", text: "Account is disabled" };
const CHANGED: EndRequest = { reason: "password-changed", text: "The password was changed; log in again" };

export class AccountSessions {
  /** With what each came in. */
  readonly #sessions = new Map<AccountId, Map<AccountSession, Identity>>();
  readonly #store: Pick<Store, "findAccount" | "listCredentials">;
  #check: "none" | "running" | "again" = "none";

  constructor(store: Pick<Store, "findAccount" | "listCredentials">) {
    this.#store = store;
  }

  enter(identity: Identity, session: AccountSession): void {
    const sessions = this.#sessions.get(identity.accountId) ?? new Map<AccountSession, Identity>();
    this.#sessions.set(identity.accountId, sessions.set(session, identity));
  }

  leave(accountId: AccountId, session: AccountSession): void {
    const sessions = this.#sessions.get(accountId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#sessions.delete(accountId);
  }

  /** Ends the sessions that would not be let in any more. However often it is called, one look follows the last call. */
  async endStale(): Promise<void> {
    if (this.#check !== "none") {
      this.#check = "again";
      return;
    }
    do {
      this.#check = "running";
      for (const [accountId, sessions] of this.#sessions) {
        // A store that cannot be asked ends nobody's session.
        const mayStay = await this.#whoMayStay(accountId).catch(() => () => undefined);
        for (const [session, identity] of sessions) {
          const request = mayStay(identity);
          if (request !== undefined) session.requestEnd(request);
        }
      }
    } while (this.#checkAgain());
    this.#check = "none";
  }

  async #whoMayStay(accountId: AccountId): Promise<(identity: Identity) => EndRequest | undefined> {
    const [account, credentials] = await Promise.all([
      this.#store.findAccount(accountId),
      this.#store.listCredentials(accountId),
    ]);
    if (account?.enabled !== true) return () => DISABLED;
    const current = new Set(credentials.map(({ id }) => id));
    return ({ credentialId }) => (credentialId === undefined || current.has(credentialId) ? undefined : CHANGED);
  }

  #checkAgain(): boolean {
    return this.#check === "again";
  }
}
