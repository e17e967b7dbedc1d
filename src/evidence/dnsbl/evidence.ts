/** What the DNS lists said about a client and the names it used. Facts with the weights their profiles give; no judgement. */
import type { DnsFailure } from "#ports/resolver.ts";

export type ListKind = "address" | "domain" | "uri";

/** What a looked-up value is to the message. Weights may depend on it. */
export type SubjectRole =
  /** The address that is connected. */
  | "client"
  /** An address from a trace field below our own first hop. */
  | "earlier-hop"
  | "helo"
  /** A name that the client's address points to. */
  | "client-name"
  | "mail-from"
  | "header-from"
  /** A host that a link in the content names. */
  | "link";

export interface ListSubject {
  readonly role: SubjectRole;
  /** An IP address in its one form, or a domain as A-labels. */
  readonly value: string;
}

export interface DnsblEvidence {
  /** One for each list and subject that belong together, in the order of lists, then subjects. */
  readonly findings: readonly ListFinding[];
}

export interface ListFinding {
  /** Stable word for settings and logs: the profile's name (`spamhaus-zen`), for an own list its zone. Never holds a key. */
  readonly list: string;
  /** For people: `Spamhaus ZEN`. */
  readonly title: string;
  /** The zone that was asked, without the key where there is one. */
  readonly zone: string;
  readonly subject: ListSubject;
  readonly outcome: ListOutcome;
}

export type ListOutcome =
  | ListedOutcome
  /** Not listed, and the list said so. */
  | { readonly kind: "clean"; readonly ttlSeconds: number }
  /** An error is neither listed nor clean. */
  | { readonly kind: "not-checked"; readonly why: DnsFailure }
  /** The list does not serve us, whatever else it answered: never a listing. */
  | { readonly kind: "refused-to-serve"; readonly refusal: Refusal; readonly answers: readonly string[] }
  /** Inside 127/8, but nobody documented it: never a listing. */
  | { readonly kind: "unknown-answer"; readonly answers: readonly string[]; readonly ttlSeconds: number }
  /** Not asked, or asked and not counted. */
  | { readonly kind: "skipped"; readonly why: SkipReason };

export interface ListedOutcome {
  readonly kind: "listed";
  /** Each documented answer with what it means, heaviest first; at least one. */
  readonly meanings: readonly ListedMeaning[];
  /** The one weight that counts: that of the first meaning. Meanings of one list are not added up. Negative for an allow list. */
  readonly weight: number;
  /** One of the meanings is enough to reject alone (Spamhaus DROP). */
  readonly rejectsAlone: boolean;
  /** Everything that came, undocumented answers included. */
  readonly answers: readonly string[];
  /** Seconds the answer may be believed. */
  readonly ttlSeconds: number;
  /** Where the sender's admin can see and end the listing; empty where the list has no such page. */
  readonly lookUpUrl: string;
}

export interface ListedMeaning {
  readonly answer: string;
  /** For people, in a few words: `hijacked network (DROP)`. */
  readonly meaning: string;
  /** For the subject's role. Zero where the list does not speak about that role. */
  readonly weight: number;
}

/** How a list says that it does not serve us. */
export type Refusal =
  /** It does not answer public or unattributable resolvers (127.255.255.254 at Spamhaus, 127.0.0.1 at SURBL and URIBL). */
  | "public-resolver"
  /** Too many questions from our resolver (127.255.255.255). */
  | "too-many-questions"
  /** The zone's name is wrong (127.255.255.252): a mistake in the settings. */
  | "wrong-zone"
  /** The question makes no sense to the list, such as an address asked of a domain list: a mistake of ours. */
  | "misuse"
  /** Another of 127.255.255.0/24, which is kept for errors. */
  | "other-error"
  /** An answer outside 127/8: the zone was sold, or somebody rewrites answers on the way. */
  | "outside-127";

export type SkipReason =
  /** Its canaries have not been seen to work yet. */
  | "unproven"
  | "dead"
  | "lists-the-world"
  | "refuses-us"
  /** It began to list senders that are otherwise good. */
  | "suspended"
  /** Five time-outs in a row: not asked for some minutes. */
  | "timing-out"
  /** An IPv6 address on a list that has none. */
  | "no-ipv6"
  /** A private or otherwise special address, or a name of one label: no list knows it. */
  | "not-public"
  /** More subjects than one message may ask for. */
  | "too-many";
