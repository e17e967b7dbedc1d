/** Headers changed on the way out: another transfer encoding, fields taken off, lines folded. */
import { Buffer } from "node:buffer";
import { asBuffer, splitFields } from "#mail/header/fields.ts";
import { FOLDED_LENGTH, LINE_OCTETS_MAX } from "./limits.ts";

const SPACE = 0x20;
const TAB = 0x09;
const CRLF = Buffer.from("\r\n");

export interface HeaderChange {
  /** Fields taken off, in lower case. */
  readonly without?: readonly string[];
  /** The new Content-Transfer-Encoding. */
  readonly encoding?: string;
  /** Fields that are put at the end where there is none of the name, as `Name: value` without CRLF. */
  readonly whereMissing?: readonly string[];
}

/** @param header of a part, its empty line included where it has one. */
export function changedHeader(header: Uint8Array, { without = [], encoding, whereMissing = [] }: HeaderChange): Buffer {
  const octets = asBuffer(header);
  const fields = splitFields(octets);
  const dropped = new Set(encoding === undefined ? without : [...without, "content-transfer-encoding"]);
  const added = whereMissing.filter((field) => !fields.some(({ name }) => name === nameOf(field)));
  if (encoding !== undefined) added.push(`Content-Transfer-Encoding: ${encoding}`);
  const end = fields.at(-1)?.end ?? 0;
  const pieces: Buffer[] = [];
  let from = 0;
  for (const field of fields.filter(({ name }) => dropped.has(name))) {
    pieces.push(octets.subarray(from, field.start));
    from = field.end;
  }
  pieces.push(octets.subarray(from, end));
  if (added.length > 0) pieces.push(Buffer.from(`${added.join("\r\n")}\r\n`, "latin1"));
  pieces.push(octets.subarray(end));
  return Buffer.concat(pieces);
}

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(":")).toLowerCase();
}

/** Folds lines that are longer than a server must take (RFC 5322 §2.2.3), at blanks. One without a blank stays as it is. */
export function foldedHeader(header: Uint8Array): Buffer {
  const octets = asBuffer(header);
  const pieces: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const found = octets.indexOf(CRLF, at);
    const end = found === -1 ? octets.length : found + CRLF.length;
    if (end - CRLF.length - at <= LINE_OCTETS_MAX) pieces.push(octets.subarray(at, end));
    else pieces.push(...foldedLine(octets.subarray(at, end)));
    at = end;
  }
  return Buffer.concat(pieces);
}

function foldedLine(line: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  while (line.length - start > FOLDED_LENGTH) {
    const cut = blankNear(line, start);
    if (cut === undefined) break;
    pieces.push(line.subarray(start, cut), CRLF);
    start = cut;
  }
  pieces.push(line.subarray(start));
  return pieces;
}

/** The last blank that keeps the line short, or the first one after; not inside the field's name, and with something before it. */
function blankNear(line: Buffer, start: number): number | undefined {
  const first = start === 0 ? line.indexOf(0x3a) + 2 : start + 1;
  for (let at = Math.min(start + FOLDED_LENGTH, line.length - 1); at > first; at--) if (isCut(line, at)) return at;
  for (let at = start + FOLDED_LENGTH; at < line.length - CRLF.length; at++) if (isCut(line, at)) return at;
  return undefined;
}

/** A blank with text before and behind it: a line of blanks alone would end the field for some readers. */
function isCut(line: Buffer, at: number): boolean {
  return isBlank(line[at]) && !isBlank(line[at - 1]) && (line[at + 1] ?? 0) > SPACE;
}

function isBlank(octet: number | undefined): boolean {
  return octet === SPACE || octet === TAB;
}
