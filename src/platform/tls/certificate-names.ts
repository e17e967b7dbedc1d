import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** Does the certificate name one of these hosts (RFC 6125)? In subjectAltName alone: a common name is none (RFC 9525 §2). */
export function namesOneOf(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.some((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined
      : certificate.checkIP(name) !== undefined,
  );
}
