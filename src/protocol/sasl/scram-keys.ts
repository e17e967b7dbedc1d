/** What a server keeps of a password for SCRAM (RFC 5802 §3), and what can be made of it. */
import { createHash, createHmac } from "node:crypto";

/** As `node:crypto` calls it. */
export type ScramHash = "sha256" | "sha1";

export interface ScramKey {
  /** Of the password; undefined: nobody's, there to take as long as a real one. */
  readonly credentialId: number | undefined;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export interface FormerScramKey {
  /** Tells it from others; undefined: nobody's, there to take as long as a real one. */
  readonly name: string | undefined;
  readonly storedKey: Uint8Array;
}

export const SCRAM_HASH_OCTETS: Readonly<Record<ScramHash, number>> = { sha256: 32, sha1: 20 };

/** @param saltedPassword PBKDF2 of the prepared password with salt and iterations. */
export function scramKeysOf(
  saltedPassword: Uint8Array,
  hash: ScramHash,
): { readonly storedKey: Uint8Array; readonly serverKey: Uint8Array } {
  const clientKey = hmac(hash, saltedPassword, "Client Key");
  return {
    storedKey: createHash(hash).update(clientKey).digest(),
    serverKey: hmac(hash, saltedPassword, "Server Key"),
  };
}

export function hmac(hash: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}
