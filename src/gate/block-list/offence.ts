/** What a client did, as evidence against it. Plain data: fronts send it to the ledger. A password travels only as a hash. */
import type { AskedScope } from "./entry.ts";

interface FromClient {
  /** In its one form, from an established session; never a word of the client's own. */
  readonly address: string;
  /** HELO or EHLO. */
  readonly clientName?: string;
}

export interface WrongPassword extends FromClient {
  readonly kind: "wrong-password";
  /** The login name as the directory spells it, or as it was typed where there is none. */
  readonly account: string;
  /** In evidence, where what was typed must not be shown: now and then it is a password. */
  readonly shownAs?: string;
  /** `passwordFingerprint` of the password alone. */
  readonly password: string;
  /** The caller knows that this was the right password until lately. */
  readonly wasRightUntilLately?: boolean;
}

export interface UnknownRecipient extends FromClient {
  readonly kind: "unknown-recipient";
  readonly recipient: string;
  /** SPF or DKIM passes for the sender: a list with old addresses, not somebody who guesses. */
  readonly senderAuthenticated: boolean;
}

export interface BadMail extends FromClient {
  readonly kind: "spam" | "spam-trap" | "relay-attempt" | "smuggling" | "protocol-abuse" | "early-talker";
  readonly recipient?: string;
}

/** What happens every day and says nothing about anybody. */
export interface Harmless extends FromClient {
  readonly kind: "connect-and-quit" | "idle-timeout" | "wrong-protocol" | "monitoring-probe";
}

export type Offence = WrongPassword | UnknownRecipient | BadMail | Harmless;

export interface OffenceClass {
  /** A ban needs ten from one address. */
  readonly points: number;
  readonly scope: AskedScope;
  readonly words: string;
}

export const OFFENCE_CLASSES: Readonly<Record<Offence["kind"], OffenceClass>> = {
  "wrong-password": { points: 1, scope: "auth", words: "wrong password" },
  "unknown-recipient": { points: 1, scope: "smtp", words: "unknown recipient" },
  spam: { points: 2, scope: "smtp", words: "message refused as spam" },
  "spam-trap": { points: 5, scope: "smtp", words: "mail to an address that never had a user" },
  "relay-attempt": { points: 2, scope: "smtp", words: "tried to relay" },
  smuggling: { points: 5, scope: "smtp", words: "line ends made to smuggle a message" },
  "protocol-abuse": { points: 2, scope: "smtp", words: "ended for too many errors" },
  "early-talker": { points: 1, scope: "smtp", words: "spoke before the greeting" },
  "connect-and-quit": { points: 0, scope: "smtp", words: "connected and left" },
  "idle-timeout": { points: 0, scope: "smtp", words: "said nothing for too long" },
  "wrong-protocol": { points: 0, scope: "smtp", words: "spoke TLS or HTTP on a port for something else" },
  "monitoring-probe": { points: 0, scope: "smtp", words: "looked whether the server is there" },
};

/** A line of evidence: when, and what. What clients said is shown without control characters, and cut. */
export function evidenceLine(offence: Offence, nowMs: number): string {
  const when = new Date(nowMs).toISOString().slice(0, 19);
  const { words } = OFFENCE_CLASSES[offence.kind];
  const about = subjectOf(offence);
  return `${when}Z ${offence.address} ${words}${about === "" ? "" : ` (${shown(about)})`}`;
}

function subjectOf(offence: Offence): string {
  if (offence.kind === "wrong-password") return offence.shownAs ?? offence.account;
  if ("recipient" in offence && offence.recipient !== undefined) return offence.recipient;
  return offence.clientName ?? "";
}

function shown(text: string): string {
  return text.slice(0, 80).replace(/[^\x20-\x7e\u00a1-\uffff]/g, "?");
}
