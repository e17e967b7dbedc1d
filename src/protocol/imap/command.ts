/**
 * Every command of IMAP4rev1 and the extensions spoken here, as values. What a client may spell in several ways has one
 * form here: mailbox names are Unicode in NFC, system flags in their canonical case, dates are numbers.
 */
import type { FetchItem, FetchModifiers } from "./fetch-item.ts";
import type { SearchProgram } from "./search-term.ts";
import type { SequenceSet } from "./sequence-set.ts";

export type Command =
  // Any state (RFC 3501 §6.1, RFC 2971).
  | { readonly name: "CAPABILITY" }
  | { readonly name: "NOOP" }
  | { readonly name: "LOGOUT" }
  /** `null`: the client sent NIL. */
  | { readonly name: "ID"; readonly fields: readonly (readonly [string, string | null])[] | null }
  // Not authenticated (§6.2).
  | { readonly name: "STARTTLS" }
  | {
      readonly name: "AUTHENTICATE";
      /** Upper case. */
      readonly mechanism: string;
      /** Decoded (RFC 4959); empty for `=`, null where the client sent none. */
      readonly initialResponse: Uint8Array | null;
    }
  /** Octets as sent: SASLprep and comparison are the authenticator's affair. */
  | { readonly name: "LOGIN"; readonly user: Uint8Array; readonly password: Uint8Array }
  // Authenticated (§6.3).
  | { readonly name: "ENABLE"; readonly capabilities: readonly string[] }
  | { readonly name: "SELECT" | "EXAMINE"; readonly mailbox: MailboxName; readonly parameters: SelectParameters }
  | { readonly name: "CREATE"; readonly mailbox: MailboxName; readonly uses: readonly string[] | null }
  | { readonly name: "DELETE" | "SUBSCRIBE" | "UNSUBSCRIBE"; readonly mailbox: MailboxName }
  | { readonly name: "RENAME"; readonly mailbox: MailboxName; readonly newMailbox: MailboxName }
  | ({ readonly name: "LIST" } & ListRequest)
  | { readonly name: "LSUB"; readonly reference: string; readonly patterns: readonly string[] }
  | { readonly name: "NAMESPACE" }
  | { readonly name: "STATUS"; readonly mailbox: MailboxName; readonly items: readonly StatusItem[] }
  | { readonly name: "IDLE" }
  // Selected (§6.4).
  | { readonly name: "CHECK" }
  | { readonly name: "CLOSE" }
  | { readonly name: "UNSELECT" }
  /** `uids`: UID EXPUNGE (RFC 4315); null: plain EXPUNGE. */
  | { readonly name: "EXPUNGE"; readonly uids: SequenceSet | null }
  | ({ readonly name: "SEARCH"; readonly uid: boolean } & SearchProgram)
  | {
      readonly name: "FETCH";
      readonly uid: boolean;
      readonly set: SequenceSet;
      /** Macros are unfolded. `UID FETCH` does not add UID here: that is the session's affair. */
      readonly items: readonly FetchItem[];
      readonly modifiers: FetchModifiers;
    }
  | {
      readonly name: "STORE";
      readonly uid: boolean;
      readonly set: SequenceSet;
      readonly operation: "set" | "add" | "remove";
      readonly silent: boolean;
      readonly flags: readonly string[];
      /** RFC 7162 §3.1.3. */
      readonly unchangedSince: number | null;
    }
  | { readonly name: "COPY" | "MOVE"; readonly uid: boolean; readonly set: SequenceSet; readonly mailbox: MailboxName };

/** Unicode in NFC, levels separated by `/`; INBOX in any case is `INBOX`, also as the first level of a longer name. */
export type MailboxName = string;

export interface TaggedCommand {
  readonly tag: string;
  readonly command: Command;
}

/** Everything of APPEND but the message's octets, which the reader hands on as they come. */
export interface AppendRequest {
  readonly mailbox: MailboxName;
  readonly flags: readonly string[];
  /** `null`: the client left it to the server. */
  readonly internalDate: DateTime | null;
  readonly sizeOctets: number;
  /** Announced as literal8 (RFC 3516): NUL is allowed. */
  readonly binary: boolean;
  /** Sent as `UTF8 (~{n}…)` (RFC 6855 §4). */
  readonly utf8: boolean;
}

export interface DateTime {
  /** Since the epoch, UTC. */
  readonly ms: number;
  /** Minutes east of UTC, as the client wrote. */
  readonly zoneMinutes: number;
}

export interface SelectParameters {
  readonly condstore: boolean;
  /** RFC 7162 §3.2.5. Parsed whether announced or not. */
  readonly qresync: QresyncParameter | null;
}

export interface QresyncParameter {
  readonly uidValidity: number;
  readonly modSeq: number;
  readonly knownUids: SequenceSet | null;
  readonly sequenceMatch: { readonly sequences: SequenceSet; readonly uids: SequenceSet } | null;
}

export interface ListRequest {
  readonly reference: string;
  /** Unicode with `*` and `%`. A pattern that is no modified UTF-7 matches no name and is left out: may be empty. */
  readonly patterns: readonly string[];
  /** Any syntax of RFC 5258 was used: then `LIST "" ""` is no question for the separator. */
  readonly extended: boolean;
  readonly selection: ListSelection;
  readonly returns: ListReturn;
}

/** RFC 5258 §3.1, RFC 6154 §2. */
export interface ListSelection {
  readonly subscribed: boolean;
  readonly remote: boolean;
  readonly recursiveMatch: boolean;
  readonly specialUse: boolean;
}

/** RFC 5258 §3.2, RFC 6154, RFC 5819. */
export interface ListReturn {
  readonly subscribed: boolean;
  readonly children: boolean;
  readonly specialUse: boolean;
  readonly status: readonly StatusItem[] | null;
}

export type StatusItem =
  | "MESSAGES"
  | "RECENT"
  | "UIDNEXT"
  | "UIDVALIDITY"
  | "UNSEEN"
  /** RFC 7162. */
  | "HIGHESTMODSEQ"
  /** RFC 8438. */
  | "SIZE"
  /** RFC 9051. */
  | "DELETED";
