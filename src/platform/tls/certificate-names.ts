import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** The host names of subjectAltName in their order; those that hold anything but a host name's characters are left out. */
export function dnsNames({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return subjectAltName.split(", ").flatMap((entry) => /^DNS:([\w.*-]+)$/.exec(entry)?.[1]?.toLowerCase() ?? []);
}

/** Does the certificate name one of these hosts (RFC 6125)? In subjectAltName alone: a common name is none (RFC 9525 §2). */
export function namesOneOf(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.some((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined
      : certificate.checkIP(name) !== undefined,
  );
}
