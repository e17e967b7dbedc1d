/** Hosts and addresses that a message names, how each was written and where. Facts only; no judgement. Plain data that JSON can hold. */

export interface UrlEvidence {
  /** Different hosts, the most telling first: at most 40. */
  readonly hosts: readonly LinkedHost[];
  /** Hosts that nobody needs to ask about, such as those of fonts and schemas. */
  readonly sharedHosts: readonly string[];
  readonly addresses: readonly MentionedAddress[];
  /** Links whose text names another host than the one they lead to. */
  readonly mismatches: readonly LinkMismatch[];
  readonly leftOut: LeftOut;
}

/** What bounds kept from being looked at. All zero for an ordinary message. */
export interface LeftOut {
  readonly octets: number;
  readonly parts: number;
  readonly links: number;
  readonly hosts: number;
  readonly addresses: number;
}

export interface LinkedHost {
  /** A name as A-labels in lower case, or an IP address in its one form. */
  readonly host: string;
  readonly kind: "name" | "address";
  /** What somebody registered: the name below the public suffix, private suffixes (`github.io`) counted. Null for addresses. */
  readonly registered: string | null;
  /** At most three, the first places where it was found. */
  readonly derivations: readonly Derivation[];
}

export interface Derivation {
  /** As it stands in the part, transfer encoding and charset undone; cut. */
  readonly raw: string;
  /** After entities and what hides a link from programs were undone; cut. */
  readonly decoded: string;
  readonly source: LinkSource;
  /** Where in the MIME tree: a section number as in IMAP (`1.2`), with `/subject` for the Subject of a message. */
  readonly part: string;
  readonly disguises: readonly Disguise[];
}

export type LinkSource =
  | "text"
  | "subject"
  /** The text that HTML shows. */
  | "visible-text"
  | "href"
  | "form"
  | "base"
  | "refresh"
  /** Loaded when the message is shown: images, frames, backgrounds. */
  | "src"
  | "css"
  | "script";

export type Disguise =
  /** `http://2130706433/`, `http://0x7f.1/` */
  | "numeric-host"
  /** An IPv4 address in IPv6 clothes. */
  | "address-in-ipv6"
  /** Something stands in front of the host with an at sign. */
  | "userinfo"
  | "percent-encoded-host"
  /** HTML entities for letters and signs that need none. */
  | "entities"
  /** Full-width, circled and other letters that mean plain ones. */
  | "compatibility-letters"
  /** Zero-width characters, soft hyphens. */
  | "invisible-characters"
  | "backslashes"
  /** Tabs and line breaks, which readers leave out. */
  | "control-characters"
  /** `hxxp`, `[.]`, `(dot)` */
  | "defanged"
  | "inside-a-link"
  | "internationalised"
  /** Letters of scripts that do not go together, or all of a script that looks like Latin. */
  | "mixed-scripts"
  /** A reader by the WHATWG's rules and one by RFC 3986, or by another IDNA, reach different hosts. */
  | "readers-differ";

export interface MentionedAddress {
  /** `local-part@domain`, the domain as A-labels. */
  readonly address: string;
  readonly domain: string;
  readonly source: LinkSource;
  readonly part: string;
}

export interface LinkMismatch {
  /** As shown; cut. */
  readonly shown: string;
  /** Null where the text names a host that cannot be decoded. */
  readonly shownHost: string | null;
  /** Registered domain, or the address. */
  readonly shownDomain: string | null;
  readonly target: string;
  readonly targetHost: string;
  readonly targetDomain: string;
  readonly relation:
    | "differs"
    /** The same name under another public suffix. */
    | "same-name"
    /** The link goes elsewhere, and carries the shown host as the last link inside it: a counter of clicks. */
    | "passes-through";
  readonly mixedScripts: boolean;
  readonly part: string;
}
