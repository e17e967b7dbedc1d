/** Secrets that have to be read again, as they lie in the store: of no use to who has the store without the key beside it. */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "#ports/random.ts";

/** Of AES-256. */
export const SEAL_KEY_OCTETS = 32;
/** Of GCM (NIST SP 800-38D §8.2.2: at random for less than 2^32 secrets a key). */
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;

/** @param owner whose it is: put to another account it does not open. */
export function seal(secret: Uint8Array, key: Uint8Array, owner: string, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_OCTETS);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(owner));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined: another key, another owner, or not as it was sealed. */
export function unseal(sealed: Uint8Array, key: Uint8Array, owner: string): Uint8Array | undefined {
  if (sealed.length < NONCE_OCTETS + TAG_OCTETS) return undefined;
  const end = sealed.length - TAG_OCTETS;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_OCTETS), {
    authTagLength: TAG_OCTETS,
  });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_OCTETS, end)), decipher.final()]);
  } catch {
    return undefined;
  }
}
