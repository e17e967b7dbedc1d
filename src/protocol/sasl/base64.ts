/** The base64 of SASL exchanges (RFC 4648 §4, as RFC 4954, 3501 and 5034 use it): one spelling for each value. */
import { Buffer } from "node:buffer";
import { SASL_LINE_OCTETS_MAX } from "./limits.ts";

/** What a client says instead of a response to end the exchange (RFC 4954 §4, RFC 5034 §4, RFC 3501 §6.2.2). */
export const SASL_CANCEL = "*";

/**
 * Decodes one response. `=` is the empty response where it stands beside the command (RFC 4954 §4), and so is an empty
 * line after a challenge. Undefined for anything else than canonical, padded base64, and past `SASL_LINE_OCTETS_MAX`.
 */
export function decodeSaslBase64(text: string): Uint8Array | undefined {
  if (text === "=") return new Uint8Array(0);
  if (text.length > SASL_LINE_OCTETS_MAX) return undefined;
  const octets = Buffer.from(text, "base64");
  // Buffer skips what it does not know; a text that comes out the same holds nothing of the kind.
  return octets.toString("base64") === text ? octets : undefined;
}

/** Encodes a challenge; the empty one is the empty text. */
export function encodeSaslBase64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("base64");
}
