/** Who is it? The one way in for every protocol; what the mechanisms are is `protocol/sasl`'s affair. */
import type { TlsFacts } from "#ports/connection.ts";
import type { SaslAnswer, SaslOffer, SaslQuestion } from "#protocol/sasl/exchange.ts";
import type { ListenerProtocol } from "./credential-channel.ts";

export type LoginProtocol = "smtp" | "imap" | "pop3" | "admin";

export interface PasswordAttempt {
  /** As the client wrote it: an address, or a local-part when there is one domain. */
  readonly username: string;
  readonly password: string;
  readonly protocol: LoginProtocol;
  readonly remoteAddress: string;
  /** A certificate has proven already who it is: nothing is guessed here. */
  readonly isProven?: true;
}

export interface Identity {
  readonly accountId: number;
  /** Canonical address. */
  readonly address: string;
  /** The password that was right: whoever came in with it goes when it does. */
  readonly credentialId?: number;
}

export type LoginResult =
  | { readonly ok: true; readonly identity: Identity }
  /** Wrong user, wrong password, disabled, out of scope: the client hears one and the same thing. */
  | { readonly ok: false; readonly problem: "invalid-credentials" }
  /** The store or the hash could not be asked; try again later. */
  | { readonly ok: false; readonly problem: "unavailable" };

/** Who asks to be let in, and over what. */
export interface LoginClient {
  readonly protocol: LoginProtocol;
  readonly remoteAddress: string;
  readonly tls: TlsFacts | undefined;
}

export interface Authenticator {
  /** How to log in on a connection as it is now: the one function that every protocol asks, on every listener. */
  offer(connection: { readonly protocol: ListenerProtocol; readonly tls: TlsFacts | undefined }): SaslOffer;
  verifyPassword(attempt: PasswordAttempt): Promise<LoginResult>;
  /** What an exchange of `offer` asks. Never rejects. */
  answer(question: SaslQuestion, client: LoginClient): Promise<SaslAnswer>;
  /** A password came in clear and was refused unread. Says nothing to anybody but its owner and the administrator. */
  sentInClear(attempt: PasswordAttempt): void;
}

/** Who keeps the door: sees every attempt of every protocol. Implemented over the block list and the ledger of offences. */
export interface LoginWatch {
  /**
   * May this password be looked at now? Asked first, so that the answer says nothing about the password; who may not hears
   * `unavailable`.
   * @param account canonical address the user name stands for, or the name as typed where it stands for none.
   */
  mayTry(attempt: PasswordAttempt, account: string): boolean;
  /** The account has logged in from around there: its attempts are looked at before those of strangers. */
  isKnown?(attempt: PasswordAttempt, account: string): boolean;
  succeeded(attempt: PasswordAttempt, identity: Identity): void;
  /** Wrong password or unknown user. A right password that opens nothing is neither this nor success. */
  failed(attempt: PasswordAttempt, account: string, reason: "wrong-password" | "unknown-user"): void;
}
