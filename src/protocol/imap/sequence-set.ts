/** Sets of message numbers or UIDs (RFC 3501 §9 `sequence-set`) and what SEARCH saved (RFC 5182). */

/** 1 to 4,294,967,295, or `*`: the largest number in use. */
export type SequenceNumber = number | "*";

export type SequenceSet =
  /** `$` */
  | { readonly kind: "saved" }
  /** As written: ranges may stand in any order, overlap, and run backwards. */
  | { readonly kind: "ranges"; readonly ranges: readonly SequenceRange[] };

export type SequenceRange = readonly [SequenceNumber, SequenceNumber];
