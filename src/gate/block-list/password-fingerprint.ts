import { createHmac } from "node:crypto";

/** Octets of the hash: enough that two passwords never share one. */
const FINGERPRINT_OCTETS = 16;

/**
 * What stands for a password where wrong ones are compared: a keyed hash. The key is made when the process starts and is
 * never stored, so that no dump of the ledger can be tried against a word list.
 */
export function passwordFingerprint(key: Uint8Array, password: string): string {
  return createHmac("sha256", key).update(password).digest().subarray(0, FINGERPRINT_OCTETS).toString("base64url");
}
