import "reflect-metadata"; // @peculiar/x509 finds its algorithms through it
import { AuthorityKeyIdentifierExtension, X509Certificate } from "@peculiar/x509";

/** The name of a certificate for its authority (RFC 9773 §4.1); undefined where it does not name the authority's key. */
export function renewalId(certificatePem: string): string | undefined {
  const certificate = new X509Certificate(certificatePem);
  const { keyId } = certificate.getExtension(AuthorityKeyIdentifierExtension) ?? {};
  if (keyId === undefined) return undefined;
  const serial = certificate.serialNumber;
  // As it stands in DER: a first octet from 80 on would be a negative number.
  const octets = Buffer.from(/^[89a-f]/i.test(serial) ? `00${serial}` : serial, "hex");
  return `${Buffer.from(keyId, "hex").toString("base64url")}.${octets.toString("base64url")}`;
}
