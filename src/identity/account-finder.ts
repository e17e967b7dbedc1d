/** The account a login name stands for. */
import type { Credential } from "#store/credential-store.ts";
import type { Account, Store } from "#store/store.ts";
import type { Identity, LoginProtocol } from "./authenticator.ts";
import { loginAddress } from "./login-name.ts";

/** No account has this number. */
const NOBODY = 0;

export interface Found {
  readonly account: Account | undefined;
  /** Empty where there is no account. */
  readonly credentials: readonly Credential[];
}

/** Why somebody who has shown who they are is not let in; for the log. */
export type Closed = "disabled" | "out-of-scope" | "unknown-user" | "password-gone";

export class AccountFinder {
  readonly #store: Pick<Store, "listDomains" | "findAddress" | "listCredentials">;
  readonly #domains: readonly string[];

  /** @param domains of the settings; those of the store are added. */
  constructor(store: Pick<Store, "listDomains" | "findAddress" | "listCredentials">, domains: readonly string[]) {
    this.#store = store;
    this.#domains = domains;
  }

  /** The address that a name stands for as far as the settings tell, or the name as it was typed. */
  nameOf(username: string): string {
    return loginAddress(username, this.#domains) ?? username;
  }

  /** Asks the same questions for every name, so that none takes longer than another. */
  async find(username: string): Promise<Found> {
    const stored = await this.#store.listDomains();
    const address = loginAddress(username, [...this.#domains, ...stored.map(({ name }) => name)]);
    const entry = await this.#store.findAddress(address ?? "");
    const account = entry?.kind === "account" ? entry.account : undefined; // An alias is no account.
    return { account, credentials: await this.#store.listCredentials(account?.id ?? NOBODY) };
  }
}

/** Does a credential that was shown open this protocol? */
export function admission(
  { account, credentials }: Found,
  credentialId: number,
  protocol: LoginProtocol,
): Identity | Closed {
  if (account === undefined) return "unknown-user";
  const credential = credentials.find(({ id }) => id === credentialId);
  if (credential === undefined) return "password-gone";
  if (!account.enabled) return "disabled";
  if (!credential.scopes.includes(protocol)) return "out-of-scope";
  return { accountId: account.id, address: account.address, credentialId };
}
