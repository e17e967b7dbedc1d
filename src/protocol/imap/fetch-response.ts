/** The FETCH response (RFC 3501 §7.4.2, RFC 3516 §4.3, RFC 7162 §3.1.4). */
import { Buffer } from "node:buffer";
import type { Envelope, MimePart } from "#mail/mime/structure.ts";
import type { DateTime } from "./command.ts";
import { formatDateTime } from "./date-time.ts";
import { encodeAstring } from "./encode-string.ts";
import { encodeEnvelope, encodeStructure } from "./encode-structure.ts";
import type { PartialRange, Section, SectionItem } from "./fetch-item.ts";
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
  | { readonly kind: "binary-size"; readonly path: readonly number[]; readonly octets: number }
  /** What `prepareValue` made of one of the others. */
  | { readonly kind: "prepared"; readonly text: string };

/** Octets in hand, octets of the stored message that the caller will read, or NIL: no such part. Partial already applied. */
export type FetchContent = Uint8Array | OctetRange | null;

/** Octets to send, or a range of the stored message to send at this place. */
export type FetchPiece = Uint8Array | OctetRange;

/** `* n FETCH (…)` with its CRLF, cut where octets of the stored message go. */
export function encodeFetch(
  sequence: number,
  values: readonly FetchValue[],
  options: EncodeOptions,
): readonly FetchPiece[] {
  const pieces: FetchPiece[] = [];
  let text = `* ${sequence} FETCH (`;
  for (const [index, value] of values.entries()) {
    text += `${index === 0 ? "" : " "}${encodeValue(value, options)}`;
    if (value.kind !== "section" && value.kind !== "binary") continue;
    const { content } = value;
    text += ` ${announce(content, value.kind === "binary")}`;
    if (content === null || sizeOf(content) === 0) continue;
    pieces.push(Buffer.from(text, "latin1"), content);
    text = "";
  }
  pieces.push(Buffer.from(`${text})\r\n`, "latin1"));
  return pieces;
}

/** A value as it stands in the response, one octet a character, to be used again; undefined where its octets are not in hand. */
export function prepareValue(value: FetchValue, options: EncodeOptions): string | undefined {
  const name = encodeValue(value, options);
  if (value.kind !== "section" && value.kind !== "binary") return name;
  const { content } = value;
  const announced = `${name} ${announce(content, value.kind === "binary")}`;
  if (content === null || sizeOf(content) === 0) return announced;
  if (!(content instanceof Uint8Array)) return undefined;
  return announced + Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
}

/** NIL, the empty string, or the announcement of a literal. */
function announce(content: FetchContent, binary: boolean): string {
  if (content === null) return "NIL";
  const size = sizeOf(content);
  if (size === 0) return '""';
  // RFC 3516 §4.3: NUL needs a literal8. What is in a range nobody has looked at yet.
  const mayHoldNul = binary && (!(content instanceof Uint8Array) || content.includes(0));
  return `${mayHoldNul ? "~" : ""}{${size}}\r\n`;
}

function sizeOf(content: Uint8Array | OctetRange): number {
  return content instanceof Uint8Array ? content.length : content.end - content.start;
}

/** Name and value; of a section or BINARY the name alone. */
function encodeValue(value: FetchValue, options: EncodeOptions): string {
  switch (value.kind) {
    case "envelope":
      return `ENVELOPE ${encodeEnvelope(value.envelope, options)}`;
    case "flags":
      return `FLAGS (${value.flags.join(" ")})`;
    case "internal-date":
      return `INTERNALDATE "${formatDateTime(value.date)}"`;
    case "size":
      return `RFC822.SIZE ${value.octets}`;
    case "uid":
      return `UID ${value.uid}`;
    case "mod-sequence":
      return `MODSEQ (${value.modSeq})`;
    case "body":
      return `BODY ${encodeStructure(value.root, false, options)}`;
    case "body-structure":
      return `BODYSTRUCTURE ${encodeStructure(value.root, true, options)}`;
    case "section":
      return nameOfSection(value.item);
    case "binary":
      return `BINARY[${value.path.join(".")}]${originOf(value.partial)}`;
    case "binary-size":
      return `BINARY.SIZE[${value.path.join(".")}] ${value.octets}`;
    case "prepared":
      return value.text;
  }
}

/** `BODY[…]` as the answer names it. */
export function nameOfSection({ spelling, section, partial }: SectionItem): string {
  return spelling === "BODY" ? `BODY[${formatSection(section)}]${originOf(partial)}` : spelling;
}

/** `1.2.HEADER.FIELDS (Subject)`: words in upper case, field names as the client wrote them. */
export function formatSection({ path, text }: Section): string {
  return [...path, ...(text === null ? [] : [formatSectionText(text)])].join(".");
}

function formatSectionText(text: NonNullable<Section["text"]>): string {
  if (text.kind !== "header-fields") return text.kind.toUpperCase();
  const names = text.names.map((name) => encodeAstring(name, { utf8: false })).join(" ");
  return `HEADER.FIELDS${text.not ? ".NOT" : ""} (${names})`;
}

/** The answer names where a partial starts, not how long it was asked to be. */
function originOf(partial: PartialRange | null): string {
  return partial === null ? "" : `<${partial.start}>`;
}
