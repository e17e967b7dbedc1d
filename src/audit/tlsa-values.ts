import { createHash, X509Certificate } from "node:crypto";

/**
 * TLSA values (`3 1 1 …`, RFC 7672 §3.1) for the certificates in use. None where an authority renews them: each renewal has
 * a new key, and a record of the old one would turn mail away from then on.
 */
export function tlsaValues(
  source: "self-signed" | "files" | "acme",
  certificatesPem: readonly string[],
): readonly string[] {
  if (source === "acme") return [];
  return certificatesPem.map((pem) => {
    const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
    return `3 1 1 ${createHash("sha256").update(key).digest("hex")}`;
  });
}
