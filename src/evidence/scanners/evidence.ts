/** What programs beside us found in a message, or why they did not look. Facts, and no judgement. Plain data that JSON can hold. */
import type { EnhancedStatus } from "#mail/reply.ts";

export type UnavailableWhy =
  /** Nobody answers at its address. */
  | "not-there"
  /** Not done within its time. */
  | "slow"
  /** The connection broke before there was an answer. */
  | "crashed"
  /** More octets than are handed to it, or than it takes. */
  | "too-large"
  /** Too many messages wait for it already. */
  | "busy"
  /** It says itself that it failed. */
  | "error"
  /** What it said is not its protocol. */
  | "malformed"
  /** An error of ours. */
  | "broken";

export interface Unavailable {
  readonly kind: "unavailable";
  readonly why: UnavailableWhy;
  /** For the administrator: a code, or what it said. */
  readonly detail: string;
}

export interface AntivirusEvidence {
  /** The address of the scanner. */
  readonly scanner: string;
  readonly result: { readonly kind: "clean" } | { readonly kind: "found"; readonly name: string } | Unavailable;
  readonly tookMs: number;
}

export interface MiltersEvidence {
  /** The message is for recipients of other servers, too: nothing of theirs could be put into a Junk folder. */
  readonly leavesServer: boolean;
  /** In the order of the settings. */
  readonly milters: readonly MilterEvidence[];
}

export interface MilterEvidence {
  /** The address of the milter. */
  readonly milter: string;
  readonly result: MilterResult | Unavailable;
  readonly tookMs: number;
}

export interface MilterResult {
  readonly kind: "decided";
  readonly decision: "continue" | "accept" | "reject" | "tempfail" | "discard" | "reply";
  /** In which step of the protocol it was said. */
  readonly stage: string;
  /** Of its own words; null where it said none. */
  readonly reply: { readonly code: number; readonly status: EnhancedStatus | null; readonly text: string } | null;
  /** Why it wants the message to be kept back; null where it does not. */
  readonly quarantine: string | null;
  /** The field by which it says that the message is spam; null where it does not. */
  readonly saysSpam: string | null;
  /** `Name: value`, of the fields that it adds; values are cut. */
  readonly added: readonly string[];
  /** What it asked for in vain: fields that it may not write, and changes that were not agreed on. */
  readonly notTaken: readonly string[];
}
