/** The decoded beginning or end of a part, without reading what is between. */
import { Buffer } from "node:buffer";
import type { MimePart } from "#mail/mime/structure.ts";
import { decodeBase64, decodeTransfer } from "#mail/text/transfer-encoding.ts";
import type { MessageOctets } from "./message-octets.ts";

type Body = Pick<MimePart, "bodyStart" | "bodyEnd" | "encoding">;

/** @param octetsMax encoded octets that are read. */
export async function headOfPart(part: Body, octets: MessageOctets, octetsMax: number): Promise<Uint8Array> {
  const end = Math.min(part.bodyEnd, part.bodyStart + octetsMax);
  return decodeTransfer(await octets.read(part.bodyStart, end), part.encoding);
}

/**
 * The end in each way in which it may be decoded: base64 that is cut anywhere has four, the most likely first.
 * @param octetsMax encoded octets that are read.
 */
export async function tailOfPart(part: Body, octets: MessageOctets, octetsMax: number): Promise<Iterable<Uint8Array>> {
  const start = Math.max(part.bodyStart, part.bodyEnd - octetsMax);
  const encoded = await octets.read(start, part.bodyEnd);
  if (part.encoding !== "base64" || start === part.bodyStart) return [decodeTransfer(encoded, part.encoding)];
  const digits = Buffer.from(encoded)
    .toString("latin1")
    .replace(/[^A-Za-z0-9+/=]+/g, "");
  return decodings(digits);
}

/** Groups of four end where the padding does, so counting from the end is right for what is padded. */
function* decodings(digits: string): Generator<Uint8Array> {
  const first = digits.length % 4;
  for (const shift of [0, 1, 2, 3]) yield decodeBase64(Buffer.from(digits.slice((first + shift) % 4), "latin1"));
}
