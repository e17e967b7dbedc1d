/**
 * Proof that one has the secret of a code, bound to the keys of both nodes: what is overheard or sent on by a third is of no
 * use to it. Either side proves it to the other.
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

export interface ProofFacts {
  readonly secret: Uint8Array;
  /** Fingerprints of the keys as each side sees them in the TLS session. */
  readonly joining: string;
  readonly inviting: string;
}

/** Lower-case hexadecimal. */
export function pairingProof(by: "joining" | "inviting", { secret, joining, inviting }: ProofFacts): string {
  return createHmac("sha256", secret).update(`postern pair ${by}\n${joining}\n${inviting}`).digest("hex");
}

/** In a time that tells nothing of how much was right. */
export function isProof(given: string, by: "joining" | "inviting", facts: ProofFacts): boolean {
  const expected = Buffer.from(pairingProof(by, facts), "hex");
  const octets = Buffer.from(given, "hex");
  return octets.length === expected.length && timingSafeEqual(octets, expected);
}
