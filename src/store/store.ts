/**
 * The store as the rooms above see it: one asynchronous interface whose values can be sent between threads. `sqlite/` is
 * the embedded one. An answer to a call that changes something means that the change is durable.
 */

import type { Content } from "#mail/content.ts";
import type { MessageIndex } from "#mail/mime/structure.ts";
import type { Result } from "#mail/result.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { BlockListChange, BlockListKey, BlockListRow, DecisionQuery, DecisionRow } from "./decision-row.ts";
import type { StoredAlias, StoreStatistics } from "./directory-rows.ts";
import type { DkimKeyRow } from "./dkim-key-row.ts";
import type { GreylistAges, GreylistKnown, GreylistQuery, GreylistRow, GreylistTry } from "./greylist-row.ts";
import type { PairStore } from "./pair-rows.ts";
import type { PasskeyStore } from "./passkey-store.ts";
import type {
  NewQuarantined,
  QuarantineFigures,
  QuarantineProblem,
  QuarantineQuery,
  QuarantineReleased,
  QuarantineRow,
} from "./quarantine-row.ts";
import type { NewQueuedRecipient, Sending } from "./queue-rows.ts";
import type { QueueStore } from "./queue-store.ts";
import type { ReportStore } from "./report-rows.ts";
import type { SearchKey } from "./search-key.ts";
import type { SecondFactorStore } from "./second-factor-store.ts";
import type { CorrespondentRow, SenderKey, SenderRow } from "./sender-row.ts";
import type { Submission } from "./sending-rows.ts";
import type { SendingStore } from "./sending-store.ts";

export type AccountId = number;
export type FolderId = number;
export type BlobId = number;
/** RFC 3501 §2.3.1.1: 1 to 4,294,967,295. */
export type Uid = number;
/** RFC 7162; one counter a folder. Below 2^53. */
export type ModSeq = number;

export type SpecialUse = "drafts" | "sent" | "junk" | "trash" | "archive";
/** `\Seen \Answered \Flagged \Deleted \Draft` in this spelling, or a keyword as first written. */
export type Flag = string;

/** Hierarchy separator in folder names. Names are UTF-8 in NFC; `INBOX` is always spelled so. */
export const HIERARCHY_SEPARATOR = "/";

export interface Account {
  readonly id: AccountId;
  /** Canonical address; also the login name. */
  readonly address: string;
  /** Neither it nor its domain is disabled. */
  readonly enabled: boolean;
  /** `null`: no limit. */
  readonly quotaOctets: number | null;
  readonly usedOctets: number;
  readonly usedMessages: number;
  readonly createdAtMs: number;
}

/** What an address means: an account, or an alias that stands for other addresses. */
export type AddressEntry =
  | { readonly kind: "account"; readonly account: Account }
  | ({ readonly kind: "alias" } & StoredAlias);

export interface StoredDomain {
  readonly name: string;
  readonly role: "primary" | "secondary";
  readonly createdAtMs: number;
}

export interface Folder {
  readonly id: FolderId;
  readonly name: string;
  readonly specialUse: SpecialUse | null;
  readonly subscribed: boolean;
  readonly uidValidity: number;
  readonly uidNext: Uid;
  readonly highestModSeq: ModSeq;
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  /** Messages no session has been told of as \Recent yet. */
  readonly recent: number;
  readonly sizeOctets: number;
}

export interface MessageRow {
  readonly uid: Uid;
  readonly blobId: BlobId;
  readonly flags: readonly Flag[];
  readonly modSeq: ModSeq;
  /** INTERNALDATE, and its zone: minutes east of UTC. */
  readonly internalDateMs: number;
  readonly sizeOctets: number;
  /** Present when asked for; `messageIndexOf` opens it. */
  readonly indexJson?: string;
}

/** Octets `[start, end)` of a message. */
export interface ContentRange {
  readonly blobId: BlobId;
  readonly start: number;
  readonly end: number;
}

export interface FlagRow {
  readonly uid: Uid;
  readonly flags: readonly Flag[];
  readonly modSeq: ModSeq;
}

/** A message for accounts here and, held in the queue, for recipients elsewhere. One transaction. */
export interface Delivery {
  readonly content: Content;
  /** Trace fields that stand in front of the content. Empty for none. */
  readonly prefix: Uint8Array;
  /** Of prefix and content together. */
  readonly index: MessageIndex;
  readonly receivedAtMs: number;
  readonly targets: readonly DeliveryTarget[];
  /** Recipients elsewhere, for the queue. */
  readonly queued: readonly NewQueuedRecipient[];
  /** Passed on to addresses elsewhere, each under a reverse-path of its own. */
  readonly forwarded?: readonly Forwarding[];
  /** How the queue sends it; absent: plainly, as the system itself. */
  readonly sending?: Sending;
  /** Reverse-path; empty for `<>`. */
  readonly mailFrom: string;
  /** Accounts here that it is kept back from. */
  readonly quarantine?: NewQuarantined;
  /** For another node: what was found out about it, which stays as long as it is in the queue. JSON. */
  readonly handOn?: string;
  /** It was handed over by another node: what stands for it, and is never taken a second time. */
  readonly handedOver?: readonly string[];
  /** A user handed it in: it counts for the account. Absent: for nobody. */
  readonly submission?: Submission;
}

export type DeliveryProblem = "no-space" | "nobody-left" | "here-already" | "sending-limit" | "account-held";

export interface Forwarding {
  readonly mailFrom: string;
  readonly queued: readonly NewQueuedRecipient[];
  readonly sending: Sending;
}

export interface DeliveryTarget {
  readonly accountId: AccountId;
  readonly folder: "inbox" | SpecialUse;
  readonly flags: readonly Flag[];
}

export interface Placed {
  readonly accountId: AccountId;
  readonly folderId: FolderId;
  readonly uid: Uid;
}

export interface NewMessage {
  readonly content: Content;
  readonly index: MessageIndex;
  readonly flags: readonly Flag[];
  readonly internalDateMs: number;
}

export interface FlagChange {
  readonly operation: "set" | "add" | "remove";
  readonly flags: readonly Flag[];
  /** RFC 7162 UNCHANGEDSINCE: messages with a higher mod-sequence are left alone and named in `refused`. */
  readonly unchangedSince?: ModSeq;
}

/** Everything that happened in a folder after a mod-sequence, as it stands now. */
export interface FolderChanges {
  readonly highestModSeq: ModSeq;
  readonly uidNext: Uid;
  /** New and changed messages in ascending UID; new ones are those at or past the caller's uidNext. */
  readonly changed: readonly FlagRow[];
  readonly expunged: readonly Uid[];
}

/** What other sessions and threads must hear of. Sent after the commit. */
export type StoreEvent =
  /** Messages or flags of a folder changed. */
  | {
      readonly kind: "folder";
      readonly accountId: AccountId;
      readonly folderId: FolderId;
      readonly modSeq: ModSeq;
    }
  /** Folders were made, renamed, removed. */
  | { readonly kind: "folders"; readonly accountId: AccountId }
  /** Accounts, aliases, domains, credentials changed, or an account crossed its quota: forget what was remembered. */
  | { readonly kind: "directory" }
  /** The sender lists changed: read them again. */
  | { readonly kind: "senders" }
  /** Other nodes, or what they told us. */
  | { readonly kind: "pair" }
  /** Mail of an account is held, or no longer. */
  | { readonly kind: "sending" }
  /** Something of the queue is due that was not there, or not due. */
  | { readonly kind: "queue" }
  /** Our own block list changed. Null: too much of it to be told; read it again. */
  | { readonly kind: "block-list"; readonly changes: readonly BlockListChange[] | null };

export type FolderProblem = "no-such-folder" | "already-exists" | "bad-name" | "too-many" | "not-allowed";
export type WriteProblem = "no-such-folder" | "over-quota" | "no-space";

export interface Store
  extends QueueStore,
    CredentialStore,
    PairStore,
    SendingStore,
    ReportStore,
    SecondFactorStore,
    PasskeyStore {
  // — The directory: who has an address here —
  findAddress(address: string): Promise<AddressEntry | undefined>;
  findAccount(id: AccountId): Promise<Account | undefined>;
  listAccounts(): Promise<readonly Account[]>;
  /** Makes the account with INBOX and its special-use folders, subscribed. */
  createAccount(account: {
    readonly address: string;
    readonly quotaOctets: number | null;
    readonly nowMs: number;
  }): Promise<Result<Account, "already-exists">>;
  updateAccount(
    id: AccountId,
    change: { readonly enabled?: boolean; readonly quotaOctets?: number | null },
  ): Promise<Result<Account, "no-such-account">>;
  /** Removes the account and all its mail. */
  removeAccount(id: AccountId): Promise<Result<void, "no-such-account">>;
  listAliases(): Promise<readonly StoredAlias[]>;
  putAlias(address: string, targets: readonly string[]): Promise<Result<void, "address-is-account">>;
  removeAlias(address: string): Promise<Result<void, "no-such-alias">>;
  listDomains(): Promise<readonly StoredDomain[]>;
  putDomain(domain: StoredDomain): Promise<void>;
  removeDomain(name: string): Promise<Result<void, "no-such-domain">>;
  /** Names of aliases and domains that are out of use. Those that are removed are none any more. */
  listDisabled(): Promise<readonly string[]>;
  /** @param sinceMs null: in use again. */
  setDisabled(name: string, sinceMs: number | null): Promise<void>;

  // — Mail in —
  /**
   * Where it was put: what is kept back is nowhere, unless there was no room for that and it is in Junk. `nobody-left`: none
   * of the accounts is there any more, and nothing was stored. `here-already`: some of `handedOver` was taken before, and nothing was stored.
   * `sending-limit`: the account is over one. `account-held`: its mail is held, and this would go to people here.
   */
  deliver(delivery: Delivery): Promise<Result<readonly Placed[], DeliveryProblem>>;
  appendMessage(
    folderId: FolderId,
    message: NewMessage,
  ): Promise<Result<{ readonly uid: Uid; readonly uidValidity: number }, WriteProblem>>;

  // — Folders —
  listFolders(accountId: AccountId): Promise<readonly Folder[]>;
  findFolder(accountId: AccountId, name: string): Promise<Folder | undefined>;
  /** Makes missing parents too (RFC 3501 §6.3.3). */
  createFolder(accountId: AccountId, name: string, specialUse?: SpecialUse): Promise<Result<Folder, FolderProblem>>;
  /** Refuses INBOX (`not-allowed`), and a folder with children (`not-allowed`). */
  removeFolder(accountId: AccountId, name: string): Promise<Result<void, FolderProblem>>;
  /** Renames with all below it; a rename of INBOX moves its messages to the new folder and leaves INBOX empty (RFC 3501 §6.3.5). UIDVALIDITY changes where names come back. */
  renameFolder(accountId: AccountId, fromName: string, toName: string): Promise<Result<void, FolderProblem>>;
  /** Subscriptions are to names, which need not exist (RFC 3501 §6.3.6). False: the account has as many as it may. */
  setSubscribed(accountId: AccountId, name: string, subscribed: boolean): Promise<boolean>;
  listSubscriptions(accountId: AccountId): Promise<readonly string[]>;

  // — Messages of a folder —
  /** All UIDs in ascending order. */
  listUids(folderId: FolderId): Promise<Uint32Array>;
  /** Rows in ascending UID; unknown UIDs are left out. At most `ROWS_PER_CALL_MAX` UIDs a call. */
  fetchRows(
    folderId: FolderId,
    uids: readonly Uid[],
    options: { readonly index: boolean },
  ): Promise<readonly MessageRow[]>;
  /** Octets `[start, end)` of a message, fewer at its end; at most `READ_OCTETS_MAX` a call. Undefined when the message is gone. */
  readContent(blobId: BlobId, start: number, end: number): Promise<Uint8Array | undefined>;
  /** The same for many ranges: at most `ROWS_PER_CALL_MAX` of them, together `READ_OCTETS_MAX` long. */
  readContents(ranges: readonly ContentRange[]): Promise<readonly (Uint8Array | undefined)[]>;
  changeFlags(
    folderId: FolderId,
    uids: readonly Uid[],
    change: FlagChange,
  ): Promise<{
    readonly changed: readonly FlagRow[];
    readonly refused: readonly Uid[];
    readonly highestModSeq: ModSeq;
  }>;
  /** Copies, or moves (RFC 6851), in ascending UID. `pairs`: source and new UID. */
  copyMessages(
    folderId: FolderId,
    uids: readonly Uid[],
    toFolderId: FolderId,
    options: { readonly move: boolean },
  ): Promise<Result<{ readonly uidValidity: number; readonly pairs: readonly (readonly [Uid, Uid])[] }, WriteProblem>>;
  /** Removes those of `uids` (null: all) that carry \Deleted; `force` removes them whatever their flags. */
  expunge(
    folderId: FolderId,
    uids: readonly Uid[] | null,
    options: { readonly force: boolean },
  ): Promise<{ readonly uids: readonly Uid[]; readonly highestModSeq: ModSeq }>;
  changesSince(folderId: FolderId, modSeq: ModSeq): Promise<FolderChanges | undefined>;
  /** \Recent (RFC 3501 §2.3.2): the UIDs from `fromUid` on are this caller's, and no later caller's. */
  claimRecent(folderId: FolderId): Promise<{ readonly fromUid: Uid }>;
  /** UIDs that match, ascending. Sequence numbers have been turned into UIDs by the caller. */
  search(folderId: FolderId, key: SearchKey): Promise<{ readonly uids: Uint32Array; readonly highestModSeq: ModSeq }>;

  // — Decisions, and our own block list —
  /** Keeps records; one with the id of an older one replaces it. At most `ROWS_PER_CALL_MAX` a call. */
  putDecisions(rows: readonly DecisionRow[]): Promise<void>;
  /** At most `ROWS_PER_CALL_MAX`, the next call goes on `after` the last. */
  findDecisions(query: DecisionQuery): Promise<readonly DecisionRow[]>;
  /** Forgets some of the records older than `beforeMs`; how many. Call again until it is none. */
  pruneDecisions(beforeMs: number): Promise<number>;
  /** All entries, expired ones too. */
  listBlockList(): Promise<readonly BlockListRow[]>;
  /** All or none; an entry replaces the one with the same key. */
  putBlockList(rows: readonly BlockListRow[]): Promise<void>;
  /** How many there were. */
  removeBlockList(keys: readonly BlockListKey[]): Promise<number>;
  /** Removes entries that ended before; how many. */
  pruneBlockList(beforeMs: number): Promise<number>;
  /** Notes that the account logged in from there. */
  putLogins(
    logins: readonly { readonly address: string; readonly accountId: AccountId; readonly atMs: number }[],
  ): Promise<void>;
  /** Who logged in since then, from where, in no order. */
  listLogins(
    sinceMs: number,
  ): Promise<readonly { readonly address: string; readonly accountId: AccountId; readonly lastMs: number }[]>;

  // — The greylist: who waits, and who need not —
  /** Rows of these keys, in no order. At most `ROWS_PER_CALL_MAX` keys. */
  findGreylist(keys: readonly string[]): Promise<readonly GreylistRow[]>;
  /** Last seen first. */
  listGreylist(query: GreylistQuery): Promise<readonly GreylistRow[]>;
  countGreylist(ages: GreylistAges): Promise<{ readonly waiting: number; readonly known: number }>;
  /**
   * Notes a try that is to wait: the first one of a key, or one more. Returns the row as it is then, which a key that is
   * known leaves as it was; undefined: there are as many as may wait, and this one is not kept.
   */
  putGreylistTry(key: string, about: GreylistTry, nowMs: number, ages: GreylistAges): Promise<GreylistRow | undefined>;
  /** Makes keys known, or known anew. Beyond the bound of known ones the new ones are not kept. */
  putGreylistKnown(keys: readonly string[], known: GreylistKnown, about: GreylistTry, nowMs: number): Promise<void>;
  /** Forgets some of what is too old, and of known ones beyond the bound the oldest; how many. Call again until it is none. */
  pruneGreylist(ages: GreylistAges): Promise<number>;

  // — Keys that sign mail —
  /** In the order of their selectors. */
  listDkimKeys(domain: string): Promise<readonly DkimKeyRow[]>;
  /** All of it or nothing. Of a key that is there only the state changes. */
  changeDkimKeys(change: {
    readonly put: readonly DkimKeyRow[];
    readonly removed: readonly Pick<DkimKeyRow, "domain" | "selector">[];
  }): Promise<void>;

  // — Mail that is kept back —
  /** What is held, newest first. */
  listQuarantine(query: QuarantineQuery): Promise<readonly QuarantineRow[]>;
  /** Held or not: rows stay until their time is over. */
  findQuarantined(id: string): Promise<QuarantineRow | undefined>;
  countQuarantine(): Promise<QuarantineFigures>;
  /** Into the inbox of these accounts (null: of all recipients), to each once, however often it is asked. One transaction. */
  releaseQuarantined(
    id: string,
    to: readonly AccountId[] | null,
    nowMs: number,
  ): Promise<Result<QuarantineReleased, QuarantineProblem>>;
  /** Nobody who does not have it gets it. Whose it was, canonical. */
  removeQuarantined(
    id: string,
    nowMs: number,
  ): Promise<Result<{ readonly removed: readonly string[] }, "not-in-quarantine">>;
  /** Removes some of what has stayed until now; how many. Call again until it is none. */
  pruneQuarantine(nowMs: number): Promise<number>;

  // — Senders: let in, kept out, written to —
  listSenders(): Promise<readonly SenderRow[]>;
  /** Replaces the entry with the same key. */
  putSender(row: SenderRow): Promise<Result<void, "too-many-senders">>;
  removeSender(key: SenderKey): Promise<Result<void, "no-such-entry-of-senders">>;
  /** The account has written to these, canonical addresses. At most `ROWS_PER_CALL_MAX`. */
  putCorrespondents(accountId: AccountId, addresses: readonly string[], nowMs: number): Promise<void>;
  /** Which of the accounts have written to which of the addresses. At most `ROWS_PER_CALL_MAX` accounts, two addresses. */
  findCorrespondents(
    accountIds: readonly AccountId[],
    addresses: readonly string[],
  ): Promise<readonly CorrespondentRow[]>;
  countCorrespondents(accountId: AccountId): Promise<number>;

  statistics(): Promise<StoreStatistics>;
  /** Calls `listener` for every event from now on; the returned function ends that. */
  onEvent(listener: (event: StoreEvent) => void): () => void;
  close(): Promise<void>;
}
