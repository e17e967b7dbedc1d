/** Mail that is kept back, as the store keeps it. Who is kept back from whom, and why, is others' affair. */
import type { AccountId, BlobId } from "./store.ts";

/** Of a message that is delivered to some, or to nobody yet, and kept back from others. */
export interface NewQuarantined {
  /** The decision's. */
  readonly id: string;
  readonly client: string;
  readonly messageId: string | null;
  readonly score: number;
  readonly reasons: readonly string[];
  /** When it is removed, milliseconds since the epoch. */
  readonly untilMs: number;
  readonly accountIds: readonly AccountId[];
  /** Room for all that is kept back, in octets. Without room for this one it goes to the Junk folders. */
  readonly octetsMax: number;
}

export interface QuarantineRow {
  readonly id: string;
  /** Null: it is held for nobody any more. */
  readonly blobId: BlobId | null;
  readonly mailFrom: string;
  readonly client: string;
  readonly messageId: string | null;
  readonly score: number;
  readonly reasons: readonly string[];
  readonly sizeOctets: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly recipients: readonly QuarantinedRecipient[];
}

export interface QuarantinedRecipient {
  readonly accountId: AccountId;
  /** Canonical, as it was then. */
  readonly address: string;
  readonly state: "held" | "released" | "removed";
  /** Since when it is in this state. */
  readonly changedMs: number;
}

export interface QuarantineQuery {
  /** Of this account; absent: of all. */
  readonly accountId?: AccountId;
  /** At most `ROWS_PER_CALL_MAX`. */
  readonly limit: number;
  /** Newest first; goes on after this row. */
  readonly after?: { readonly sinceMs: number; readonly id: string };
}

export interface QuarantineFigures {
  /** Of what is held. */
  readonly messages: number;
  readonly sizeOctets: number;
}

export type QuarantineProblem = "not-in-quarantine" | "no-longer-kept";

/** Canonical addresses. */
export interface QuarantineReleased {
  readonly released: readonly string[];
  /** Had it before. */
  readonly already: readonly string[];
}
