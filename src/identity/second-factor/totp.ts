/** Codes of RFC 6238 as every authenticator takes them: SHA-1, six digits, 30 seconds. Pure. */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

const STEP_MS = 30_000;
const DIGITS = 6;
/** Steps around now: clocks of telephones are off by some seconds, and people type slowly (RFC 6238 §5.2). */
const WINDOW_STEPS = 1;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** @param digits the last ones of the number; others than six for test vectors alone. */
export function totpCode(secret: Uint8Array, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  // RFC 4226 §5.3: the last four bits say where the 31 bits stand.
  const number = mac.readUInt32BE(mac.readUInt8(mac.length - 1) & 15) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, "0");
}

export function totpStep(atMs: number): number {
  return Math.floor(atMs / STEP_MS);
}

/** The step that `code` belongs to; undefined: it is not right now. Takes as long whichever it is. */
export function matchingStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  if (!isTotpCode(code)) return undefined;
  const now = totpStep(nowMs);
  let matching: number | undefined;
  for (let step = Math.max(0, now - WINDOW_STEPS); step <= now + WINDOW_STEPS; step++) {
    if (timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(code))) matching = step;
  }
  return matching;
}

export function isTotpCode(code: string): boolean {
  return /^[0-9]{6}$/.test(code);
}

/** What a program reads from a QR code. What it takes for granted is not said: some read no more than they know. */
export function otpauthUri(
  secret: string,
  { issuer, address }: { readonly issuer: string; readonly address: string },
): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(address)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`;
}

/** Base 32 of RFC 4648 §6 without `=`, for octets in groups of five. */
export function base32(octets: Uint8Array): string {
  const bits = Array.from(octets, (octet) => octet.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((group) => BASE32[Number.parseInt(group, 2)]).join("");
}
