/** What is known of an account's sending: how much, from where, and whether its mail is held. */
import type { Amount, SendingMinute, SendingRules, SendingTrigger } from "./sending-rules.ts";
import type { AccountId } from "./store.ts";

/** A user's message is handed in: it is counted, or refused, with its delivery. */
export interface Submission {
  readonly accountId: AccountId;
  /** Canonical address. */
  readonly account: string;
  /** Accepted ones, of this server and of others. */
  readonly recipients: number;
  /** Address that it came from, in its one form. */
  readonly client: string;
  /** The password that was used; null: not known. */
  readonly credentialId: number | null;
  readonly atMs: number;
  readonly rules: SendingRules;
}

/** Within the last 60 minutes, and the last 24 hours; the minute that runs counts whole. */
export interface SendingUse {
  readonly hour: Amount;
  readonly day: Amount;
  readonly hold: SendingHold | undefined;
}

export interface SendingHold {
  readonly account: string;
  readonly trigger: SendingTrigger;
  readonly sinceMs: number;
  /** False: the rule is in shadow, and nothing is held. */
  readonly isEnforced: boolean;
  readonly isTold: boolean;
  readonly facts: HoldFacts;
}

/** What pulled the trigger. */
export interface HoldFacts {
  /** Within `BURST_MINUTES`; the most on any of the days before. */
  readonly recent: Amount;
  readonly usual: Amount;
  /** Of the last day's recipients elsewhere. */
  readonly delivered: number;
  readonly refused: number;
}

/** Where mail of an account came from on the last two days. */
export interface SendingSource extends Amount {
  readonly client: string;
  readonly credentialId: number | null;
  /** Of the password; null: it is gone, or not known. */
  readonly credential: { readonly kind: "password" | "app-password"; readonly label: string } | null;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What an administrator has to see to judge it. */
export interface SendingIncident {
  readonly account: string;
  /** Undefined where nothing is held. */
  readonly hold: SendingHold | undefined;
  /** Triggers are quiet until then; 0: they are not. */
  readonly quietUntilMs: number;
  readonly hour: Amount;
  readonly day: Amount;
  /** Recipients elsewhere, of the last day: what became of them. */
  readonly delivered: number;
  readonly refused: number;
  /** The last first; at most `SENDING_SOURCES_SHOWN`. */
  readonly sources: readonly SendingSource[];
  /** What waits or is held in the queue. */
  readonly queued: Amount;
  /** Domains that most of it goes to; at most `SENDING_DOMAINS_SHOWN`. */
  readonly domains: readonly { readonly domain: string; readonly recipients: number }[];
  readonly domainCount: number;
  /** Of the last `SENDING_SUBJECTS_READ` messages of it: the most frequent ones, as they are written. */
  readonly subjects: readonly { readonly subject: string; readonly messages: number }[];
  readonly subjectCount: number;
}

/** One account's last 24 hours. */
export interface SendingRow {
  readonly account: string;
  readonly day: Amount;
  readonly delivered: number;
  readonly refused: number;
  readonly isHeld: boolean;
  readonly quietUntilMs: number;
}

export type { SendingMinute };
