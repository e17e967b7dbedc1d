/**
 * A header as octets: where each field stands, and what it says as text. Nothing is unfolded or decoded before it is
 * asked for, so that a field list costs no more than a look at each line.
 */
import { Buffer, isAscii, isUtf8 } from "node:buffer";

/** Offsets into the header the field was found in. */
export interface HeaderField {
  /** Lower-case. */
  readonly name: string;
  readonly start: number;
  /** Just past the colon. */
  readonly valueStart: number;
  /** Past the last line's LF, or at the end of the header. */
  readonly end: number;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** A view of the same octets that has Buffer's methods. */
export function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * The fields of a header in their order. Lines that are no field (an mbox `From ` line, garbage) are passed over; the
 * empty line ends the list.
 */
export function splitFields(header: Uint8Array): HeaderField[] {
  const octets = asBuffer(header);
  const fields: HeaderField[] = [];
  let start = -1; // of the field at hand; -1 for none
  let colon = -1;
  let at = 0;
  const take = (): void => {
    if (start === -1) return;
    fields.push({ name: fieldName(octets, start, colon), start, valueStart: colon + 1, end: at });
    start = -1;
  };
  while (at < octets.length) {
    const lf = octets.indexOf(LF, at);
    const next = lf === -1 ? octets.length : lf + 1;
    const first = octets[at];
    if (first !== SPACE && first !== TAB) {
      take();
      if (first === LF || (first === CR && octets[at + 1] === LF)) return fields;
      colon = fieldColon(octets, at, next);
      if (colon !== -1) start = at;
    }
    at = next;
  }
  take();
  return fields;
}

/**
 * Offset of the colon of the field line in `[start, end)`, or -1 where it is no field line: the name is one or more
 * printable ASCII characters (RFC 5322 §3.6.8), and blanks may stand between it and the colon (§4.5).
 */
export function fieldColon(octets: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isNameOctet(octets[at]!)) at++;
  if (at === start) return -1;
  while (at < end && (octets[at] === SPACE || octets[at] === TAB)) at++;
  return at < end && octets[at] === COLON ? at : -1;
}

function isNameOctet(octet: number): boolean {
  return octet > SPACE && octet < 0x7f && octet !== COLON;
}

function fieldName(octets: Buffer, start: number, colon: number): string {
  let end = colon;
  while (octets[end - 1] === SPACE || octets[end - 1] === TAB) end--;
  return octets.toString("latin1", start, end).toLowerCase();
}

/**
 * The field's value as text: unfolded (RFC 5322 §2.2.3), without blanks at either end, without NULs and lone CRs.
 * Octets over 127 are UTF-8 where the whole value is valid UTF-8, Latin-1 otherwise.
 * @param octetsMax octets of the value that are read at most.
 */
export function fieldValue(header: Uint8Array, field: HeaderField, octetsMax = Number.POSITIVE_INFINITY): string {
  const end = Math.min(field.end, field.valueStart + octetsMax);
  return unfold(headerText(asBuffer(header), field.valueStart, end));
}

/** The value read octet by octet as Latin-1, for what must be turned back into the same octets. */
export function fieldValueLatin1(header: Uint8Array, field: HeaderField, octetsMax: number): string {
  return unfold(
    asBuffer(header).toString("latin1", field.valueStart, Math.min(field.end, field.valueStart + octetsMax)),
  );
}

function headerText(octets: Buffer, start: number, end: number): string {
  const value = octets.subarray(start, end);
  if (isAscii(value) || !isUtf8(value)) return value.toString("latin1");
  return value.toString("utf8");
}

function unfold(raw: string): string {
  const text = raw.trim();
  // oxlint-disable-next-line no-control-regex -- these controls are what is taken out
  return /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]/g, "").trim() : text;
}
