import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "./server-tls.ts";

/** The longest life that all mail clients take (Apple's bound is 825 days). */
const LIFETIME_MS = 825 * 24 * 60 * 60 * 1000;
/** Clocks of clients differ: valid from a day ago. */
const BACKDATED_MS = 24 * 60 * 60 * 1000;
const SERIAL_OCTETS = 16;

const ALGORITHMS = {
  ecdsa: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
} as const;

/** Makes a key and a certificate for `names` (host names and IP addresses) signed by itself. */
export async function makeSelfSigned(
  names: readonly [string, ...string[]],
  nowMs: number,
  keyType: "ecdsa" | "rsa" = "ecdsa",
): Promise<KeyPair> {
  const algorithm = ALGORITHMS[keyType];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [names[0]] }],
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs - BACKDATED_MS + LIFETIME_MS),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    certificatePem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
  };
}

/** Positive, as RFC 5280 §4.1.2.2 wants it. */
function serialNumber(): string {
  const octets = webcrypto.getRandomValues(new Uint8Array(SERIAL_OCTETS));
  octets[0] = (octets[0] ?? 0) & 0x7f;
  return Buffer.from(octets).toString("hex");
}
