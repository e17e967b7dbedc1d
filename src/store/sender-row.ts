/** Senders that are let in or kept out, and whom accounts have written to, as the store keeps them. */
import type { AccountId } from "./store.ts";

export interface SenderRow extends SenderKey {
  readonly kind: "allow" | "deny";
  readonly note: string;
  readonly sinceMs: number;
}

export interface SenderKey {
  readonly subject: string;
  /** Empty for everybody. */
  readonly scope: string;
}

export interface CorrespondentRow {
  readonly accountId: AccountId;
  /** Canonical. */
  readonly address: string;
  readonly lastMs: number;
}
