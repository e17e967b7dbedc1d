/** A report to the sender about some recipients of a message (RFC 3464): what it is about, before it is put into words. */
import type { QueuedMessage, QueuedRecipientRow } from "#store/queue-rows.ts";
import type { RemoteHost, RemoteReply } from "../attempt.ts";

/** `relayed`: handed to a server that reports no success itself (RFC 3461 §5.2.2). */
export type ReportKind = "failed" | "delayed" | "relayed";

export interface ReportedRecipient {
  readonly recipient: QueuedRecipientRow;
  readonly reply: RemoteReply;
  /** It was tried until its time was over. */
  readonly isExpired: boolean;
}

export interface Report {
  readonly kind: ReportKind;
  readonly message: QueuedMessage;
  readonly recipients: readonly ReportedRecipient[];
  readonly host: RemoteHost | undefined;
  readonly atMs: number;
  /** For `delayed`: when it will be given up. */
  readonly untilMs: number;
}

export interface ReportSurroundings {
  readonly hostname: string;
  /** One that nobody uses twice. */
  readonly id: string;
  /** Of the message reported on, as much as is given back. */
  readonly original: Original;
}

export interface Original {
  /** Its header with its empty line, or the whole message. */
  readonly octets: Uint8Array;
  readonly isWhole: boolean;
  /** With the brackets; null: it has none. */
  readonly messageId: string | null;
}
