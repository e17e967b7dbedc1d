/** Recorded evidence under other policies: whose mail would have been treated differently? */
import type { DecisionRecord } from "./decision-record.ts";
import { completed, type Evidence } from "./evidence.ts";
import { judge } from "./judge.ts";
import { judgeFor } from "./parties.ts";
import { type Policies, policyFor } from "./policies.ts";
import type { Disposition, Verdict } from "./verdict.ts";

export type Replayed =
  | { readonly kind: "same"; readonly disposition: Disposition }
  /** `account`: the first one whose mail it is; null in records that do not say. */
  | { readonly kind: "changed"; readonly was: Disposition; readonly verdict: Verdict; readonly account: string | null }
  /** Nobody judged it, so no policy would have changed it. */
  | { readonly kind: "not-judged" };

/**
 * Compares verdicts, not fates: a recipient that does not exist is refused under any policy. Evidence that the recorded
 * policy did not gather (a list that was not asked) is not there to be judged.
 */
export function replay(record: DecisionRecord, policies: Policies): Replayed {
  if (record.judged !== "judged" || record.verdict === null) return { kind: "not-judged" };
  const evidence = completed(record.evidence);
  const was = record.verdict.disposition;
  const { parties = [] } = record;
  if (parties.length === 0) return changed(was, judgeNobody(evidence, policies), null);
  for (const { account, disposition } of parties) {
    const outcome = changed(disposition, judgeFor(evidence, policyFor(policies, account), account), account);
    if (outcome.kind === "changed") return outcome;
  }
  return { kind: "same", disposition: was };
}

/** Refused before it was said whose mail it is, or recorded by a version that did not tell. */
function judgeNobody(evidence: Evidence, { standard }: Policies): Verdict {
  return judge(evidence, standard);
}

function changed(was: Disposition, verdict: Verdict, account: string | null): Replayed {
  return verdict.disposition === was ? { kind: "same", disposition: was } : { kind: "changed", was, verdict, account };
}
