/** What a domain's SPF record said about the client (RFC 7208), with every step that led there. Facts only; no judgement. */
import type { DnsFailure } from "#ports/resolver.ts";

/** RFC 7208 §2.6. */
export type SpfResult = "none" | "neutral" | "pass" | "fail" | "softfail" | "temperror" | "permerror";

export interface SpfEvidence {
  readonly result: SpfResult;
  /** HELO where the reverse-path is null (RFC 7208 §2.4). */
  readonly identity: "mail-from" | "helo";
  /** The domain that was asked, in lower case; whatever was said where it is no domain. */
  readonly domain: string;
  /** `local-part@domain` as the macros see it; `postmaster@` for HELO. */
  readonly sender: string;
  readonly client: string;
  readonly helo: string;
  /** For `temperror` and `permerror`, and for `none` without a question: what stood in the way. */
  readonly problem: SpfProblem | undefined;
  /** The directive that decided, with the record it stands in; undefined where none did. */
  readonly matched: { readonly domain: string; readonly term: string } | undefined;
  /** The domain owner's own words for a refusal (`exp=`), printable ASCII. Foreign text. */
  readonly explanation: string | undefined;
  /** Terms that asked the DNS, of ten. */
  readonly lookups: number;
  /** Questions of those terms that had no answer, of two. */
  readonly voids: number;
  /** The record passes everybody: it says nothing about anybody. */
  readonly passesEverybody: boolean;
  /** The local-part decided what was asked (macros `s` and `l`): only then it may be reported (RFC 8601 §2.7.2). */
  readonly usesLocalPart: boolean;
  /** Undefined where the domain could not even be asked. */
  readonly tree: SpfRecordEvidence | undefined;
}

export interface SpfProblem {
  readonly kind: /** No name that the DNS could hold: a literal, one label, an empty label. */
    | "not-a-domain"
    | "syntax"
    | "several-records"
    /** More than ten terms that ask the DNS. */
    | "too-many-lookups"
    /** More than two questions without an answer. */
    | "too-many-voids"
    /** More than ten MX names. */
    | "too-many-exchanges"
    /** `include` or `redirect` leads to a domain without a record, or to no domain. */
    | "no-record-there"
    | "dns";
  /** For people, in our own words; what is quoted of the record is printable. */
  readonly text: string;
  /** Of the DNS, for `dns`. */
  readonly failure: DnsFailure | undefined;
}

/** One record and how far it was read. */
export interface SpfRecordEvidence {
  readonly domain: string;
  /** Undefined where there is none. Cut where it is very long. */
  readonly record: string | undefined;
  readonly result: SpfResult;
  readonly terms: readonly SpfTermEvidence[];
  /** Terms that are not shown: a record of thousands is legal. */
  readonly termsLeftOut: number;
}

export interface SpfTermEvidence {
  readonly term: string;
  readonly outcome:
    | "match"
    | "no-match"
    /** It had to end the evaluation: see the problem. */
    | "permerror"
    | "temperror"
    /** A term before it decided, or an error came first. */
    | "not-reached"
    /** A modifier that decides nothing by itself. */
    | "modifier";
  /** Look-ups and voids counted when this term was done, those of included records among them. */
  readonly lookups: number;
  readonly voids: number;
  /** What the DNS was asked for it. */
  readonly questions: readonly SpfQuestion[];
  /** Of `include` and `redirect`. */
  readonly nested: SpfRecordEvidence | undefined;
}

export interface SpfQuestion {
  readonly type: "A" | "AAAA" | "MX" | "PTR" | "TXT";
  readonly name: string;
  /** Records as text, the first of them; or how it failed. */
  readonly answer: readonly string[] | "no-such-name" | "no-data" | DnsFailure;
}
