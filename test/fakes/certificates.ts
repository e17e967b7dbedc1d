/** Certificates for tests: an authority, and what it signs. */
import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 60 * 60 * 1000;

export interface TestCertificate {
  readonly pem: string;
  readonly keyPem: string;
  readonly der: Buffer;
  readonly spki: Buffer;
  /** Signs another with this one's key. */
  issue(wanted: WantedCertificate): Promise<TestCertificate>;
  /** This one's list of what it has revoked, in PEM. @param endsAtMs when a newer one is due. */
  revoke(certificates: readonly TestCertificate[], endsAtMs?: number): Promise<string>;
}

export interface WantedCertificate {
  /** The first is the common name, too. */
  readonly names: readonly string[];
  /** Not named in subjectAltName. */
  readonly commonNameOnly?: boolean;
  readonly isAuthority?: boolean;
  /** Of authorities below this one. */
  readonly pathLength?: number;
  readonly expired?: boolean;
  /** Mail addresses in subjectAltName, in place of the names. */
  readonly emails?: readonly string[];
  readonly extensions?: readonly x509.Extension[];
}

interface Issuer {
  readonly name: string;
  readonly key: webcrypto.CryptoKey;
}

export function selfSigned(wanted: WantedCertificate): Promise<TestCertificate> {
  return make(wanted, undefined);
}

async function make(wanted: WantedCertificate, issuer: Issuer | undefined): Promise<TestCertificate> {
  const {
    names,
    commonNameOnly = false,
    isAuthority = false,
    pathLength,
    expired = false,
    extensions = [],
    emails,
  } = wanted;
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const name = `CN=${names[0]}`;
  const endsAtMs = Date.now() + (expired ? -1 : 30) * DAY_MS;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: issuer?.name ?? name,
    notBefore: new Date(endsAtMs - 60 * DAY_MS),
    notAfter: new Date(endsAtMs),
    publicKey: keys.publicKey,
    signingKey: issuer?.key ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, pathLength, true),
      ...(isAuthority
        ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)]
        : []),
      ...(isAuthority || commonNameOnly
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              emails?.map((value) => ({ type: "email", value })) ?? names.map((value) => ({ type: "dns", value })),
            ),
          ]),
      ...extensions,
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    pem: `${certificate.toString("pem")}\n`,
    keyPem: `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n`,
    der: Buffer.from(certificate.rawData),
    spki: Buffer.from(certificate.publicKey.rawData),
    issue: (next) => make(next, { name, key: keys.privateKey }),
    revoke: async (certificates, crlEndsAtMs = Date.now() + DAY_MS) => {
      const list = await x509.X509CrlGenerator.create({
        issuer: name,
        thisUpdate: new Date(crlEndsAtMs - 2 * DAY_MS),
        nextUpdate: new Date(crlEndsAtMs),
        entries: certificates.map(({ der }) => ({ serialNumber: new x509.X509Certificate(der).serialNumber })),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
      });
      return `${x509.PemConverter.encode(list.rawData, "X509 CRL")}\n`;
    },
  };
}
