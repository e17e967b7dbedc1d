/** Recorded evidence under another policy: whose mail would have been treated differently? */
import type { DecisionRecord } from "./decision-record.ts";
import { completed } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { Policy } from "./policy.ts";
import type { Disposition, Verdict } from "./verdict.ts";

export type Replayed =
  | { readonly kind: "same"; readonly disposition: Disposition }
  | { readonly kind: "changed"; readonly was: Disposition; readonly verdict: Verdict }
  /** Nobody judged it, so no policy would have changed it. */
  | { readonly kind: "not-judged" };

/**
 * Compares verdicts, not fates: a recipient that does not exist is refused under any policy. Evidence that the recorded
 * policy did not gather (a list that was not asked) is not there to be judged.
 */
export function replay(record: DecisionRecord, policy: Policy): Replayed {
  if (record.judged !== "judged" || record.verdict === null) return { kind: "not-judged" };
  const was = record.verdict.disposition;
  const verdict = judge(completed(record.evidence), policy);
  return verdict.disposition === was ? { kind: "same", disposition: was } : { kind: "changed", was, verdict };
}
