import { SASL_RESPONSE_OCTETS_MAX } from "./limits.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The response as text; no part of it is repaired, because a repaired password is another password. */
export function responseText(
  octets: Uint8Array,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: "too-long" | "not-utf8" } {
  if (octets.length > SASL_RESPONSE_OCTETS_MAX) return { ok: false, reason: "too-long" };
  try {
    return { ok: true, text: utf8.decode(octets) };
  } catch {
    return { ok: false, reason: "not-utf8" };
  }
}
