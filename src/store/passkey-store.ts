/** The store as passkeys see it. What may happen once happens once: each change is one transaction, whoever asks. */
import type { Result } from "#mail/result.ts";
import type { AccountId } from "./store.ts";

/** What a browser says of a new passkey. */
export interface NewPasskey {
  /** Base 64 for URLs, as browsers write it. */
  readonly credentialId: string;
  /** COSE key. */
  readonly publicKey: Uint8Array;
  /** Uses, as the authenticator counts them; 0: it does not. */
  readonly counter: number;
  readonly transports: readonly string[];
  /** It outlives its device. */
  readonly isBackedUp: boolean;
}

export interface PasskeyRow extends NewPasskey {
  /** Never given again. */
  readonly id: number;
  readonly accountId: AccountId;
  /** Of its own within the account. */
  readonly name: string;
  readonly createdAtMs: number;
  readonly lastUsedMs: number | null;
}

/** For one passkey to be made, and to be tried afterwards. */
export interface PasskeyLinkRow {
  readonly id: number;
  readonly accountId: AccountId;
  /** That the passkey will have. */
  readonly name: string;
  readonly untilMs: number;
  readonly isUsed: boolean;
}

export interface PasskeyChallenge {
  readonly accountId: AccountId;
  readonly purpose: "register" | "log-in";
  /** Base 64 for URLs. */
  readonly challenge: string;
}

export interface PasskeyStore {
  listPasskeys(accountId: AccountId): Promise<readonly PasskeyRow[]>;
  listPasskeyLinks(accountId: AccountId): Promise<readonly PasskeyLinkRow[]>;
  /** One that is over too, until somebody makes another. */
  findPasskeyLink(tokenHash: Uint8Array): Promise<PasskeyLinkRow | undefined>;
  /** @property name of the passkey; undefined: the next number. Links that are not used yet keep their place and their name. */
  putPasskeyLink(link: {
    readonly accountId: AccountId;
    readonly tokenHash: Uint8Array;
    readonly name: string | undefined;
    readonly nowMs: number;
    readonly untilMs: number;
  }): Promise<Result<PasskeyLinkRow, "too-many-passkeys" | "passkey-name-taken">>;
  /** The oldest of the account gives way where there are too many. */
  putPasskeyChallenge(
    challenge: PasskeyChallenge & { readonly nowMs: number; readonly untilMs: number },
  ): Promise<void>;
  /** True once for each: then it is gone. */
  takePasskeyChallenge(challenge: PasskeyChallenge, nowMs: number): Promise<boolean>;
  /** Uses the link up. */
  putPasskey(
    linkId: number,
    passkey: NewPasskey,
    nowMs: number,
  ): Promise<Result<PasskeyRow, "no-such-link" | "passkey-exists">>;
  /** WebAuthn §7.2, step 25: a counter goes up with each use; one that does not is that of a copy. */
  notePasskeyUse(
    id: number,
    use: { readonly counter: number; readonly isBackedUp: boolean; readonly nowMs: number },
  ): Promise<Result<void, "no-such-passkey" | "counter-went-back">>;
  /** Or a link for one that was not made yet, by its name. */
  removePasskey(
    accountId: AccountId,
    which: { readonly id: number } | { readonly name: string },
  ): Promise<Result<{ readonly name: string }, "no-such-passkey">>;
}
