/**
 * What is worked out once when a message is stored: where each MIME part stands, in octets, and what
 * its header says. IMAP answers FETCH BODYSTRUCTURE, ENVELOPE and BODY[section] from this alone; only
 * the octets themselves are read from the blob. Plain JSON values, so that it can be stored and sent
 * between threads.
 */

/**
 * One address of an address field; group syntax as in RFC 3501 §7.4.2 (a start has only `mailbox`, an end has neither). Strings
 * are without RFC 5322 quoting. `host` is empty, not null, where an address that is no group has none.
 */
export interface EnvelopeAddress {
  /** Display name, raw as it stands in the message (RFC 2047 words not decoded). */
  readonly name: string | null;
  /** Source route (`@a,@b`), obsolete. */
  readonly route: string | null;
  readonly mailbox: string | null;
  readonly host: string | null;
}

/** RFC 3501 §7.4.2, missing `sender` and `replyTo` filled in from `from` as it says there. Strings are raw header text, unfolded; octets over 127 as UTF-8 where valid, else as Latin-1. `null` is NIL: no such field. */
export interface Envelope {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly EnvelopeAddress[] | null;
  readonly sender: readonly EnvelopeAddress[] | null;
  readonly replyTo: readonly EnvelopeAddress[] | null;
  readonly to: readonly EnvelopeAddress[] | null;
  readonly cc: readonly EnvelopeAddress[] | null;
  readonly bcc: readonly EnvelopeAddress[] | null;
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

/**
 * `[name, value]`, names lower-case, RFC 2231 sections joined. An encoded value keeps its star and encoding
 * (`["filename*", "utf-8''na%C3%AFve"]`), as IMAP hands it on; `parameterValue` of header/parameters.ts decodes.
 */
export type Parameters = readonly (readonly [string, string])[];

export interface MimePart {
  /**
   * Octets from the start of the message. The header is `[headerStart, bodyStart)`, its empty line included; where that
   * line is missing, the header ends before the first line after which no field comes.
   */
  readonly headerStart: number;
  readonly bodyStart: number;
  /** End of the body, without the CRLF that belongs to the boundary that follows (RFC 2046 §5.1.1). */
  readonly bodyEnd: number;
  /** Lines of the body: the number of LF in it (what IMAP calls its size in lines). */
  readonly bodyLines: number;
  /**
   * Lower-case. `text/plain` where the field is missing or broken (RFC 2045 §5.2), and for a multipart that has no
   * usable boundary or none of whose delimiters ever came; `application/octet-stream` for a multipart or message that
   * was not looked into because a bound was reached. So a multipart always has `parts`, and a message/rfc822 or
   * message/global always `message`.
   */
  readonly type: string;
  readonly subtype: string;
  readonly parameters: Parameters;
  readonly contentId: string | null;
  readonly description: string | null;
  /** Content-Transfer-Encoding in lower case; `7bit` by default. */
  readonly encoding: string;
  readonly md5: string | null;
  readonly disposition: { readonly type: string; readonly parameters: Parameters } | null;
  readonly language: readonly string[] | null;
  readonly location: string | null;
  /** Children of a multipart; absent on anything else. Empty where its closing delimiter came first. */
  readonly parts?: readonly MimePart[];
  /** What a message/rfc822 or message/global part holds, read as it stands: such a part has no transfer encoding (RFC 2046 §5.2.1). */
  readonly message?: { readonly envelope: Envelope; readonly root: MimePart };
}

export interface MessageIndex {
  readonly version: 1;
  readonly sizeOctets: number;
  readonly envelope: Envelope;
  readonly root: MimePart;
  /** Date field as milliseconds since the epoch; `null` where missing or unreadable. For SENTBEFORE and its kin. */
  readonly sentAtMs: number | null;
  /** First readable text, at most 200 characters, white space folded. */
  readonly preview: string;
  /** Number of Received fields in the top header: loops (RFC 5321 §6.3). */
  readonly receivedCount: number;
  /** True when a bound (depth, parts, header size) was reached and the rest is held as opaque octets. */
  readonly truncated: boolean;
}
