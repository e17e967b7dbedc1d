/** Holds a server's certificates against TLSA records as RFC 7672 says for SMTP: usages 2 and 3. */
import { createHash, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { BasicConstraintsExtension, X509Certificate as ReadCertificate } from "@peculiar/x509";
import type { TlsProblem } from "#ports/dialer.ts";
import type { TlsaRecord } from "#ports/resolver.ts";
import { namesOneOf } from "./certificate-names.ts";

const DANE_TA = 2;
const DANE_EE = 3;
const WHOLE_CERTIFICATE = 0;
const PUBLIC_KEY = 1;
const EXACT = 0;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const NAME_CONSTRAINTS = "2.5.29.30";
const HASHES: ReadonlyMap<number, string> = new Map([
  [1, "sha256"],
  [2, "sha512"],
]);

/**
 * Undefined: one of the records vouches for the server.
 * @param chain the server's own certificate first, then who issued it, and so on.
 * @param names what the certificate must name under usage 2; usage 3 asks neither for names nor for dates (RFC 7672 §3.1.1).
 */
export function daneProblem(
  chain: readonly X509Certificate[],
  records: readonly TlsaRecord[],
  names: readonly string[],
  nowMs: number,
): TlsProblem | undefined {
  const [leaf] = chain;
  if (leaf === undefined) return { kind: "validation-failure", code: "NO-CERTIFICATE" };
  const usable = records.filter(isUsable);
  if (usable.some((record) => record.usage === DANE_EE && matches(record, leaf))) return undefined;
  let problem: TlsProblem = { kind: "tlsa-invalid", code: "NO-TLSA-MATCH" };
  for (const record of usable) {
    if (record.usage !== DANE_TA) continue;
    const path = pathTo(record, chain);
    if (path === undefined) continue;
    const wrong = pathProblem(path, names, nowMs);
    if (wrong === undefined) return undefined;
    problem = wrong;
  }
  return problem;
}

/** RFC 7672 §3.1.3: PKIX-TA(0) and PKIX-EE(1) are not used between mail servers. */
function isUsable({ usage, selector, matchingType }: TlsaRecord): boolean {
  const isKnown = selector === WHOLE_CERTIFICATE || selector === PUBLIC_KEY;
  return (usage === DANE_TA || usage === DANE_EE) && isKnown && (matchingType === EXACT || HASHES.has(matchingType));
}

function matches({ selector, matchingType, data }: TlsaRecord, certificate: X509Certificate): boolean {
  const selected = selector === WHOLE_CERTIFICATE ? certificate.raw : spki(certificate);
  const hash = HASHES.get(matchingType);
  return (hash === undefined ? selected : createHash(hash).update(selected).digest()).equals(data);
}

/** Of the certificate as it was sent, not of a key read and written again. */
function spki(certificate: X509Certificate): Buffer {
  return Buffer.from(new ReadCertificate(certificate.raw).publicKey.rawData);
}

/** From the server's certificate to the anchor that the record names; the anchor itself may be a bare key. */
interface Path {
  readonly certificates: readonly X509Certificate[];
  readonly anchorKey: KeyObject;
}

function pathTo(record: TlsaRecord, chain: readonly X509Certificate[]): Path | undefined {
  const anchorAt = chain.findIndex((certificate, i) => i > 0 && matches(record, certificate));
  const anchor = chain[anchorAt];
  if (anchor !== undefined) return { certificates: chain.slice(0, anchorAt + 1), anchorKey: anchor.publicKey };
  if (record.matchingType !== EXACT) return undefined;
  // RFC 7671 §5.2.2: with the anchor in the DNS, the server need not send it.
  const certificates = record.selector === WHOLE_CERTIFICATE ? parsed(record.data) : [];
  const anchorKey = certificates[0]?.publicKey ?? parsedKey(record.data);
  return anchorKey && { certificates: [...withoutRoot(chain), ...certificates], anchorKey };
}

function withoutRoot(chain: readonly X509Certificate[]): readonly X509Certificate[] {
  const [leaf, ...others] = chain;
  return leaf === undefined ? [] : [leaf, ...others.filter((issuer) => !issuer.checkIssued(issuer))];
}

function parsed(der: Uint8Array): readonly X509Certificate[] {
  try {
    return [new X509Certificate(der)];
  } catch {
    return [];
  }
}

function parsedKey(der: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

function pathProblem(
  { certificates, anchorKey }: Path,
  names: readonly string[],
  nowMs: number,
): TlsProblem | undefined {
  const [leaf] = certificates;
  if (leaf === undefined || !isSignedChain(certificates, anchorKey) || !mayIssue(certificates)) {
    return { kind: "certificate-not-trusted", code: "NO-CHAIN-TO-TLSA-ANCHOR" };
  }
  if (leaf.keyUsage !== undefined && !leaf.keyUsage.includes(SERVER_AUTH)) {
    return { kind: "certificate-not-trusted", code: "INVALID_PURPOSE" };
  }
  for (const { validFromDate, validToDate } of certificates) {
    if (nowMs > validToDate.getTime()) return { kind: "certificate-expired", code: "CERT_HAS_EXPIRED" };
    if (nowMs < validFromDate.getTime()) return { kind: "validation-failure", code: "CERT_NOT_YET_VALID" };
  }
  return namesOneOf(leaf, names) ? undefined : { kind: "certificate-host-mismatch", code: "NAME-MISMATCH" };
}

function isSignedChain(certificates: readonly X509Certificate[], anchorKey: KeyObject): boolean {
  return certificates.every((certificate, i) => {
    const issuer = certificates[i + 1];
    if (issuer === undefined) return certificate.publicKey.equals(anchorKey) || certificate.verify(anchorKey);
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  });
}

/** RFC 5280 §6.1.4: issuers are authorities, and none stands above more of them than it may. Names under constraints: not here. */
function mayIssue(certificates: readonly X509Certificate[]): boolean {
  return certificates.every((certificate, i) => {
    if (i === 0) return true;
    if (!certificate.ca) return false;
    const read = new ReadCertificate(certificate.raw);
    const pathLength = read.getExtension(BasicConstraintsExtension)?.pathLength;
    return (pathLength === undefined || i - 1 <= pathLength) && read.getExtension(NAME_CONSTRAINTS) === null;
  });
}
