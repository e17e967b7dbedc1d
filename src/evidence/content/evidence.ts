/** What a message says about itself and what it carries. Facts that need no learning, and no judgement. Plain data that JSON can hold. */

export interface ContentEvidence {
  /** How often each field stands in the header. RFC 5322 §3.6: From and Date once, the others at most once. */
  readonly fields: Readonly<Record<CountedField, number>>;
  readonly date: DateEvidence;
  /** `<left@right>` (RFC 5322 §3.6.4); false where the field is missing. */
  readonly messageIdIsWellFormed: boolean;
  /** Of the first address of From; null where there is none. */
  readonly headerFrom: NamedAddress | null;
  readonly displayName: DisplayNameEvidence;
  readonly replyTo: ReplyToEvidence;
  /** Where mail that comes from outside says that it is from one of our domains. Empty for mail of our own users. */
  readonly ownDomainClaims: readonly OwnDomainClaim[];
  readonly listUnsubscribe: ListUnsubscribeEvidence;
  /** Attachments, and files in archives, that have something to say; at most 50. */
  readonly files: readonly FileEvidence[];
  /** Attachments that bounds kept from being looked at or into. */
  readonly filesNotRead: number;
}

export type CountedField = "from" | "sender" | "reply-to" | "to" | "cc" | "date" | "message-id" | "subject";

export interface DateEvidence {
  readonly isReadable: boolean;
  /** Milliseconds by which it lies behind the arrival, negative for the future; null where it cannot be read. */
  readonly ageMs: number | null;
}

export interface NamedAddress {
  /** Display name, decoded; empty for none. */
  readonly name: string;
  readonly address: string;
  readonly domain: string;
}

export interface DisplayNameEvidence {
  /** The address that the display name of From holds; null for none. */
  readonly address: string | null;
  /** That address is of another registered domain than the address of From. */
  readonly isOfAnotherDomain: boolean;
}

export interface ReplyToEvidence {
  /** The strangest of all addresses in it, compared with From. `none`: no field, or no address in it. */
  readonly relation: "none" | "same-address" | "same-domain" | "other-domain";
  /** Domains that are not From's. */
  readonly otherDomains: readonly string[];
}

export type OwnDomainClaim = "mail-from" | "header-from" | "sender" | "reply-to" | "display-name";

export interface ListUnsubscribeEvidence {
  readonly isPresent: boolean;
  /** Hosts of https and http links in it, and domains of mailto addresses: RFC 2369 §3.2. */
  readonly hosts: readonly string[];
  /** Nothing that could be used is in it. */
  readonly isUseless: boolean;
  /** None of its hosts is of From's registered domain. */
  readonly isElsewhere: boolean;
  /** RFC 8058: `malformed` where List-Unsubscribe-Post says something else, or there is no https link to post to. */
  readonly oneClick: "none" | "offered" | "malformed";
}

export interface FileEvidence {
  /** Of the attachment; as section number as in IMAP. */
  readonly part: string;
  /** Cut. */
  readonly name: string;
  /** Name of the archive that it is in; null for an attachment. */
  readonly inside: string | null;
  /** At least one. */
  readonly signs: readonly FileSign[];
}

export type FileSign =
  /** Runs when it is opened, by its name: programs, scripts, installers, shortcuts. */
  | "executable-name"
  /** It begins as a program does, whatever its name. */
  | "executable-content"
  /** `bill.pdf.exe`, `photo.scr.xz` */
  | "double-extension"
  /** Blanks that push the extension out of sight. */
  | "padded-name"
  /** Marks that turn the direction of writing: `bill\u202efdp.exe` shows as `billexe.pdf`. */
  | "turned-name"
  /** The two places for its name disagree about the extension. */
  | "two-extensions"
  /** A document with macros, by its name or by what is in it. */
  | "macros"
  /** Mounted when it is opened; what is in it has no mark of where it came from. */
  | "disk-image"
  /** HTML or SVG to open outside of the mail program. */
  | "web-page"
  | "encrypted-archive"
  | "archive-in-archive"
  /** Says that it is an archive, but its list of files cannot be read, or not all of it. */
  | "unreadable-archive";
