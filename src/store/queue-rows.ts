/**
 * Rows of the queue: mail for other servers. A recipient's row exists as long as its mail is our duty, in one of the states
 * below; one that was delivered, or bounced, has none.
 *
 * | state       | means                                            | after a crash                                     |
 * |-------------|--------------------------------------------------|---------------------------------------------------|
 * | `waiting`   | tried when `dueMs` has come                      | `waiting`                                         |
 * | `in-flight` | an attempt has it, the final dot is not sent     | `waiting`, due at once                            |
 * | `finishing` | the final dot may have been sent                 | `waiting` and `isDoubtful`: it may be there twice |
 * | `held`      | waits for somebody to release it                 | `held`                                            |
 * | `dead`      | a report that nobody can have, for the admin     | `dead`                                            |
 */
import type { BounceRule } from "./sending-rules.ts";
import type { BlobId, Delivery } from "./store.ts";

export type QueueId = number;
export type RecipientId = number;
export type QueueState = "waiting" | "in-flight" | "finishing" | "held" | "dead";
/** 0 goes before 1 and 1 before 2, but nobody waits for ever. */
export type QueuePriority = 0 | 1 | 2;

/** NOTIFY of RFC 3461 §4.1. */
export type NotifyEvent = "NEVER" | "SUCCESS" | "FAILURE" | "DELAY";

export interface NewQueuedRecipient {
  /** `local-part@domain`. */
  readonly address: string;
  /** NOTIFY, and ORCPT as `type;xtext`; undefined where the sender gave none. */
  readonly notify?: readonly NotifyEvent[] | undefined;
  readonly originalRecipient?: string | undefined;
}

/** How a message is to be sent, as its sender declared it. */
export interface Sending {
  /** Account that sent it: what fairness, `--account` and holds go by. Empty: the system itself, or mail passed on. */
  readonly account: string;
  /**
   * `forwarded`: another wrote it, and it passes through; never to be signed as ours. `tls-report`: ours, about the TLS of
   * where it may well go; that TLS must not keep it back.
   */
  readonly origin: QueueOrigin;
  readonly body: "7BIT" | "8BITMIME" | "BINARYMIME";
  readonly utf8: boolean;
  readonly requireTls: boolean;
  /** RET and ENVID (RFC 3461), the latter in xtext as received. */
  readonly returnContent: "FULL" | "HDRS" | undefined;
  readonly envelopeId: string | undefined;
  /** Why it is kept until somebody releases it; undefined: it is sent. */
  readonly heldFor?: HoldReason | undefined;
  /** Not to be tried before. Milliseconds since the epoch. */
  readonly notBeforeMs?: number;
  /** Absent: by the number of recipients, reports last. */
  readonly priority?: QueuePriority;
}

export type QueueOrigin = "own" | "forwarded" | "tls-report";
export type HoldReason = "settings" | "admin" | "account";

export const PLAIN_SENDING: Sending = {
  account: "",
  origin: "own",
  body: "8BITMIME",
  utf8: false,
  requireTls: false,
  returnContent: undefined,
  envelopeId: undefined,
};

export interface QueuedMessage {
  readonly id: QueueId;
  readonly blobId: BlobId;
  /** Empty for `<>`. */
  readonly mailFrom: string;
  readonly account: string;
  readonly origin: QueueOrigin;
  readonly sizeOctets: number;
  readonly queuedAtMs: number;
  readonly priority: QueuePriority;
  readonly body: Sending["body"];
  readonly utf8: boolean;
  readonly requireTls: boolean;
  readonly returnContent: "FULL" | "HDRS" | undefined;
  readonly envelopeId: string | undefined;
  /** Recipients that need nothing more: with them the message was delivered, or they were told of as failed. */
  readonly delivered: number;
  readonly failed: number;
}

export interface QueuedRecipientRow {
  readonly id: RecipientId;
  readonly address: string;
  /** A-labels, or a literal in brackets. */
  readonly domain: string;
  readonly notify: readonly NotifyEvent[] | undefined;
  readonly originalRecipient: string | undefined;
  readonly state: QueueState;
  readonly dueMs: number;
  readonly attempts: number;
  /** An earlier try ended without an answer to the final dot. */
  readonly isDoubtful: boolean;
  /** The sender was told of the delay. */
  readonly isWarned: boolean;
  /** A `HoldReason`, or several with commas between. */
  readonly heldFor: string | null;
  /** What was last said of it, as the queue wrote it down: JSON. */
  readonly lastReply: string | null;
}

/** What one call may claim. */
export interface QueueClaim {
  readonly nowMs: number;
  readonly jobsMax: number;
  readonly recipientsPerJobMax: number;
  /** How many more jobs a destination may have; others have `roomDefault`. */
  readonly rooms: readonly { readonly domain: string; readonly room: number }[];
  readonly roomDefault: number;
  /** Destinations that are not to be tried before. */
  readonly parked: readonly { readonly domain: string; readonly untilMs: number }[];
  /** Likewise of senders. */
  readonly senderRooms: readonly { readonly senderId: number; readonly room: number }[];
  readonly senderRoomDefault: number;
}

/** Recipients of one message at one destination, now `in-flight`. */
export interface QueueJob {
  readonly message: QueuedMessage;
  /** Who takes turns with others: an account at a priority. */
  readonly senderId: number;
  readonly domain: string;
  readonly recipients: readonly QueuedRecipientRow[];
  /** More of this sender is due at this destination. */
  readonly moreWaits: boolean;
}

/** What became of a job: all of it, and the reports about it, or nothing. */
export interface QueueSettlement {
  readonly messageId: QueueId;
  readonly nowMs: number;
  readonly results: readonly SettledRecipient[];
  /** For `queue show`; JSON. Null: nothing worth keeping. */
  readonly attempt: string | null;
  /** Reports to the sender. */
  readonly notices: readonly Delivery[];
  /** What this says of its account: recipients that servers took, or refused for good. Absent: nothing. */
  readonly outcomes?: { readonly delivered: number; readonly refused: number; readonly rule: BounceRule };
  /** Addresses that do not exist, until when that is remembered. */
  readonly suppress: readonly { readonly address: string; readonly reply: string; readonly untilMs: number }[];
}

export interface SettledRecipient {
  readonly id: RecipientId;
  readonly outcome:
    | { readonly kind: "delivered" }
    | { readonly kind: "failed" }
    | { readonly kind: "dead" }
    | { readonly kind: "waiting"; readonly dueMs: number; readonly isDoubtful: boolean; readonly isWarned: boolean };
  readonly reply: string | null;
}

/** Which recipients; what is given must all be so. Nothing given: all. */
export interface QueueSelection {
  readonly id?: QueueId;
  readonly account?: string;
  readonly domain?: string;
}

export type QueueAction = "retry" | "hold" | "release" | "remove";

export interface QueueQuery extends QueueSelection {
  /** Recipients in this state only. */
  readonly state?: QueueState;
  /** Messages behind this one. */
  readonly after?: QueueId;
  /** At most `ROWS_PER_CALL_MAX`. */
  readonly limit: number;
}

/** A message in a list: its first recipients, and how many there are. */
export interface QueueEntry {
  readonly message: QueuedMessage;
  readonly recipients: readonly QueuedRecipientRow[];
  readonly recipientCount: number;
}

export interface QueueDetail extends QueueEntry {
  /** The last attempts, newest first; JSON. */
  readonly attempts: readonly string[];
}

export interface QueueCounts {
  readonly messages: number;
  readonly waiting: number;
  readonly underWay: number;
  readonly held: number;
  readonly dead: number;
  readonly suppressed: number;
  /** When the next one is due; null: none waits. */
  readonly nextDueMs: number | null;
}

export interface SuppressedAddress {
  readonly address: string;
  /** How often it was refused for good since `firstMs`. */
  readonly times: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly untilMs: number;
  /** JSON, of the last time. */
  readonly reply: string;
}
