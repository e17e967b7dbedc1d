/** Other nodes as the store keeps them. What is said to them, and what they may say, is others' affair. */
import type { BlockListKey, BlockListRow } from "./decision-row.ts";

/** A node that we are paired with. */
export interface PairNodeRow {
  /** SHA-256 of its public key, lower-case hexadecimal: who it is. */
  readonly fingerprint: string;
  /** Its host name, as it says. */
  readonly name: string;
  /** `host:port` that it listens on for us; empty where it does not. */
  readonly address: string;
  /** We keep up the connection to it, as we joined it; otherwise it does. */
  readonly dials: boolean;
  readonly joinedMs: number;
  /** Its changes of the block list up to this number are here. */
  readonly blockListCursor: number;
  /** Its known senders up to this moment of its clock are here. */
  readonly sendersCursorMs: number;
  /** 0: never. */
  readonly lastSyncMs: number;
  /** It judges by the same policy. */
  readonly samePolicy: boolean;
}

/** What a round of the exchange leaves behind. */
export type PairProgress = Pick<
  PairNodeRow,
  "fingerprint" | "name" | "blockListCursor" | "sendersCursorMs" | "lastSyncMs" | "samePolicy"
>;

/** The recipients of a node's own domains. The store does not look into it. */
export interface RecipientListRow {
  readonly fingerprint: string;
  /** SHA-256 of the octets, lower-case hexadecimal. */
  readonly digest: string;
  readonly receivedMs: number;
  /** When the node last said that this is its list still. */
  readonly confirmedMs: number;
  /** Null where the caller has them already. */
  readonly octets: Uint8Array | null;
}

/** The last word about an entry of the block list: what it is, or that it is gone. */
export interface StampedEntry {
  readonly key: BlockListKey;
  /** Milliseconds, by a clock that is never behind one it heard of: the later word counts. */
  readonly stamp: number;
  /** Null: it was removed. */
  readonly entry: BlockListRow | null;
}

export interface StampedChanges {
  readonly entries: readonly StampedEntry[];
  /** Goes on behind these. */
  readonly cursor: number;
  readonly isMore: boolean;
}

export interface PairStore {
  // — Other nodes —
  listPairNodes(): Promise<readonly PairNodeRow[]>;
  /** A node with the same fingerprint is replaced. */
  putPairNode(node: PairNodeRow): Promise<void>;
  /** With its list. False: there is none of it. */
  removePairNode(fingerprint: string): Promise<boolean>;
  /** Nothing where the node is gone. */
  putPairProgress(progress: PairProgress): Promise<void>;

  /** Octets of those lists whose digest is not among `known`. */
  listRecipientLists(known: readonly string[]): Promise<readonly RecipientListRow[]>;
  putRecipientList(list: {
    readonly fingerprint: string;
    readonly digest: string;
    readonly octets: Uint8Array;
    readonly nowMs: number;
  }): Promise<void>;
  confirmRecipientList(fingerprint: string, nowMs: number): Promise<void>;

  /** Words about entries of the block list behind `cursor`, in their order here; at most `limit`. */
  changedBlockList(cursor: number, limit: number): Promise<StampedChanges>;
  /** Takes over what is later than what is here; how many. Stamps more than a day ahead of `nowMs` are passed over. */
  mergeBlockList(entries: readonly StampedEntry[], nowMs: number): Promise<number>;

  /** What was found out about a message of the queue that is for another node. */
  findHandOn(messageId: number): Promise<string | undefined>;
  /** Those of the keys that were delivered before. */
  findHandedOver(keys: readonly string[]): Promise<readonly string[]>;
  /** Forgets removals of the block list and what was handed over before `beforeMs`; how many. */
  prunePair(beforeMs: number): Promise<number>;
}
