import type { Envelope, MimePart } from "#mail/mime/structure.ts";
import type { DateTime } from "./command.ts";
import type { PartialRange, SectionItem } from "./fetch-item.ts";
import type { EncodeOptions } from "./response.ts";
import type { OctetRange } from "./section.ts";

/** One answer inside `* n FETCH (…)`. */
export type FetchValue =
  | { readonly kind: "envelope"; readonly envelope: Envelope }
  | { readonly kind: "flags"; readonly flags: readonly string[] }
  | { readonly kind: "internal-date"; readonly date: DateTime }
  | { readonly kind: "size"; readonly octets: number }
  | { readonly kind: "uid"; readonly uid: number }
  | { readonly kind: "mod-sequence"; readonly modSeq: number }
  | { readonly kind: "body" | "body-structure"; readonly root: MimePart }
  | { readonly kind: "section"; readonly item: SectionItem; readonly content: FetchContent }
  | {
      readonly kind: "binary";
      readonly path: readonly number[];
      readonly partial: PartialRange | null;
      readonly content: FetchContent;
    }
  | { readonly kind: "binary-size"; readonly path: readonly number[]; readonly octets: number };

/** Octets in hand, octets of the stored message that the caller will read, or NIL: no such part. PartialRange already applied. */
export type FetchContent = Uint8Array | OctetRange | null;

/** Octets to send, or a range of the stored message to send at this place. */
export type FetchPiece = Uint8Array | OctetRange;

/** `* n FETCH (…)` with its CRLF, cut where octets of the stored message go. */
export function encodeFetch(
  _sequence: number,
  _values: readonly FetchValue[],
  _options: EncodeOptions,
): readonly FetchPiece[] {
  throw new Error("not written yet");
}
