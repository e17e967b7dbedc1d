/** How mechanisms say the same things. */
import type { SaslAnswer, SaslProblem, SaslStep } from "./exchange.ts";

export const EMPTY_CHALLENGE: SaslStep = { kind: "challenge", octets: new Uint8Array(0) };
export const REFUSED: SaslStep = { kind: "over", outcome: { kind: "refused" } };
export const UNAVAILABLE: SaslStep = { kind: "over", outcome: { kind: "unavailable" } };

export function malformed(reason: SaslProblem): SaslStep {
  return { kind: "over", outcome: { kind: "malformed", reason } };
}

/** The end of an exchange that has no more to say than what was answered. */
export function overAfter(answer: SaslAnswer): SaslStep {
  if (answer.kind === "scram-keys") throw new Error("keys are no answer to this question");
  return { kind: "over", outcome: answer };
}

/**
 * Does the client act for itself? An authorization identity may be left out, or name the user again; acting for another
 * is granted to nobody (RFC 4616 §2).
 */
export function isOneself(authorizationId: string, username: string): boolean {
  if (authorizationId === "") return true;
  return authorizationId.normalize("NFC").toLowerCase() === username.normalize("NFC").toLowerCase();
}
