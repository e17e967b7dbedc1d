/** A search as the store runs it (RFC 3501 §6.4.4, RFC 7162 §3.1.5): a tree of plain values. */
export type SearchKey =
  | { readonly kind: "all" }
  /** Inclusive ranges of UIDs, ascending. */
  | { readonly kind: "uids"; readonly ranges: readonly (readonly [number, number])[] }
  /** The flag in any case is set. */
  | { readonly kind: "flag"; readonly flag: string }
  /** INTERNALDATE's day without its zone: `[fromDay, toDay)`, days since 1970-01-01; open ends are null. */
  | {
      readonly kind: "internal-date";
      readonly fromDay: number | null;
      readonly toDay: number | null;
    }
  /** The Date field's day, its time and zone disregarded. */
  | { readonly kind: "sent-date"; readonly fromDay: number | null; readonly toDay: number | null }
  | { readonly kind: "larger"; readonly octets: number }
  | { readonly kind: "smaller"; readonly octets: number }
  /** The decoded field holds `text`, case folded; an empty text asks only that the field exists. */
  | { readonly kind: "header"; readonly name: string; readonly text: string }
  /** Decoded text of the body parts holds `text`. */
  | { readonly kind: "body"; readonly text: string }
  /** Header or body. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "mod-sequence"; readonly from: number }
  | { readonly kind: "older"; readonly beforeMs: number }
  | { readonly kind: "younger"; readonly sinceMs: number }
  | { readonly kind: "not"; readonly key: SearchKey }
  | { readonly kind: "and"; readonly keys: readonly SearchKey[] }
  | { readonly kind: "or"; readonly keys: readonly SearchKey[] };
