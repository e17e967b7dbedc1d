/** Whether the author's domain stands behind the message, and what it asks for where not (RFC 9989). Facts only; no judgement. */
import type { DnsFailure } from "#ports/resolver.ts";

/** Who the message says it is from: the one address of the one From field, or why there is no such. */
export type AuthorEvidence =
  | { readonly kind: "one"; readonly address: string; readonly domain: string }
  | { readonly kind: "none" }
  /** More than one From field. */
  | { readonly kind: "several-fields" }
  | { readonly kind: "several-addresses" }
  /** No address by RFC 5322 §3.4, or one that two readers would read differently. */
  | { readonly kind: "malformed" }
  /** The header is over its bound and was not read. */
  | { readonly kind: "header-too-large" };

export type DmarcPolicy = "none" | "quarantine" | "reject";

export interface DmarcEvidence {
  /**
   * - `pass`: something aligned.
   * - `fail`: nothing did, and a policy says what to do.
   * - `none`: the DNS said that there is no policy.
   * - `temperror`: an error of the DNS stood in the way.
   * - `permerror`: there is no one author whose policy could be asked for. Never a pass.
   */
  readonly result: "pass" | "fail" | "none" | "temperror" | "permerror";
  readonly author: AuthorEvidence;
  /**
   * What the author's domain asks for a message that fails, subdomains, non-existence and `t=y` considered. `unknown`
   * where it could not be learnt: that is not the same as `none`.
   */
  readonly policy: DmarcPolicy | "unknown";
  /** Undefined where there is none, or none was found before an error. */
  readonly record: DmarcRecordEvidence | undefined;
  /** Undefined where it could not be learnt. */
  readonly organizationalDomain: string | undefined;
  readonly spf: AlignmentEvidence;
  /** One for each signature, in their order. */
  readonly dkim: readonly AlignmentEvidence[];
  /** For `temperror`. */
  readonly failure: DnsFailure | undefined;
  /** Each question with what came, in order. */
  readonly walk: readonly WalkStep[];
  readonly arc: ArcTrust;
}

export interface DmarcRecordEvidence {
  /** Where it was published: the author's domain or one above it. */
  readonly domain: string;
  /** As published, cut where very long. */
  readonly text: string;
  readonly p: DmarcPolicy;
  readonly sp: DmarcPolicy | undefined;
  readonly np: DmarcPolicy | undefined;
  readonly spfAlignment: "relaxed" | "strict";
  readonly dkimAlignment: "relaxed" | "strict";
  /** `t=y`: asks for one step less than it says. */
  readonly isTesting: boolean;
  /** Readers of RFC 7489 alone would read the record otherwise (`pct`, no `p`): for the audit. */
  readonly differsForOldReaders: boolean;
}

export interface AlignmentEvidence {
  /** The authenticated domain; undefined where nothing was. */
  readonly domain: string | undefined;
  readonly state:
    | "aligned"
    | "not-aligned"
    /** There is nothing that passed. */
    | "not-authenticated"
    /** The signature covers only part of the body (`l=`). */
    | "partly-signed"
    /** An error stood in the way. */
    | "not-checked";
}

export interface WalkStep {
  readonly name: string;
  /** `record` is one that counts; `ignored` are several, or none with a valid version. */
  readonly answer: "record" | "ignored" | "no-record" | DnsFailure;
}

/** Whether hops in between vouch that the message was good when they got it. */
export type ArcTrust =
  /** No chain, or one that fails. */
  | { readonly kind: "no-chain" }
  /** The chain passes; this sealer of it is not on the list of those we trust. */
  | { readonly kind: "untrusted"; readonly sealer: string }
  /** All sealers are trusted, and the first one saw no proof of the author either. */
  | { readonly kind: "trusted-without-proof" }
  /** All sealers are trusted, and the first one saw the author's domain pass. */
  | { readonly kind: "vouched"; readonly sealers: readonly string[] };
