/**
 * SASL (RFC 4422) from the server's side, as values: responses and answers in, challenges and questions out. Whether what
 * a client claims is true is the `identity` room's affair; how octets are framed is each protocol's.
 */
import { startExternal } from "./external.ts";
import { startLogin } from "./login.ts";
import { startOauthBearer, startXoauth2 } from "./oauth.ts";
import { startPlain } from "./plain.ts";
import { startScram } from "./scram.ts";
import type { FormerScramKey, ScramHash, ScramKey } from "./scram-keys.ts";

export interface SaslExchange {
  /** Takes the client's next response; undefined where the command came without an initial one. Never throws. */
  step(response: Uint8Array | undefined): SaslStep;
  /** Answers the question that `step` or `answer` returned. Throws when there is none: a bug of the driver. */
  answer(answer: SaslAnswer): SaslStep;
}

export type SaslStep =
  | { readonly kind: "challenge"; readonly octets: Uint8Array }
  /** No response is taken before its answer. */
  | { readonly kind: "question"; readonly question: SaslQuestion }
  /** Nothing more is taken. */
  | { readonly kind: "over"; readonly outcome: SaslOutcome };

/** What somebody who knows the accounts has to say. */
export type SaslQuestion =
  | { readonly about: "password"; readonly username: string; readonly password: string }
  /** Wants `scram-keys`, for names that are nobody's too. */
  | { readonly about: "scram-keys"; readonly hash: ScramHash; readonly username: string }
  /** The client has shown that it knows the password, or has not. Asked in either case, so that failures are counted. */
  | { readonly about: "scram-proof"; readonly username: string; readonly proof: ScramProof }
  /** A bearer token; `username` where the client said whose. */
  | { readonly about: "token"; readonly username: string | undefined; readonly token: string }
  /** The certificate that the client showed in the handshake; `username` where it said whose it is. */
  | { readonly about: "certificate"; readonly username: string | undefined };

export type ScramProof =
  | { readonly right: true; readonly credentialId: number }
  /**
   * @property nonce of this exchange alone: wrong passwords cannot be told apart, so each counts.
   * @property formerKey its name, where the password was right until lately: a device that was forgotten.
   */
  | { readonly right: false; readonly why: ScramFailure; readonly nonce: string; readonly formerKey?: string };

export type ScramFailure =
  | "wrong-proof"
  /** It sees another TLS channel than we do: somebody stands between. */
  | "other-channel"
  /** It was told that there is no channel binding, and there is (RFC 5802 §6): somebody took it out of the list. */
  | "downgraded";

export type SaslAnswer =
  | { readonly kind: "accepted"; readonly identity: SaslIdentity }
  /** @property why told to the client: it has shown a token that is good for other things. */
  | { readonly kind: "refused"; readonly why?: "insufficient-scope" }
  /** Nobody can say now. */
  | { readonly kind: "unavailable" }
  | {
      readonly kind: "scram-keys";
      readonly salt: Uint8Array;
      readonly iterations: number;
      /** Of those passwords that the name may have; as many for every name. */
      readonly keys: readonly ScramKey[];
      /** Of passwords the name had until lately: they open nothing. As many for every name. */
      readonly formerKeys?: readonly FormerScramKey[];
      /** Printable, without a comma, never used before. */
      readonly nonce: string;
    };

export interface SaslIdentity {
  readonly accountId: number;
  readonly address: string;
  readonly credentialId?: number;
}

export type SaslOutcome =
  | { readonly kind: "accepted"; readonly identity: SaslIdentity }
  /** One and the same answer, whatever was wrong. */
  | { readonly kind: "refused" }
  | { readonly kind: "unavailable" }
  | { readonly kind: "malformed"; readonly reason: SaslProblem };

export type SaslProblem = "empty" | "too-long" | "not-utf8" | "bad-nul" | "bad-message" | "finished";

/** What may be had on this connection at this moment. */
export interface SaslOffer {
  /** In capitals, in the order they are announced. No other is taken. */
  readonly mechanisms: readonly string[];
  /** The tls-exporter value (RFC 9266); undefined: there is no channel binding to be had. */
  readonly channelBinding: Uint8Array | undefined;
  /** Scope a bearer token must have, told to clients whose token is refused; empty: none in particular. */
  readonly tokenScope: string;
  /** URL of the provider's description (RFC 7628 §3.2.2), told likewise; empty: none. */
  readonly tokenDescription: string;
}

export const NO_SASL: SaslOffer = { mechanisms: [], channelBinding: undefined, tokenScope: "", tokenDescription: "" };

/** All that are built, in the order they are announced: a server that is not who it says learns least from the first. */
const mechanisms: ReadonlyMap<string, (offer: SaslOffer) => SaslExchange> = new Map<
  string,
  (offer: SaslOffer) => SaslExchange
>([
  ["SCRAM-SHA-256-PLUS", (offer) => startScram("sha256", { plus: true, offer })],
  ["SCRAM-SHA-256", (offer) => startScram("sha256", { plus: false, offer })],
  ["SCRAM-SHA-1-PLUS", (offer) => startScram("sha1", { plus: true, offer })],
  ["SCRAM-SHA-1", (offer) => startScram("sha1", { plus: false, offer })],
  ["EXTERNAL", () => startExternal()],
  ["OAUTHBEARER", startOauthBearer],
  ["XOAUTH2", startXoauth2],
  ["PLAIN", () => startPlain()],
  ["LOGIN", () => startLogin()],
]);

export const SASL_MECHANISMS: readonly string[] = [...mechanisms.keys()];

/** Undefined when it is not offered. Names are compared without regard to case. */
export function startSasl(mechanism: string, offer: SaslOffer): SaslExchange | undefined {
  const name = mechanism.toUpperCase();
  return offer.mechanisms.includes(name) ? mechanisms.get(name)?.(offer) : undefined;
}
