/** Octets of a named charset as text. Never fails: an unknown name is answered with the best guess. */
import { Buffer, isAscii, isUtf8 } from "node:buffer";
import iconv from "iconv-lite";
import { CHARSET_NAME_LENGTH_MAX, DECODERS_KEPT_MAX } from "./limits.ts";

type Decode = (octets: Buffer) => string;

const decoders = new Map<string, Decode>();

/**
 * @param charset as named in the message; a language suffix (RFC 2231 §5) is ignored. Empty or unknown: UTF-8 where the octets are
 * valid UTF-8, Windows-1252 otherwise.
 */
export function decodeCharset(octets: Uint8Array, charset: string): string {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  return decoderFor(charset)(buffer);
}

function decoderFor(charset: string): Decode {
  const [name = ""] = charset.slice(0, CHARSET_NAME_LENGTH_MAX).trim().toLowerCase().split("*", 1);
  const known = decoders.get(name);
  if (known !== undefined) return known;
  const made = makeDecoder(name);
  // A full table is emptied: names come from strangers, and remaking a decoder costs little.
  if (decoders.size >= DECODERS_KEPT_MAX) decoders.clear();
  decoders.set(name, made);
  return made;
}

function makeDecoder(name: string): Decode {
  switch (name) {
    case "":
    case "us-ascii":
    case "ascii":
    case "ansi_x3.4-1968":
    case "unknown-8bit":
    case "x-unknown":
    case "default":
      return guess;
    case "utf-8":
    case "utf8":
      return (octets) => (isUtf8(octets) ? octets.toString("utf8") : guessBrokenUtf8(octets));
    default: {
      const decoder = textDecoder(name);
      if (decoder !== undefined) return (octets) => decoder.decode(octets);
      return iconv.encodingExists(name) ? (octets) => iconv.decode(octets, name) : guess;
    }
  }
}

function textDecoder(name: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(name);
  } catch {
    return undefined; // RangeError: no such label in the Encoding Standard
  }
}

/** RFC 3629 §3: no octet from this one on stands in UTF-8. */
const FIRST_NEVER_IN_UTF8 = 0xf5;
const windows1252 = new TextDecoder("windows-1252");
const lenientUtf8 = new TextDecoder("utf-8");

function guess(octets: Buffer): string {
  if (isAscii(octets)) return octets.toString("latin1");
  return isUtf8(octets) ? octets.toString("utf8") : windows1252.decode(octets);
}

/** Cut or damaged UTF-8 is shown with replacement characters; text with no UTF-8 in it at all was mislabelled. */
function guessBrokenUtf8(octets: Buffer): string {
  const text = lenientUtf8.decode(octets);
  const cutAtEnd = text.indexOf("\ufffd") === text.length - 1 && octets.at(-1)! < FIRST_NEVER_IN_UTF8;
  const someUtf8 = /[\u0080-\ufffc]|[\u{10000}-\u{10ffff}]/u.test(text);
  return cutAtEnd || someUtf8 ? text : windows1252.decode(octets);
}
