/**
 * Where queue and delivery meet: the queue says what is to be sent where, delivery tries it once and says what became of
 * each recipient. When and how often is the queue's affair; hosts, TLS and SMTP are delivery's.
 */
import type { NotifyEvent, QueueId, QueueOrigin, RecipientId } from "#store/queue-rows.ts";

/**
 * One try to hand a message to the recipients of one destination. Never rejects. When `signal` aborts, it ends soon: what
 * had not come to the final dot is `deferred`, what had and was not answered is `outcome-unknown`.
 */
export type Attempt = (job: DeliveryJob, signal: AbortSignal) => Promise<AttemptReport>;

export interface DeliveryJob {
  readonly messageId: QueueId;
  /** Reverse-path without brackets; empty for `<>`. */
  readonly mailFrom: string;
  /** At least one, at most `RECIPIENTS_PER_ATTEMPT_MAX`, all of this destination. */
  readonly recipients: readonly QueuedRecipient[];
  /** Domain of the recipients (A-labels), or an address literal in brackets. Next hops in its place are delivery's affair. */
  readonly destination: string;
  /**
   * `own`: a user here or the server itself wrote it, and it is signed in the name of its author's domain. `forwarded`:
   * another wrote it, and it passes through (alias, second MX): it must never be signed as if it were ours. `tls-report`:
   * like `own`, but neither DANE nor MTA-STS keeps it back, nor does the next report tell of it (RFC 8460 §5.3.1).
   */
  readonly origin: QueueOrigin;
  /** Octets that `read` gives: the message without its Return-Path. */
  readonly sizeOctets: number;
  /** As its sender declared it: octets over 127 may be in what is not 7BIT, and in the header where `utf8` is set. */
  readonly body: "7BIT" | "8BITMIME" | "BINARYMIME";
  /** SMTPUTF8 was asked for. */
  readonly utf8: boolean;
  /** REQUIRETLS (RFC 8689): verified TLS and a next hop that promises the same, or a final failure. */
  readonly requireTls: boolean;
  /** RET and ENVID (RFC 3461), the latter in xtext as received. */
  readonly returnContent: "FULL" | "HDRS" | undefined;
  readonly envelopeId: string | undefined;
  /** More waits for this destination, or came a moment ago: the connection is worth keeping open. */
  readonly moreWaits: boolean;
  /** Octets `[start, end)`, fewer at the end. Rejects when the message cannot be read: the attempt is then `deferred`. */
  read(start: number, end: number): Promise<Uint8Array>;
  /**
   * To be awaited when all octets are read and before the final dot (or the last chunk of BDAT), with those recipients that
   * were accepted; the last octets may wait for it too. It is on disk then that their outcome may be unknown. False: do not send the dot, break the connection.
   */
  beforeFinalDot(recipients: readonly RecipientId[]): Promise<boolean>;
}

export interface QueuedRecipient {
  readonly id: RecipientId;
  /** `local-part@domain` as it goes into RCPT. */
  readonly address: string;
  /** NOTIFY, and ORCPT as `type;xtext` (RFC 3461); undefined where the sender gave none. */
  readonly notify: readonly NotifyEvent[] | undefined;
  readonly originalRecipient: string | undefined;
}

export interface AttemptReport {
  /** One for each recipient of the job. */
  readonly results: readonly RecipientResult[];
  /** Who was spoken to last; undefined: nobody was reached. */
  readonly host: RemoteHost | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** For `queue show`: what was tried, in order, one line each. At most `TRACE_LINES_MAX`. */
  readonly trace: readonly string[];
}

export interface RemoteHost {
  readonly name: string;
  readonly address: string;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384, verified (DANE)`; undefined: in clear. */
  readonly tls: string | undefined;
  /** It announced DSN: reports of success are its affair (RFC 3461 §5.2.1). */
  readonly dsn: boolean;
}

export interface RecipientResult {
  readonly recipientId: RecipientId;
  readonly outcome: "delivered" | "failed" | "deferred" | "outcome-unknown";
  readonly reply: RemoteReply;
}

/** What the other side said, or what we found in its place. */
export interface RemoteReply {
  /** Null where no server spoke: DNS, connection, TLS. */
  readonly code: number | null;
  /** `5.1.1` (RFC 3463): theirs, or ours where none spoke; null: they gave none. */
  readonly enhanced: string | null;
  /** Their own words, lines joined by `\n`, without codes; ours where none spoke. */
  readonly text: string;
  /** Name of the host that spoke. */
  readonly byHost: string | null;
  readonly stage: AttemptStage;
}

export type AttemptStage =
  | "dns"
  | "connect"
  | "greeting"
  | "ehlo"
  | "tls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "final-dot"
  /** Nothing was sent: the message cannot go this way (SMTPUTF8, REQUIRETLS, SIZE, a loop), or we were stopped. */
  | "local";

/** Recipients of one attempt: what every server must take (RFC 5321 §4.5.3.1.8). */
export const RECIPIENTS_PER_ATTEMPT_MAX = 100;
/** Lines of a report that are kept, and octets of each. */
export const TRACE_LINES_MAX = 40;
