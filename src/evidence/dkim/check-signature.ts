/** The arithmetic: does this key's owner stand behind these octets? Pure; nothing here waits for anything. */
import { Buffer } from "node:buffer";
import { createHash, verify } from "node:crypto";
import type { SignatureProblem } from "./evidence.ts";
import type { PublicKey } from "./key-record.ts";
import type { SignatureAlgorithm } from "./signature.ts";

/** @param signature in base64. */
export function checkSignature(
  data: Uint8Array,
  signature: string,
  algorithm: SignatureAlgorithm,
  { key, type }: PublicKey,
): SignatureProblem | undefined {
  if (algorithm !== `${type}-sha256`) return { kind: "key-type" };
  const octets = Buffer.from(signature, "base64");
  const isGood =
    type === "rsa"
      ? verify("sha256", data, key, octets)
      : // RFC 8463 §3: the signature is over the hash.
        verify(null, createHash("sha256").update(data).digest(), key, octets);
  return isGood ? undefined : { kind: "bad-signature" };
}
