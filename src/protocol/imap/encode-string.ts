/**
 * Strings as a server sends them (RFC 3501 §9 `astring`, `nstring`, `quoted`, `literal`). Results hold one octet to a
 * character, so that they can be joined and made octets of at once.
 */
import { Buffer } from "node:buffer";
import { encodeModifiedUtf7 } from "./mailbox-name.ts";
import type { EncodeOptions } from "./response.ts";

const ASTRING_ATOM = /^[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+$/;
/** What goes between quotes as it is, in any session: nearly every string. */
const PLAIN = /^[^\0\r\n"\\\x80-\uffff]*$/;
const NON_ASCII = /[^\0-\x7f]/;
const NUL = /\0/g;
// oxlint-disable-next-line no-control-regex -- these are what a line of text may not hold
const CONTROLS = /[\0-\x1f\x7f]+/g;

/** `text` as UTF-8, one octet a character. */
export function utf8Octets(text: string): string {
  return NON_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** `string` of Unicode: quoted where that can hold it, else a literal. NUL fits into neither and becomes `?`. */
export function encodeString(text: string, { utf8 }: EncodeOptions): string {
  return PLAIN.test(text) ? `"${text}"` : encodeOctets(utf8Octets(text), { eightBitQuoted: utf8 });
}

/** @param text null is NIL. */
export function encodeNstring(text: string | null, options: EncodeOptions): string {
  return text === null ? "NIL" : encodeString(text, options);
}

/** `string` of octets, one a character. */
function encodeOctets(octets: string, { eightBitQuoted }: { readonly eightBitQuoted: boolean }): string {
  const sendable = octets.replace(NUL, "?");
  if (/[\r\n]/.test(sendable) || (!eightBitQuoted && NON_ASCII.test(sendable))) {
    return `{${sendable.length}}\r\n${sendable}`;
  }
  return `"${sendable.replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** `astring` of octets, one a character: an atom where it can be one. NIL is quoted, so that no reader takes it for none. */
export function encodeAstring(octets: string, options: EncodeOptions): string {
  if (ASTRING_ATOM.test(octets) && octets.toUpperCase() !== "NIL") return octets;
  return encodeOctets(octets, { eightBitQuoted: options.utf8 });
}

/** `mailbox`, in the encoding the session speaks. */
export function encodeMailbox(name: string, options: EncodeOptions): string {
  return encodeAstring(options.utf8 ? utf8Octets(name) : encodeModifiedUtf7(name), options);
}

/** Text for people at the end of a line: neither line ends nor, before UTF8=ACCEPT, anything but ASCII. */
export function encodeText(text: string, { utf8 }: EncodeOptions): string {
  const oneLine = text.replace(CONTROLS, " ");
  return utf8 ? utf8Octets(oneLine) : oneLine.replace(/[^\0-\x7f]/gu, "?");
}
