/** The chain of those who passed a message on (RFC 8617). Facts only; no judgement. */
import type { SignatureProblem } from "../dkim/evidence.ts";

export interface ArcEvidence {
  readonly result: "none" | "pass" | "fail";
  /** Undefined unless it failed. */
  readonly problem: ArcProblem | undefined;
  /** Each hop that sealed, oldest first; empty where the structure could not be read. */
  readonly sets: readonly ArcSetEvidence[];
}

export interface ArcSetEvidence {
  readonly instance: number;
  /** `d=` of the seal: who vouches. */
  readonly sealer: string;
  readonly selector: string;
  /** What this hop says about the message as it got there; believed only of a trusted sealer in a chain that passes. */
  readonly claims: ArcClaims;
}

export interface ArcClaims {
  readonly authservId: string;
  /** In the order of the field, bounded. */
  readonly results: readonly ClaimedResult[];
}

/** One `method=result` of an Authentication-Results field. Foreign text. */
export interface ClaimedResult {
  readonly method: string;
  readonly result: string;
  /** `header.from`, `smtp.mailfrom`, …: as written, in lower case on the left. */
  readonly properties: readonly (readonly [string, string])[];
}

export type ArcProblem =
  | { readonly kind: "too-many-sets" | "header-too-large" }
  /** A field without an instance of 1 to 50, two fields of one kind and instance, a gap, a field missing, a wrong tag. */
  | { readonly kind: "structure"; readonly instance: number | undefined; readonly text: string }
  /** `cv=` says that the chain was broken before. */
  | { readonly kind: "chain-status"; readonly instance: number }
  | {
      readonly kind: "message-signature" | "seal";
      readonly instance: number;
      readonly cause: SignatureProblem;
      /** The DNS gave no answer: it may pass at another time. The chain counts as failed all the same (RFC 8617 §5.2.1). */
      readonly isTemporary: boolean;
    };
