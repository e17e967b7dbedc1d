/** What FETCH asks for (RFC 3501 §6.4.5, RFC 3516, RFC 7162). */

export type FetchItem =
  | { readonly kind: "envelope" }
  | { readonly kind: "flags" }
  | { readonly kind: "internal-date" }
  | { readonly kind: "size" }
  | { readonly kind: "uid" }
  | { readonly kind: "mod-sequence" }
  /** BODY: without extension data. */
  | { readonly kind: "body" }
  | { readonly kind: "body-structure" }
  | SectionItem
  | {
      readonly kind: "binary";
      readonly path: readonly number[];
      readonly peek: boolean;
      readonly partial: PartialRange | null;
    }
  | { readonly kind: "binary-size"; readonly path: readonly number[] };

export interface SectionItem {
  readonly kind: "section";
  /** How the client asked, and thus how the answer is named. */
  readonly spelling: "BODY" | "RFC822" | "RFC822.HEADER" | "RFC822.TEXT";
  /** False: sets \Seen. */
  readonly peek: boolean;
  readonly section: Section;
  readonly partial: PartialRange | null;
}

export interface Section {
  /** Part numbers from the root, each from 1; empty: the message. */
  readonly path: readonly number[];
  /** `null`: all of the part. */
  readonly text: SectionText | null;
}

export type SectionText =
  | { readonly kind: "header" }
  /** `names` as written. */
  | { readonly kind: "header-fields"; readonly not: boolean; readonly names: readonly string[] }
  | { readonly kind: "text" }
  | { readonly kind: "mime" };

/** `<start.length>`, in octets. */
export interface PartialRange {
  readonly start: number;
  readonly length: number;
}

/** RFC 7162 §3.1.4.1, §3.2.6. */
export interface FetchModifiers {
  readonly changedSince: number | null;
  readonly vanished: boolean;
}
