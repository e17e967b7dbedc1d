import type { Mailbox, ReversePath } from "#mail/address.ts";

/** What MAIL said (RFC 5321 §4.1.1.2 and the extensions' parameters). */
export interface SenderRequest {
  readonly reversePath: ReversePath;
  /** SIZE (RFC 1870): what the client believes; only arriving octets are counted. */
  readonly declaredOctets: number | undefined;
  readonly body: "7BIT" | "8BITMIME" | "BINARYMIME";
  /** SMTPUTF8 (RFC 6531). */
  readonly utf8: boolean;
  /** REQUIRETLS (RFC 8689). */
  readonly requireTls: boolean;
  /** RET and ENVID (RFC 3461); the identifier in xtext as received. */
  readonly returnContent: "FULL" | "HDRS" | undefined;
  readonly envelopeId: string | undefined;
}

/** What RCPT said. */
export interface RecipientRequest {
  /** `postmaster` is the mailbox without a domain (RFC 5321 §4.5.1). A source route has been stripped. */
  readonly path: Mailbox | "postmaster";
  /** NOTIFY and ORCPT (RFC 3461); the original recipient as `type;xtext` as received. */
  readonly notify: readonly NotifyEvent[] | undefined;
  readonly originalRecipient: string | undefined;
}

export type NotifyEvent = "NEVER" | "SUCCESS" | "FAILURE" | "DELAY";

/** One message's envelope. Replaced, never reset field by field. */
export interface Transaction {
  readonly sender: SenderRequest;
  /** Those answered with 250, in order. */
  readonly recipients: readonly RecipientRequest[];
}
