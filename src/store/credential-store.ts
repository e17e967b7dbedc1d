/** The store as logins see it: passwords, and what is known of them. */
import type { Result } from "#mail/result.ts";
import type { ScramKeyRow } from "./scram-key-row.ts";
import type { AccountId } from "./store.ts";

export interface NewCredential {
  readonly accountId: AccountId;
  /** `password` (one an account) or `app-password`. */
  readonly kind: "password" | "app-password";
  readonly label: string;
  /** PHC string, `$argon2id$…`. */
  readonly hash: string;
  /** Protocols it opens. */
  readonly scopes: readonly ("smtp" | "imap" | "pop3" | "admin")[];
  readonly createdAtMs: number;
}

export interface Credential extends NewCredential {
  readonly id: number;
  /** It crossed a wire in clear, first at this time; `null`: not seen to. */
  readonly exposedAtMs: number | null;
  /** Last login with it, about to the minute; `null`: none yet. */
  readonly lastUsedMs: number | null;
  readonly lastAddress: string | null;
}

export interface CredentialStore {
  listCredentials(accountId: AccountId): Promise<readonly Credential[]>;
  /** A new `password` replaces the old one. */
  putCredential(credential: NewCredential): Promise<Credential>;
  removeCredential(accountId: AccountId, id: number): Promise<Result<void, "no-such-credential">>;
  /** Of all passwords of the account that have any. */
  listScramKeys(accountId: AccountId): Promise<readonly ScramKeyRow[]>;
  /** Replaces keys of the same password and hash; of a password that is gone none are kept. No event. */
  putScramKeys(keys: readonly ScramKeyRow[]): Promise<void>;
  /** Forgets all keys of these hashes; how many. */
  removeScramKeys(hashes: readonly ScramKeyRow["hash"][]): Promise<number>;
  /** The secret that salts are derived with: made with the store, and never changed. */
  readScramSalt(): Promise<Uint8Array>;
  /** Notes that the password was sent in clear. False: it is known already, or the password is gone. No event. */
  markExposed(credentialId: number, atMs: number): Promise<boolean>;
  /** No event. */
  noteCredentialUses(
    uses: readonly { readonly credentialId: number; readonly address: string; readonly atMs: number }[],
  ): Promise<void>;
}
