/**
 * What one connection or message met, and why: plain JSON, kept by the store, shown by `why`, judged again by `replay`.
 * It holds envelope and facts; never a message's text, a password or the key of a list.
 */
import type { Reply } from "#mail/reply.ts";
import type { Evidence } from "./evidence.ts";
import type { PartyOutcome } from "./parties.ts";
import type { Disposition, Verdict } from "./verdict.ts";
import type { Change } from "./what-would-change.ts";

/** Raised when a field changes its meaning; readers take older ones as they are. */
export const DECISION_RECORD_VERSION = 1;

/** How far the client came. */
export type Stage = "connect" | "helo" | "mail" | "rcpt" | "data";

export interface DecisionRecord {
  readonly version: typeof DECISION_RECORD_VERSION;
  /** 26 characters; stands in the reply. A record with the same ID is a later state of the same decision and replaces it. */
  readonly id: string;
  /** `Connection.id`: what the log calls the session. */
  readonly session: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly listener: "smtp" | "submission" | "lmtp" | "imap" | "pop3";
  /** An IP address in its one form, or `unix:PATH`. */
  readonly clientAddress: string;
  /** As said in HELO, EHLO or LHLO; null before. */
  readonly clientName: string | null;
  /** Canonical address of the user who logged in. */
  readonly account: string | null;
  /** `local-part@domain`; empty for the null reverse-path, null before MAIL. */
  readonly mailFrom: string | null;
  /** In the order asked, refused ones included; at most RECORDED_RECIPIENTS_MAX. */
  readonly recipients: readonly RecipientOutcome[];
  /** Our own name for an accepted message: stands in its Received field and in the 250. */
  readonly message: string | null;
  /** The sender's Message-ID with its angle brackets, where the message came that far. */
  readonly messageId: string | null;
  readonly stage: Stage;
  readonly judged: Judged;
  readonly evidence: Evidence;
  /** Whose mail it was, where there was a verdict; at most RECORDED_RECIPIENTS_MAX. Absent in older records. */
  readonly parties?: readonly PartyOutcome[];
  /** What judging came to, for the one it went mildest with; null where nobody was judged. */
  readonly verdict: Omit<Verdict, "reply"> | null;
  /** What happened in the end, whoever decided it: a verdict, relay control, an unknown recipient, a full disk. */
  readonly disposition: Disposition;
  /** Stable words; the first one decided. */
  readonly reasons: readonly string[];
  /** The last decisive reply as it was sent, its ID in the text; null where the client left without one. */
  readonly reply: Reply | null;
  /** Names the settings that it was judged under. */
  readonly settings: string;
  readonly whatWouldChangeIt: readonly Change[];
}

export interface RecipientOutcome {
  /** `local-part@domain`, or `postmaster`. */
  readonly address: string;
  readonly accepted: boolean;
  /** Stable word of a refusal. */
  readonly reason: string | null;
  readonly reply: Reply;
}

/** Who is not judged, and why not. */
export type Judged = "judged" | "authenticated" | "trusted-network" | "local";

/** Recipients kept in one record: as many as a transaction takes by default. */
export const RECORDED_RECIPIENTS_MAX = 100;
