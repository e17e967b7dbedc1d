import { NO_EVIDENCE } from "#verdict/evidence.ts";
import type { Policy } from "#verdict/policy.ts";
import { authenticationResults } from "./authentication-results.ts";
import type { DecisionDraft } from "./decision-draft.ts";
import { policyFields } from "./policy-fields.ts";
import { spamFields } from "./spam-fields.ts";

/**
 * What the last word on a message says in its header, with their CRLF.
 * @param isScored false for users and trusted networks.
 * @param scanned what programs beside us add.
 */
export function ownFields(
  hostname: string,
  draft: DecisionDraft | undefined,
  { standard, isScored, scanned }: { standard: Policy; isScored: boolean; scanned: readonly string[] },
): readonly string[] {
  const { verdict = null, evidence = NO_EVIDENCE } = draft ?? {};
  if (verdict === null) return [];
  const policy = draft?.decidedFor?.policy ?? standard;
  const score = isScored ? spamFields(verdict, draft?.filing !== "inbox", policy) : [];
  return [...authenticationResults(hostname, evidence), ...score, ...scanned, ...policyFields(verdict, evidence)];
}
