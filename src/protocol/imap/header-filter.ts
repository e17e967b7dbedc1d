/** HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 §6.4.5) over the octets of a header. */
import { Buffer } from "node:buffer";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const EMPTY_LINE = Buffer.from("\r\n");

/**
 * The fields named (or, with `not`, all others) octet for octet and in their order, and an empty line. In time linear in
 * the header.
 *
 * @param names in any case.
 */
export function filterHeader(header: Uint8Array, names: readonly string[], not: boolean): Uint8Array {
  const octets = Buffer.from(header.buffer, header.byteOffset, header.length);
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const kept: Buffer[] = [];
  for (let start = 0; start < octets.length; ) {
    const end = fieldEnd(octets, start);
    if (isEmptyLine(octets, start)) break;
    if (wanted.has(fieldName(octets.subarray(start, end))) !== not) kept.push(octets.subarray(start, end));
    start = end;
  }
  if (kept.at(-1)?.at(-1) !== LF && kept.length > 0) kept.push(EMPTY_LINE);
  return Buffer.concat([...kept, EMPTY_LINE]);
}

/** Behind the field that starts here, the lines that continue it included. */
function fieldEnd(octets: Buffer, start: number): number {
  for (let at = start; ; ) {
    const lineFeed = octets.indexOf(LF, at);
    if (lineFeed === -1) return octets.length;
    at = lineFeed + 1;
    if (octets[at] !== SPACE && octets[at] !== TAB) return at;
  }
}

function isEmptyLine(octets: Buffer, at: number): boolean {
  return octets[at] === LF || (octets[at] === CR && octets[at + 1] === LF);
}

/** In lower case; empty where there is none. */
function fieldName(field: Buffer): string {
  const colon = field.indexOf(COLON);
  // RFC 5322 §4.5: white space before the colon is obsolete, not absent.
  return field.toString("latin1", 0, Math.max(0, colon)).trimEnd().toLowerCase();
}
