/** Content-Transfer-Encoding undone piece by piece: parts of any size pass through little memory, and keep nobody waiting. */
import { Buffer } from "node:buffer";
import { QUOTED_LINE_OCTETS_MAX } from "./limits.ts";
import { decodeBase64, decodeQuotedPrintable } from "./transfer-encoding.ts";

export interface Decode {
  push(octets: Uint8Array): Uint8Array;
  /** What was held back for want of its rest. */
  end(): Uint8Array;
}

export type Decoder = () => Decode;

/** Undefined for an encoding nobody knows. */
export function decoderFor(encoding: string): Decoder | "identity" | undefined {
  switch (encoding) {
    case "7bit":
    case "8bit":
    case "binary":
      return "identity";
    case "base64":
      return () => inPieces(decodeBase64, wholeQuanta);
    case "quoted-printable":
      return () => inPieces(decodeQuotedPrintable, wholeLines);
    default:
      return undefined;
  }
}

const NOTHING = new Uint8Array(0);
const LF = 0x0a;
const EQUALS = 0x3d;
const BLANKS: readonly (number | undefined)[] = [0x20, 0x09];
const DIGIT = /[A-Za-z0-9+/_-]/;
const digits = Array.from({ length: 256 }, (_, octet) => DIGIT.test(String.fromCharCode(octet)));

/** @param settled splits octets into those that can be decoded without what follows, and those that wait. */
function inPieces(
  decode: (octets: Uint8Array) => Uint8Array,
  settled: (octets: Uint8Array) => readonly [Uint8Array, Uint8Array],
): Decode {
  let held: Uint8Array = NOTHING;
  return {
    push(octets) {
      const [ready, rest] = settled(held.length === 0 ? octets : Buffer.concat([held, octets]));
      held = rest;
      return decode(ready);
    },
    end() {
      const rest = held;
      held = NOTHING;
      return decode(rest);
    },
  };
}

/** Cuts base64 behind the last four digits that belong together. Of the rest only digits matter. */
function wholeQuanta(octets: Uint8Array): readonly [Uint8Array, Uint8Array] {
  let count = 0;
  let end = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] ?? 0;
    if (octet === EQUALS) count = 0;
    else if (digits[octet] === true) count = (count + 1) % 4;
    if (count === 0) end = i + 1;
  }
  return [octets.subarray(0, end), octets.slice(end).filter((octet) => digits[octet] === true)];
}

/** Cuts quoted-printable behind its last line; a line without end where neither an escape nor white space is split. */
function wholeLines(octets: Uint8Array): readonly [Uint8Array, Uint8Array] {
  let end = octets.lastIndexOf(LF) + 1;
  if (octets.length - end >= QUOTED_LINE_OCTETS_MAX) {
    end = octets.length;
    while (end > 0 && (BLANKS.includes(octets[end - 1]) || octets.subarray(end - 2, end).includes(EQUALS))) end--;
    if (end === 0) end = octets.length;
  }
  return [octets.subarray(0, end), octets.slice(end)];
}
