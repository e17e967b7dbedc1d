/** The transfer encodings of RFC 2045 §6, undone. Tolerant and linear: damaged input gives what can be read of it. */
import { Buffer } from "node:buffer";

const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const UNDERSCORE = 0x5f;
const NOT_A_DIGIT = 0xff;

const hexDigits = table("0123456789ABCDEF", "0123456789abcdef");
const base64Digits = table(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  // The URL-safe alphabet (RFC 4648 §5) differs in the last two, and is met in mail.
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
);

/** @param encoding lower-case, as in the part's index; an unknown one or an identity leaves the octets as they are. */
export function decodeTransfer(octets: Uint8Array, encoding: string): Uint8Array {
  switch (encoding) {
    case "quoted-printable":
      return decodeQuotedPrintable(octets);
    case "base64":
      return decodeBase64(octets);
    default:
      return octets;
  }
}

/** RFC 2045 §6.7. White space at the end of a line was added on the way and goes; an equals sign that starts nothing stays. */
export function decodeQuotedPrintable(octets: Uint8Array): Uint8Array {
  const decoded = Buffer.allocUnsafe(octets.length);
  let length = 0;
  let at = 0;
  while (at < octets.length) {
    const octet = octets[at]!;
    if (octet === SPACE || octet === TAB) {
      const end = blanksEnd(octets, at);
      if (end < octets.length && lineBreakLength(octets, end) === 0) {
        while (at < end) decoded[length++] = octets[at++]!;
      }
      at = end;
      continue;
    }
    if (octet !== EQUALS) {
      decoded[length++] = octet;
      at++;
      continue;
    }
    const value = hexOctet(octets, at + 1);
    if (value !== undefined) {
      decoded[length++] = value;
      at += 3;
      continue;
    }
    const end = blanksEnd(octets, at + 1);
    const lineBreak = lineBreakLength(octets, end);
    if (lineBreak > 0 || end === octets.length) at = end + lineBreak;
    else decoded[length++] = octets[at++]!;
  }
  return decoded.subarray(0, length);
}

/** The Q encoding of header words (RFC 2047 §4.2). */
export function decodeQ(octets: Uint8Array): Uint8Array {
  const decoded = Buffer.allocUnsafe(octets.length);
  let length = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!;
    const value = octet === EQUALS ? hexOctet(octets, at + 1) : undefined;
    if (value !== undefined) at += 2;
    decoded[length++] = value ?? (octet === UNDERSCORE ? SPACE : octet);
  }
  return decoded.subarray(0, length);
}

/** RFC 2045 §6.8. What is not of the alphabet is passed over; padding ends one run of digits, and another may follow. */
export function decodeBase64(octets: Uint8Array): Uint8Array {
  const decoded = Buffer.allocUnsafe(Math.ceil((octets.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!;
    const digit = base64Digits[octet]!;
    if (digit === NOT_A_DIGIT) {
      if (octet === EQUALS) count = 0;
      continue;
    }
    bits = ((bits << 6) | digit) & 0xffffff;
    count++;
    // Each digit from the second on completes one octet of its group of four.
    if (count === 2) decoded[length++] = (bits >> 4) & 0xff;
    else if (count === 3) decoded[length++] = (bits >> 2) & 0xff;
    else if (count === 4) {
      decoded[length++] = bits & 0xff;
      count = 0;
    }
  }
  return decoded.subarray(0, length);
}

function blanksEnd(octets: Uint8Array, start: number): number {
  let at = start;
  while (octets[at] === SPACE || octets[at] === TAB) at++;
  return at;
}

function lineBreakLength(octets: Uint8Array, at: number): number {
  if (octets[at] === LF) return 1;
  return octets[at] === CR && octets[at + 1] === LF ? 2 : 0;
}

function hexOctet(octets: Uint8Array, at: number): number | undefined {
  if (at + 1 >= octets.length) return undefined;
  const high = hexDigits[octets[at]!]!;
  const low = hexDigits[octets[at + 1]!]!;
  return high === NOT_A_DIGIT || low === NOT_A_DIGIT ? undefined : (high << 4) | low;
}

function table(...alphabets: readonly string[]): Uint8Array {
  const values = new Uint8Array(256).fill(NOT_A_DIGIT);
  for (const alphabet of alphabets) {
    for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;
  }
  return values;
}
