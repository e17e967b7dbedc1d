/**
 * Mailbox names: modified UTF-7 on the wire (RFC 3501 §5.1.3), UTF-8 once UTF8=ACCEPT is enabled (RFC 6855 §3), Unicode
 * in NFC here.
 */
import { Buffer } from "node:buffer";
import { decodeUtf8 } from "./cursor.ts";
import { MAILBOX_NAME_LENGTH_MAX } from "./limits.ts";

const PRINTABLE_ASCII = /^[ -~]*$/;
const SHIFTED = /&([A-Za-z0-9+,]*)-/g;
const TO_SHIFT = /&|[^ -~]+/gu;
/** RFC 6855 §3: control characters and the line and paragraph separators. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const FORBIDDEN = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;
const INBOX = /^inbox(?=\/|$)/i;

/** A name as sent, octets one a character. Undefined: not a name in the encoding that is spoken. */
export function decodeMailboxName(octets: string, options: { readonly utf8: boolean }): string | undefined {
  const decoded = options.utf8 ? decodeUtf8(octets) : decodeModifiedUtf7(octets);
  if (decoded === undefined || FORBIDDEN.test(decoded)) return undefined;
  // Whoever keeps names refuses one of this length. Marks in it would take the square of their number to be put in order.
  if (decoded.length > MAILBOX_NAME_LENGTH_MAX) return decoded;
  return decoded.normalize("NFC").replace(INBOX, "INBOX");
}

/** Strict: what one name can be written as is one text, so what does not come out again as it went in is refused. */
export function decodeModifiedUtf7(text: string): string | undefined {
  if (!PRINTABLE_ASCII.test(text)) return undefined;
  if (!text.includes("&")) return text;
  const decoded = text.replace(SHIFTED, (_, base64: string) => (base64 === "" ? "&" : decodeShifted(base64)));
  return decoded.isWellFormed() && encodeModifiedUtf7(decoded) === text ? decoded : undefined;
}

/** @param text well-formed Unicode. */
export function encodeModifiedUtf7(text: string): string {
  return text.replace(TO_SHIFT, (run) => (run === "&" ? "&-" : `&${encodeShifted(run)}-`));
}

function decodeShifted(base64: string): string {
  const utf16 = Buffer.from(base64.replaceAll(",", "/"), "base64");
  return utf16.length % 2 === 0 ? utf16.swap16().toString("utf16le") : "";
}

function encodeShifted(run: string): string {
  const base64 = Buffer.from(run, "utf16le").swap16().toString("base64");
  return base64.replaceAll("/", ",").replace(/=+$/, "");
}
