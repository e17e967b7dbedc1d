/**
 * Binary parts of an appended message put into base64 (RFC 3516 §4.4): what IMAP hands out later in BODY[] must not hold
 * NUL, and most software that reads it knows no `binary`.
 */
import { Buffer } from "node:buffer";
import type { MimePart } from "#mail/mime/structure.ts";

const NUL = 0;
/** With its continuation lines and line end. */
const ENCODING_FIELD = /^content-transfer-encoding[ \t]*:.*(?:\r?\n[ \t].*)*\r?\n/im;
const BASE64_LINE = /.{1,76}/g; // RFC 2045 §6.8

/** Octets `[start, end)` of the message and what stands there instead. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: Uint8Array;
}

/** The message without binary parts; undefined where NUL stands outside of what can be encoded. */
export function encodeBinaryParts(message: Uint8Array, root: MimePart): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, replacement } of editsOf(message, root)) {
    pieces.push(message.subarray(at, start), replacement);
    at = end;
  }
  if (at === 0) return message.includes(NUL) ? undefined : message;
  const encoded = Buffer.concat([...pieces, message.subarray(at)]);
  return encoded.includes(NUL) ? undefined : encoded;
}

/** True when a part would have to be encoded. */
export function hasBinaryParts(part: MimePart): boolean {
  const inner = innerParts(part);
  return inner === undefined ? part.encoding === "binary" : inner.some(hasBinaryParts);
}

/** Ascending. */
function* editsOf(message: Uint8Array, part: MimePart): Generator<Edit> {
  const inner = innerParts(part);
  if (inner !== undefined) {
    if (part.encoding === "binary") yield encodingEdit(message, part, "8bit");
    for (const each of inner) yield* editsOf(message, each);
    return;
  }
  const body = message.subarray(part.bodyStart, part.bodyEnd);
  const encodable = part.encoding === "7bit" || part.encoding === "8bit";
  if (part.encoding !== "binary" && !(encodable && body.includes(NUL))) return;
  yield encodingEdit(message, part, "base64");
  yield { start: part.bodyStart, end: part.bodyEnd, replacement: toBase64(body) };
}

/** Children of a multipart, the message of a message part; undefined for what holds octets. */
function innerParts(part: MimePart): readonly MimePart[] | undefined {
  return part.parts ?? (part.message === undefined ? undefined : [part.message.root]);
}

function encodingEdit(message: Uint8Array, part: MimePart, encoding: string): Edit {
  const header = Buffer.from(message.subarray(part.headerStart, part.bodyStart)).toString("latin1");
  const field = ENCODING_FIELD.exec(header);
  const start = part.headerStart + (field?.index ?? 0);
  const replacement = Buffer.from(`Content-Transfer-Encoding: ${encoding}\r\n`);
  return { start, end: start + (field?.[0].length ?? 0), replacement };
}

function toBase64(octets: Uint8Array): Uint8Array {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("base64");
  return Buffer.from((text.match(BASE64_LINE) ?? []).map((line) => `${line}\r\n`).join(""));
}
