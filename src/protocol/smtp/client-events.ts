/** What goes into a client session and what comes out of it. */
import type { Reply } from "#mail/reply.ts";
import type { Extensions } from "./client-extensions.ts";
import type { ReplyProblem } from "./client-reply-reader.ts";
import type { NotifyEvent } from "./transaction.ts";

export interface ClientSettings {
  readonly protocol: "smtp" | "lmtp";
  /** Said in EHLO: our host name. */
  readonly clientName: string;
  /** `established`: the connection is protected from its first octet. */
  readonly tls: "never" | "if-offered" | "required" | "established";
  readonly credentials?: ClientCredentials;
  /** BDAT instead of DATA, where it is offered (RFC 3030). */
  readonly chunking: boolean;
}

/** Never said outside TLS. */
export interface ClientCredentials {
  readonly username: string;
  readonly password: string;
  /** For SCRAM: printable characters that were never used before. */
  readonly nonce: string;
}

/** One message to some recipients of one host. */
export interface OutgoingMessage {
  /** `local-part@domain` as it stands between the brackets; empty for `<>`. */
  readonly mailFrom: string;
  readonly recipients: readonly OutgoingRecipient[];
  readonly sizeOctets: number;
  readonly body: "7BIT" | "8BITMIME" | "BINARYMIME";
  /** Octets over 127 are in an address or the header (RFC 6531). */
  readonly utf8: boolean;
  readonly requireTls: boolean;
  readonly returnContent: "FULL" | "HDRS" | undefined;
  /** xtext. */
  readonly envelopeId: string | undefined;
}

export interface OutgoingRecipient {
  readonly address: string;
  readonly notify: readonly NotifyEvent[] | undefined;
  /** `type;xtext` */
  readonly originalRecipient: string | undefined;
}

export type ClientInput =
  | { readonly kind: "octets"; readonly octets: Uint8Array }
  | { readonly kind: "tls-established" }
  /** Only when the session is ready. */
  | { readonly kind: "send"; readonly message: OutgoingMessage }
  /** Answers `want-content`. The octets must not be changed afterwards. */
  | { readonly kind: "content"; readonly octets: Uint8Array }
  /** Answers `want-content`: that was all; from here on the server may have the message. */
  | { readonly kind: "content-end" }
  /** Only when the session is ready. */
  | { readonly kind: "quit" }
  /** The connection is gone, or the time for what is awaited is over. */
  | { readonly kind: "lost"; readonly cause: "closed" | "timed-out" };

export type ClientEvent =
  | { readonly kind: "write"; readonly octets: Uint8Array | string }
  /** What is awaited from here on: each has a time of its own (RFC 5321 §4.5.3.2). */
  | { readonly kind: "await"; readonly stage: ClientStage }
  /** Begin the handshake at once; `tls-established` follows. Octets that came in clear behind the reply: `failed` instead. */
  | { readonly kind: "start-tls" }
  /** Greeted, protected, logged in as far as that was asked for: `send` or `quit`. `serverName`: as it calls itself, in lower case. */
  | { readonly kind: "ready"; readonly extensions: Extensions; readonly serverName: string }
  /** Give the next slice of the message, or its end. */
  | { readonly kind: "want-content"; readonly recipients: readonly number[] }
  /** The transaction is over; the session is ready for the next one. */
  | { readonly kind: "done"; readonly results: readonly MessageResult[] }
  /** QUIT was answered. The last event. */
  | { readonly kind: "bye" }
  /** Drop the connection. The last event. */
  | { readonly kind: "failed"; readonly failure: SessionFailure };

export type ClientStage =
  | "greeting"
  | "ehlo"
  | "starttls"
  | "auth"
  | "ready"
  | "mail"
  | "rcpt"
  | "data"
  | "content"
  | "final-dot"
  | "quit";

/** What became of one recipient, in the order of the message's. */
export type MessageResult =
  | { readonly kind: "accepted"; readonly reply: Reply }
  | { readonly kind: "refused"; readonly reply: Reply; readonly stage: ClientStage }
  /** Nothing was said: this host cannot take the message. */
  | { readonly kind: "not-sendable"; readonly problem: NotSendable };

export type NotSendable =
  | "needs-8bitmime"
  | "needs-binarymime"
  | "needs-smtputf8"
  | "needs-requiretls"
  | "larger-than-size";

export interface SessionFailure {
  readonly stage: ClientStage;
  readonly cause: FailureCause;
  /** Said by the server, where it said anything. */
  readonly reply: Reply | undefined;
  /** Of the open transaction, if any; undefined: not known yet. */
  readonly results: readonly (MessageResult | undefined)[];
  /** The final dot was sent and not answered: who is not in `results` may have the message. */
  readonly outcomeUnknown: boolean;
}

export type FailureCause =
  | ReplyProblem
  /** A reply that says no where the session cannot go on; 421 anywhere. */
  | "refused"
  | "closed"
  | "timed-out"
  /** A reply nobody waits for, or one that fits no question. */
  | "out-of-step"
  /** Something was slipped in behind the reply to STARTTLS. */
  | "octets-behind-starttls"
  | "tls-not-offered"
  | "tls-refused"
  /** No mechanism that both know, or none that may be used without TLS. */
  | "no-authentication"
  | "authentication-refused";
