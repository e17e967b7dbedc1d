/** What the DKIM signatures of one message are worth (RFC 6376, 8301, 8463). Facts only; no judgement. */
import type { DnsFailure } from "#ports/resolver.ts";

/** RFC 8601 §2.7.1; `none` is no signature at all. */
export type DkimResult = "pass" | "fail" | "policy" | "neutral" | "temperror" | "permerror";

export interface DkimEvidence {
  /** In the order of the header, the ten topmost at most. */
  readonly signatures: readonly SignatureEvidence[];
  /** Signatures beyond the bound, not looked at. */
  readonly signaturesLeftOut: number;
  /** The header was over its bound: no signature was looked at. */
  readonly headerTooLarge: boolean;
}

export interface SignatureEvidence {
  readonly result: DkimResult;
  /** Undefined for `pass`. A signature with a problem is as good as none; it counts for and against nobody. */
  readonly problem: SignatureProblem | undefined;
  /** `d=`, A-labels in lower case; empty where it could not be read. */
  readonly domain: string;
  readonly selector: string;
  /** `a=`: `rsa-sha256`, `ed25519-sha256`, or what the signature claims. */
  readonly algorithm: string;
  /** `i=`, or `@` and the domain. */
  readonly identity: string;
  /** The first eight characters of `b=`, by which RFC 6008 tells signatures apart. */
  readonly signatureStart: string;
  /** `c=` as header/body. */
  readonly canonicalization: string;
  /** Seconds since the epoch. */
  readonly signedAtSeconds: number | undefined;
  readonly expiresAtSeconds: number | undefined;
  /** Octets of the canonical body; undefined where it was not hashed. */
  readonly bodyOctets: number | undefined;
  /** Octets behind the end that `l=` names: anybody may have put them there, so the signature aligns with nothing. */
  readonly unsignedBodyOctets: number;
  readonly key: DkimKeyEvidence | undefined;
}

export interface DkimKeyEvidence {
  /** Where the DNS was asked. */
  readonly name: string;
  /** Key records found there; more than one is a mistake of the owner. */
  readonly records: number;
  readonly type: "rsa" | "ed25519" | undefined;
  /** Of the modulus, or 256. */
  readonly bits: number | undefined;
  /** RSA under 2048 bits: valid, but due for a new one (RFC 8301 §3.2). */
  readonly isShort: boolean;
  /** `t=y`: the owner is trying out. */
  readonly isTesting: boolean;
}

export type SignatureProblem =
  | { readonly kind: "signature-syntax"; readonly tag: string }
  | { readonly kind: "missing-tag"; readonly tag: string }
  | { readonly kind: "unknown-version" | "unknown-algorithm" | "unknown-canonicalization" | "unknown-query-method" }
  /** RFC 8301 §3.1: SHA-1 is no longer verified. */
  | { readonly kind: "weak-algorithm" }
  | { readonly kind: "from-not-signed" }
  /** `i=` is not in `d=`, or not the same where the key wants that. */
  | { readonly kind: "identity-mismatch" }
  | { readonly kind: "expired" }
  | { readonly kind: "body-hash" }
  | { readonly kind: "bad-signature" }
  | { readonly kind: "no-key" | "key-revoked" | "key-syntax" | "key-type" | "key-hash" | "key-service" }
  /** Under 1024 bits (RFC 8301 §3.2), or too large to be honest. */
  | { readonly kind: "weak-key" | "oversized-key"; readonly bits: number }
  | { readonly kind: "dns"; readonly failure: DnsFailure };
