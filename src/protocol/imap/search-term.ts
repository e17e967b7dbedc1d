/** SEARCH (RFC 3501 §6.4.4) as a tree. UNSEEN, OLD, NEW, UNKEYWORD and their kin are unfolded into NOT and AND. */
import type { SequenceSet } from "./sequence-set.ts";

export interface SearchProgram {
  /** RFC 4731, RFC 5182; null without RETURN. `RETURN ()` is ALL. */
  readonly returns: SearchReturn | null;
  /** Several keys side by side are one `and`. */
  readonly term: SearchTerm;
  /** MODSEQ stands in it (RFC 7162 §3.1.5): the answer names the highest mod-sequence, and CONDSTORE is now on. */
  readonly usesModSeq: boolean;
}

export interface SearchReturn {
  readonly min: boolean;
  readonly max: boolean;
  readonly all: boolean;
  readonly count: boolean;
  readonly save: boolean;
}

export type SearchTerm =
  | { readonly kind: "all" }
  /** Message numbers, or what was saved. */
  | { readonly kind: "sequence"; readonly set: SequenceSet }
  | { readonly kind: "uid"; readonly set: SequenceSet }
  /** A system flag in canonical case or a keyword as written; \Recent is `recent`. */
  | { readonly kind: "flag"; readonly flag: string }
  | { readonly kind: "recent" }
  /** Days since 1970-01-01, `[fromDay, toDay)`; an open end is null. */
  | { readonly kind: "internal-date"; readonly fromDay: number | null; readonly toDay: number | null }
  | { readonly kind: "sent-date"; readonly fromDay: number | null; readonly toDay: number | null }
  | { readonly kind: "larger"; readonly octets: number }
  | { readonly kind: "smaller"; readonly octets: number }
  /** Name as written. */
  | { readonly kind: "header"; readonly name: string; readonly text: string }
  | { readonly kind: "body"; readonly text: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "mod-sequence"; readonly from: number }
  /** RFC 5032: counted from now, in seconds. */
  | { readonly kind: "older"; readonly seconds: number }
  | { readonly kind: "younger"; readonly seconds: number }
  | { readonly kind: "not"; readonly term: SearchTerm }
  | { readonly kind: "and"; readonly terms: readonly SearchTerm[] }
  | { readonly kind: "or"; readonly terms: readonly [SearchTerm, SearchTerm] };
