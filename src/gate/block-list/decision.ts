/** What follows from evidence. Values: others store bans, tell people, and make groups wait. */
import type { BlockEntry } from "./entry.ts";

export type GateDecision =
  | { readonly kind: "ban"; readonly entry: BlockEntry; readonly blastRadius: BlastRadius }
  | ({ readonly kind: "alert" } & Alert)
  | ({ readonly kind: "slow" } & SlowGroup);

/** Whom a ban would hit besides the attacker. */
export interface BlastRadius {
  /** Accounts that logged in from there in the last 30 days, newest first. */
  readonly accounts: readonly string[];
}

export interface Alert {
  readonly name:
    | "protected-address-misbehaves"
    | "clients-are-hidden"
    | "many-client-names"
    | "guessing-at-a-known-address"
    | "account-under-attack"
    | "password-tried-everywhere"
    | "botnet-client-name"
    | "recipient-under-attack"
    | "many-failed-logins";
  /** What it is about: an address, an account. */
  readonly subject: string;
  readonly text: string;
  readonly evidence: readonly string[];
}

/** Members of the group wait; those with a known good network do not belong to it. */
export interface SlowGroup {
  readonly by: "account" | "account-at-address" | "password" | "client-name" | "recipient";
  /** The account, `account address`, the password's fingerprint, the client's name, the recipient. */
  readonly value: string;
  /** For all of the group together. */
  readonly attemptsPerMinute: number;
  readonly untilMs: number;
}
