/** Where the sections of a message stand (RFC 3501 §6.4.5), found in its MIME structure alone. */
import type { MimePart } from "#mail/mime/structure.ts";
import type { PartialRange, Section } from "./fetch-item.ts";

/** Octets `[start, end)` of the message. */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}

/** Where a section stands. */
export type SectionPlace =
  | ({ readonly kind: "octets" } & OctetRange)
  /** Read this header, then `filterHeader` it. */
  | ({ readonly kind: "header-fields"; readonly not: boolean; readonly names: readonly string[] } & OctetRange);

/** Null: there is no such part; the answer is NIL. */
export function resolveSection(root: MimePart, sizeOctets: number, { path, text }: Section): SectionPlace | null {
  const part = findPart(root, path);
  if (part === undefined) return null;
  const isRoot = path.length === 0;
  if (text === null) return octets(isRoot ? { start: 0, end: sizeOctets } : bodyOf(part));
  if (text.kind === "mime") return isRoot ? null : octets(headerOf(part));
  // HEADER and TEXT are those of a message: the whole one, or the one a part holds.
  const message = isRoot ? root : part.message?.root;
  if (message === undefined) return null;
  if (text.kind === "header") return octets(headerOf(message));
  if (text.kind === "text") return octets(isRoot ? { start: root.bodyStart, end: sizeOctets } : bodyOf(message));
  return { kind: "header-fields", not: text.not, names: text.names, ...headerOf(message) };
}

/** What BINARY decodes: a range, and the Content-Transfer-Encoding it stands in, lower case. */
export interface BinaryPlace extends OctetRange {
  readonly encoding: string;
}

/** RFC 3516 §4.2. The whole message for an empty path; what has parts is not encoded itself. Null: no such part. */
export function resolveBinary(root: MimePart, sizeOctets: number, path: readonly number[]): BinaryPlace | null {
  if (path.length === 0) return { encoding: "binary", start: 0, end: sizeOctets };
  const part = findPart(root, path);
  if (part === undefined) return null;
  const encoding = part.parts !== undefined || part.message !== undefined ? "binary" : part.encoding;
  return { encoding, ...bodyOf(part) };
}

/**
 * The part at a path. The first number of a message counts the parts of its multipart, or is 1 for its only body; below a
 * part that holds a message, numbers go on in that message.
 */
function findPart(root: MimePart, path: readonly number[]): MimePart | undefined {
  let part: MimePart | undefined = root;
  let atMessage = true;
  for (const number of path) {
    if (!atMessage && part.message !== undefined) {
      part = part.message.root;
      atMessage = true;
    }
    if (isMultipart(part)) part = childOf(part, number);
    else if (!atMessage || number !== 1) return undefined;
    if (part === undefined) return undefined;
    atMessage = false;
  }
  return part;
}

function isMultipart(part: MimePart): boolean {
  return part.parts !== undefined || part.type === "multipart";
}

/** A multipart without parts has one empty part all the same, as its BODYSTRUCTURE says. */
function childOf(multipart: MimePart, number: number): MimePart | undefined {
  const { parts = [], bodyEnd } = multipart;
  if (parts.length > 0) return parts[number - 1];
  if (number !== 1) return undefined;
  const { parts: _, ...single } = multipart;
  return { ...single, type: "text", subtype: "plain", headerStart: bodyEnd, bodyStart: bodyEnd };
}

function octets(range: OctetRange): SectionPlace {
  return { kind: "octets", ...range };
}

function headerOf({ headerStart, bodyStart }: MimePart): OctetRange {
  return { start: headerStart, end: bodyStart };
}

function bodyOf({ bodyStart, bodyEnd }: MimePart): OctetRange {
  return { start: bodyStart, end: bodyEnd };
}

/** What `<start.length>` leaves of a range. */
export function applyPartial({ start, end }: OctetRange, partial: PartialRange | null): OctetRange {
  if (partial === null) return { start, end };
  const from = Math.min(start + partial.start, end);
  return { start: from, end: Math.min(from + partial.length, end) };
}
