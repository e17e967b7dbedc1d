/** What the checks found out about one client and its envelope. Facts only, unknowns included; plain data that JSON can hold. */
import type { ArcEvidence } from "#evidence/arc/evidence.ts";
import type { ContentEvidence } from "#evidence/content/evidence.ts";
import type { DkimEvidence } from "#evidence/dkim/evidence.ts";
import type { AuthorEvidence, DmarcEvidence } from "#evidence/dmarc/evidence.ts";
import type { DnsblEvidence } from "#evidence/dnsbl/evidence.ts";
import type { GreylistEvidence } from "#evidence/greylist/evidence.ts";
import type { PolicyEvidence } from "#evidence/policy/evidence.ts";
import type { HeloEvidence, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { AntivirusEvidence, MiltersEvidence } from "#evidence/scanners/evidence.ts";
import type { SenderListEvidence } from "#evidence/sender-lists/evidence.ts";
import type { SpfEvidence } from "#evidence/spf/evidence.ts";
import type { UrlEvidence } from "#evidence/urls/evidence.ts";
import type { OwnListing } from "#evidence/urls/own-uri-list.ts";
import type { UriListEvidence } from "#evidence/urls/query-uri-lists.ts";

/** Null: not looked at, because nobody asked or time ran out. It never counts for or against anybody. */
export interface Evidence {
  /** The entry of our own block list that holds the client's address. */
  readonly blockList: BlockListEntry | null;
  /** The client spoke before the greeting. */
  readonly spokeEarly: boolean;
  readonly helo: HeloEvidence | null;
  readonly dnsbl: DnsblEvidence | null;
  readonly reverseDns: ReverseDnsEvidence | null;
  /** Of the envelope: the sender's domain, or the HELO name of the null path. */
  readonly spf: SpfEvidence | null;
  /** Of the message, once it is there: who it says it is from. */
  readonly author: AuthorEvidence | null;
  readonly dkim: DkimEvidence | null;
  readonly arc: ArcEvidence | null;
  readonly dmarc: DmarcEvidence | null;
  readonly urls: UrlEvidence | null;
  readonly uriLists: UriListEvidence | null;
  /** What the settings' own list says about hosts that links lead to. */
  readonly ownUris: readonly OwnListing[] | null;
  readonly content: ContentEvidence | null;
  /** Programs beside us that looked at the message, or did not come to it. */
  readonly antivirus: AntivirusEvidence | null;
  readonly milters: MiltersEvidence | null;
  /** What the operator's policy file said, for all recipients together: see `forRecipient`. */
  readonly policy: PolicyEvidence | null;
  /** Is this sender met for the first time, or has it waited and come again? */
  readonly greylist: GreylistEvidence | null;
  /** What is known of the sender beforehand, for all recipients together: see `forRecipient`. */
  readonly senderLists: SenderListEvidence | null;
}

export interface BlockListEntry {
  /** The address or network (CIDR) of the entry. */
  readonly entry: string;
  readonly scope: "smtp" | "auth" | "all";
  readonly reason: string;
  readonly origin: "admin" | "rule" | "import";
  /** Milliseconds since the epoch; `untilMs` null is for ever. */
  readonly sinceMs: number;
  readonly untilMs: number | null;
}

export const NO_EVIDENCE: Evidence = {
  blockList: null,
  spokeEarly: false,
  helo: null,
  dnsbl: null,
  reverseDns: null,
  spf: null,
  author: null,
  dkim: null,
  arc: null,
  dmarc: null,
  urls: null,
  uriLists: null,
  ownUris: null,
  content: null,
  antivirus: null,
  milters: null,
  policy: null,
  greylist: null,
  senderLists: null,
};

/** Evidence of a record that an older version wrote: what it did not know of was not looked at. */
export function completed(evidence: Partial<Evidence>): Evidence {
  return { ...NO_EVIDENCE, ...evidence };
}
