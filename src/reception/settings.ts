/** What an operator may change about taking mail in, with the defaults; each listener's session gets its share. */

export type RuleMode = "off" | "shadow" | "enforce";

export interface ReceptionSettings {
  /** Said in the greeting, in the answer to EHLO and in trace fields; also the name under which our header fields stand. */
  readonly hostname: string;
  readonly limits: ReceptionLimits;
  readonly timeouts: ReceptionTimeouts;
  /** Speaking before the greeting. `shadow`: seen in the log, the session goes on. */
  readonly earlyTalker: RuleMode;
  /** A client that goes by our own name from another machine. */
  readonly ownNameHelo: RuleMode;
  readonly relay: RelaySettings;
  /** Mail of users to other domains: sent, kept in the queue until somebody releases it, or refused. */
  readonly outbound: "sent" | "held" | "off";
}

export interface ReceptionLimits {
  readonly messageSizeOctetsMax: number;
  readonly recipientsPerTransaction: number;
  /** Recipients at the start of a session whose answers tell a guesser from a sender, and the part of them that may be unknown. */
  readonly unknownRecipientsSample: number;
  readonly unknownRecipientsPercent: number;
  /** Errors and useless commands; the next one ends the session. */
  readonly errorsPerSession: number;
  readonly authenticationFailuresPerSession: number;
  /** Octets of a message's own header: it is in memory until it is complete. */
  readonly headerOctetsMax: number;
  /** Received fields a message may bring along (RFC 5321 §6.3 asks for at least 100; refused earlier: a loop multiplies mail at each turn). */
  readonly receivedFieldsMax: number;
}

/** Milliseconds, and one rate. */
export interface ReceptionTimeouts {
  /** Wait before the greeting: for an address not seen to behave, and for one that did. */
  readonly greetUnknownMs: number;
  readonly greetKnownMs: number;
  /** From the greeting to the first MAIL, whatever is said between. */
  readonly beforeMailMs: number;
  /** From the greeting to a login on submission, whatever is said between. */
  readonly beforeLoginMs: number;
  /** From one reply to the end of the next command, however many octets of it trickle in; and the same while few connections are left. */
  readonly commandMs: number;
  readonly commandUnderLoadMs: number;
  /** From the first octet of a command to its end. */
  readonly commandTotalMs: number;
  readonly sessionMs: number;
  /** Octets a second of a message, measured over each window. */
  readonly dataOctetsPerSecondMin: number;
  readonly dataWindowMs: number;
  /** Wait before the first refusal of a credential is said; each further one waits as much longer. */
  readonly authenticationFailureMs: number;
}

export interface RelaySettings {
  /** Addresses and networks (CIDR) that may send to other domains without a credential. */
  readonly trustedNetworks: readonly string[];
  /** They may also on MX listeners. */
  readonly trustedOnMx: boolean;
  /** Addresses of ours beyond those of the machine: a public address in front of NAT. For `postmaster@[…]`. */
  readonly ownAddresses: readonly string[];
}

const SECOND_MS = 1000;

export const receptionDefaults: Omit<ReceptionSettings, "hostname"> = {
  limits: {
    messageSizeOctetsMax: 52_428_800, // what the large providers take
    recipientsPerTransaction: 100, // RFC 5321 §4.5.3.1.8: at least 100
    unknownRecipientsSample: 10,
    unknownRecipientsPercent: 50,
    errorsPerSession: 20,
    authenticationFailuresPerSession: 3,
    headerOctetsMax: 256 * 1024, // as much as the MIME scanner reads
    receivedFieldsMax: 30, // the longest honest ways have about fifteen
  },
  timeouts: {
    greetUnknownMs: 200, // longer than the round trip of most clients
    greetKnownMs: 5,
    beforeMailMs: 60 * SECOND_MS,
    beforeLoginMs: 30 * SECOND_MS, // a mail program logs in within a second or two
    commandMs: 300 * SECOND_MS, // RFC 5321 §4.5.3.2.7
    commandUnderLoadMs: 60 * SECOND_MS, // who has nothing to say makes room
    commandTotalMs: 600 * SECOND_MS,
    sessionMs: 3600 * SECOND_MS, // queues empty in minutes
    dataOctetsPerSecondMin: 500, // slower than any real line
    dataWindowMs: 60 * SECOND_MS, // a stall of half a minute is no attack
    authenticationFailureMs: 2 * SECOND_MS,
  },
  earlyTalker: "enforce",
  ownNameHelo: "enforce",
  relay: { trustedNetworks: [], trustedOnMx: false, ownAddresses: [] },
  outbound: "off",
};
