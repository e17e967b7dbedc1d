/** The DKIM signatures of one message, each to its result (RFC 6376 §6.1). */
import type { BodyHash } from "#mail/dkim/body-hashes.ts";
import type { CanonicalHeader } from "#mail/dkim/header-canonicalization.ts";
import { checkSignature } from "./check-signature.ts";
import type { DkimEvidence, DkimKeyEvidence, DkimResult, SignatureEvidence, SignatureProblem } from "./evidence.ts";
import { type PublicKey, parseKeyRecord } from "./key-record.ts";
import type { KeyRecords, KeyRing } from "./key-ring.ts";
import { KEY_RECORDS_MAX, RSA_BITS_ADVISED } from "./limits.ts";
import type { Signature, SignatureCheck } from "./signature.ts";

/** A signature, where it stands, and what its body came to. Plain data. */
export interface DigestedSignature {
  readonly signature: Signature;
  /** Of its field among all fields of the header. */
  readonly fieldIndex: number;
  /** Undefined where there was nothing to check. */
  readonly body: BodyHash | undefined;
}

export interface VerifyOptions {
  readonly header: CanonicalHeader;
  readonly keys: KeyRing;
  /** Seconds since the epoch, for `x=`. */
  readonly nowSeconds: number;
}

export async function verifySignatures(
  signatures: readonly DigestedSignature[],
  options: VerifyOptions,
): Promise<DkimEvidence["signatures"]> {
  return await Promise.all(signatures.map((one) => verifySignature(one, options)));
}

/** Also for the newest ARC-Message-Signature, which is one in all but name (RFC 8617 §4.1.2). */
export async function verifySignature(digested: DigestedSignature, options: VerifyOptions): Promise<SignatureEvidence> {
  const { check, problem } = digested.signature;
  if (check === undefined) return evidenceOf(digested, problem, undefined);
  // What needs no question first: most broken signatures have a changed body.
  if (digested.body?.hash !== check.bodyHash) return evidenceOf(digested, { kind: "body-hash" }, undefined);
  if (check.expiresAtSeconds !== undefined && check.expiresAtSeconds < options.nowSeconds) {
    return evidenceOf(digested, { kind: "expired" }, undefined);
  }
  const found = await options.keys.find(check);
  const data = (): Uint8Array => options.header.signedData(check.signedFields, digested.fieldIndex, check.header);
  const tried = tryKeys(found, check, data);
  return evidenceOf(digested, tried.problem, keyEvidence(found, tried.key));
}

export interface KeyTrial {
  readonly problem: SignatureProblem | undefined;
  readonly key: PublicKey | undefined;
}

/** RFC 6376 §6.1.2: where there are several records, each may be tried. The first one's failure is told. */
export function tryKeys(
  found: KeyRecords,
  check: Pick<SignatureCheck, "algorithm" | "signature" | "domain" | "identityDomain">,
  signedData: () => Uint8Array,
): KeyTrial {
  switch (found.kind) {
    case "none":
      return { problem: { kind: "no-key" }, key: undefined };
    case "no-key-record":
      return { problem: { kind: "key-syntax" }, key: undefined };
    case "unavailable":
      return { problem: { kind: "dns", failure: found.cause }, key: undefined };
    case "records": {
      const data = signedData();
      let first: KeyTrial | undefined;
      for (const text of found.records.slice(0, KEY_RECORDS_MAX)) {
        const trial = tryKey(text, check, data);
        if (trial.problem === undefined) return trial;
        first ??= trial;
      }
      return first ?? { problem: { kind: "no-key" }, key: undefined };
    }
  }
}

function tryKey(
  text: string,
  check: Pick<SignatureCheck, "algorithm" | "signature" | "domain" | "identityDomain">,
  data: Uint8Array,
): KeyTrial {
  const parsed = parseKeyRecord(text);
  if (!parsed.ok) return { problem: parsed.problem, key: undefined };
  const key = parsed.value;
  if (key.wantsSameDomain && check.identityDomain !== check.domain) {
    return { problem: { kind: "identity-mismatch" }, key };
  }
  return { problem: checkSignature(data, check.signature, check.algorithm, key), key };
}

function keyEvidence(found: KeyRecords, key: PublicKey | undefined): DkimKeyEvidence {
  return {
    name: found.name,
    records: found.kind === "records" ? found.records.length : 0,
    type: key?.type,
    bits: key?.bits,
    isShort: key?.type === "rsa" && key.bits < RSA_BITS_ADVISED,
    isTesting: key?.isTesting ?? false,
  };
}

function evidenceOf(
  { signature: { claims, check }, body }: DigestedSignature,
  problem: SignatureProblem | undefined,
  key: DkimKeyEvidence | undefined,
): SignatureEvidence {
  const covered = check?.bodyOctetsMax;
  return {
    result: resultOf(problem),
    problem,
    ...claims,
    bodyOctets: body?.octets,
    unsignedBodyOctets: covered === undefined || body === undefined ? 0 : Math.max(0, body.octets - covered),
    key,
  };
}

/** RFC 8601 §2.7.1. */
export function resultOf(problem: SignatureProblem | undefined): DkimResult {
  switch (problem?.kind) {
    case undefined:
      return "pass";
    case "body-hash":
    case "bad-signature":
      return "fail";
    case "weak-algorithm":
    case "weak-key":
    case "oversized-key":
    case "expired":
      return "policy";
    case "signature-syntax":
    case "missing-tag":
    case "unknown-version":
    case "unknown-canonicalization":
    case "unknown-query-method":
    case "from-not-signed":
    case "identity-mismatch":
      return "neutral";
    case "unknown-algorithm":
    case "no-key":
    case "key-revoked":
    case "key-syntax":
    case "key-type":
    case "key-hash":
    case "key-service":
      return "permerror";
    case "dns":
      return "temperror";
  }
}
