/**
 * What a policy file is written against: `import type { Check } from "postern/policy"`. The default export of the file is a
 * `Check`; the server asks whichever of its functions are there. Facts are plain, frozen values, and a question is answered
 * with what to do, or with nothing. Nothing here imports anything, so that a type checker needs this file alone.
 */

/**
 * Functions may be asynchronous. Those that are asked together have `policy.timeout_ms` together. One that throws or is late
 * has failed: its message is deferred (`policy.when_it_fails`), and nothing else happens.
 */
export interface Check {
  /** With the first recipient of each transaction, before the others. */
  connection?(connection: Connection): Answer | Promise<Answer>;
  /** Likewise, after it. */
  sender?(sender: Sender, context: SenderContext): Answer | Promise<Answer>;
  /** For each recipient that exists and may be written to. The answer is about this one alone. */
  recipient?(recipient: Recipient, context: RecipientContext): Answer | Promise<Answer>;
  /** At the end of the message. */
  message?(message: Message, context: MessageContext): Answer | Promise<Answer>;
}

export interface SenderContext {
  readonly connection: Connection;
}

export interface RecipientContext extends SenderContext {
  readonly sender: Sender;
}

export interface MessageContext extends RecipientContext {
  /** Those that were accepted; at most 100. */
  readonly recipients: readonly Recipient[];
}

/** One of these, or nothing. What the other rules ask for stays: an answer adds to it and lifts none of it. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that ends without an answer has none
export type Answer = void | null | undefined | Score | Junk | Quarantine | Defer | Reject | OnlyHeaders;

interface WithHeaders {
  /** Fields for the message, such as `{ "X-Postern-Policy-Team": "sales" }`: names begin with `X-Postern-Policy-`; at most five. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Adds to the score, or takes from it: from -20 to 20. */
export interface Score extends WithHeaders {
  readonly score: number;
  /** For `postern why`. */
  readonly reason: string;
}

/** Accepts into the Junk folder. The text says why. */
export interface Junk extends WithHeaders {
  readonly junk: string;
}

/** Accepts and keeps back: `postern quarantine list`. The text says why. */
export interface Quarantine extends WithHeaders {
  readonly quarantine: string;
}

/** Refuses for now (451 4.7.1): the sender tries again by itself. The sender hears the text: printable ASCII, cut at 300. */
export interface Defer {
  readonly defer: string;
}

/** Refuses (550 5.7.1). The sender hears the text: printable ASCII, cut at 300. */
export interface Reject {
  readonly reject: string;
}

export interface OnlyHeaders {
  readonly headers: Readonly<Record<string, string>>;
}

export interface Connection {
  /** The client's IP address. */
  readonly address: string;
  /** `smtp`: another server's mail; `submission`: a user's. */
  readonly listener: "smtp" | "submission";
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** What the client calls itself in EHLO. */
  readonly helo: string;
  /** The name of its address that leads back to it; null where there is none, or nobody looked. */
  readonly reverseName: string | null;
  /** The account that has logged in. */
  readonly account: string | null;
  /** In one of `relay.trusted_networks`. */
  readonly isTrusted: boolean;
}

export interface Sender {
  /** Of the envelope; empty for the null reverse-path of bounces. */
  readonly address: string;
  /** In lower case, as A-labels; empty with the address. */
  readonly domain: string;
  /** Null where it was not asked, as for users. */
  readonly spf: "none" | "neutral" | "pass" | "fail" | "softfail" | "temperror" | "permerror" | null;
  /** Names of DNS lists that speak against the client or its names, such as `zen.spamhaus.org`. */
  readonly listedBy: readonly string[];
  /** So far, without this file's own answers. */
  readonly score: number;
}

export interface Recipient {
  /** As the client said it; `postmaster` may stand alone. */
  readonly address: string;
  /** In lower case, as A-labels. */
  readonly domain: string;
  /** Accounts that will have it; empty for a recipient elsewhere. */
  readonly accounts: readonly string[];
}

/** What is over a bound is cut or left out, and `isCut` says so. */
export interface Message {
  readonly sizeOctets: number;
  /** With its angle brackets. */
  readonly messageId: string | null;
  /** Decoded; empty where there is none. */
  readonly subject: string;
  readonly from: readonly Mailbox[];
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  /** In their order, names in lower case, values unfolded; at most 200 and 64 KiB together. */
  readonly headers: readonly HeaderField[];
  /** At most 100. */
  readonly attachments: readonly Attachment[];
  /** Hosts that links lead to, disguises undone; at most 40. Empty where no rule looked for links. */
  readonly linkHosts: readonly string[];
  /** The beginning of its first text, HTML without its tags: at most 16,384 characters. */
  readonly text: string;
  readonly isCut: boolean;
  /** Domains whose DKIM signature is valid. */
  readonly dkim: readonly string[];
  /** Null where nobody looked. */
  readonly dmarc: "pass" | "fail" | "none" | "temperror" | "permerror" | null;
  /** So far, without what this file says about the message. */
  readonly score: number;
  /** What speaks for and against it so far: stable words, such as `spf-fail`. */
  readonly reasons: readonly string[];
}

export interface Mailbox {
  /** Decoded; empty where there is none. */
  readonly name: string;
  readonly address: string;
}

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

export interface Attachment {
  /** Decoded; empty where it has none. */
  readonly name: string;
  /** `application/pdf`, as the message says: nobody looked whether it is true. */
  readonly type: string;
  /** As it stands in the message, encoded. */
  readonly sizeOctets: number;
}
