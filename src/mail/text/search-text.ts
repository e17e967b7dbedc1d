/** What SEARCH compares: the readable text of a part, and the form in which two spellings of a word are one. */
import { parameterValue } from "../header/parameters.ts";
import type { MimePart } from "../mime/structure.ts";
import { decodeCharset } from "./charset.ts";
import { htmlToText } from "./html.ts";
import { PREVIEW_LENGTH_MAX, SEARCH_TEXT_OCTETS_MAX } from "./limits.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

export type TextPart = Pick<MimePart, "type" | "subtype" | "parameters" | "encoding">;

/**
 * The decoded text of a text/* part: transfer encoding and charset undone, HTML without its tags. Empty for other types.
 * @param octets the part's body, `[bodyStart, bodyEnd)`; what lies beyond `SEARCH_TEXT_OCTETS_MAX` is not read.
 */
export function textForSearch(part: TextPart, octets: Uint8Array): string {
  if (part.type !== "text") return "";
  const decoded = decodeTransfer(octets.subarray(0, SEARCH_TEXT_OCTETS_MAX), part.encoding);
  const text = decodeCharset(decoded, parameterValue(part.parameters, "charset") ?? "");
  return part.subtype === "html" ? htmlToText(text) : text;
}

/**
 * Text as it is compared: compatibility forms are one (NFKC: full-width letters, ligatures), letters differ in no case (full
 * folding: `ß` is `ss`, `ς` is `σ`), what cannot be seen is gone, and white space is one space. Both sides of a comparison
 * go through here. Accents count: `u` does not find `ü`.
 */
export function foldForSearch(text: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII is what is asked for
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase().replace(/\s+/g, " ");
  return text
    .replace(MARKS_TOO_MANY, "$1")
    .normalize("NFKC")
    .toLowerCase() // first, for the capital `ẞ`
    .toUpperCase() // and back: this is what makes `ss` of `ß`
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll("ς", "σ")
    .replace(/[\u00ad\u200b-\u200d\u2060\ufeff]+/g, "")
    .replace(/\s+/g, " ");
}

/**
 * Marks behind one another beyond those that some script needs (UAX #15 §15.1 allows 30). Normal forms put marks in order,
 * which takes the square of their number: minutes for a message that is nothing else. The two half-width letters become marks.
 */
const MARKS_TOO_MANY = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

/** What a preview shows, and what it does not: white space, and what cannot be seen. Asked at a place (`lastIndex`). */
const VISIBLE = /[^\s\p{Cc}\u00ad\u200b-\u200f\u2060\ufeff]+/uy;
const INVISIBLE = /[\s\p{Cc}\u00ad\u200b-\u200f\u2060\ufeff]+/uy;

/** The beginning of a part's text on one line, at most `PREVIEW_LENGTH_MAX` characters. `octets` may be cut anywhere. */
export function previewText(part: TextPart, octets: Uint8Array): string {
  const text = textForSearch(part, octets);
  let line = "";
  // Made for every message that arrives: nothing is made of a match but what is shown.
  for (let at = endOf(INVISIBLE, text, 0); at < text.length && line.length < PREVIEW_LENGTH_MAX; ) {
    const end = endOf(VISIBLE, text, at);
    line += line === "" ? text.slice(at, end) : ` ${text.slice(at, end)}`;
    at = endOf(INVISIBLE, text, end);
  }
  // What a bound cut in two: a character of the charset, or a surrogate pair.
  return line.slice(0, PREVIEW_LENGTH_MAX).replace(/[\ufffd\ud800-\udbff]+$/, "");
}

/** Where what matches at `start` ends; `start` where nothing does. */
function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}
