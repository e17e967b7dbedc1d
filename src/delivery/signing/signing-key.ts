/** Keys that sign mail (RFC 6376 §3.6.1, RFC 8463 §4.2): how they are made, and what of them is published. */
import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { RSA_BITS } from "./limits.ts";

export type SigningAlgorithm = "rsa-sha256" | "ed25519-sha256";

export interface SigningKey {
  /** A-labels. */
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);

/** @returns PKCS#8 in PEM. */
export async function makePrivateKey(algorithm: SigningAlgorithm): Promise<string> {
  const { privateKey } =
    algorithm === "rsa-sha256" ? await generate("rsa", { modulusLength: RSA_BITS }) : await generate("ed25519", {});
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The value of the TXT record at `SELECTOR._domainkey.DOMAIN`. */
export function keyRecord(privateKeyPem: string, algorithm: SigningAlgorithm): string {
  const publicKey = createPublicKey(privateKeyPem);
  const der = publicKey.export({ type: "spki", format: "der" });
  if (algorithm === "rsa-sha256") return `v=DKIM1; k=rsa; p=${der.toString("base64")}`;
  // The key itself stands at the end of the structure around it: 32 octets (RFC 8463 §4.2).
  return `v=DKIM1; k=ed25519; p=${Buffer.from(der.subarray(-ED25519_OCTETS)).toString("base64")}`;
}

const ED25519_OCTETS = 32;
