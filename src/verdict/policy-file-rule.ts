/** What the operator's own policy file said. It adds to what others found; what it cannot be asked is as the settings say. */
import type { PolicyAnswer, PolicyFailure } from "#evidence/policy/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, unknown } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

/** The reason of a finding that is no judgement but a failure of ours. */
export const POLICY_UNAVAILABLE = "policy-unavailable";

export function policyFileRule({ policy }: Evidence, { whenPolicyFails }: Policy): readonly Finding[] {
  return (policy?.answers ?? []).flatMap((answer) => findingOf(answer, whenPolicyFails) ?? []);
}

function findingOf({ stage, outcome }: PolicyAnswer, whenPolicyFails: Policy["whenPolicyFails"]): Finding | undefined {
  switch (outcome.kind) {
    case "nothing":
      return undefined;
    case "score":
      return finding("policy-score", outcome.score, { detail: outcome.text, remedy: "" });
    case "junk":
    case "quarantine":
    case "defer":
    case "reject":
      return finding(`policy-${outcome.kind}`, 0, { detail: outcome.text, remedy: "" }, { asks: outcome.kind });
    case "failed": {
      // The sender need not know what is broken here.
      const detail = `this server's own policy could not be asked about the ${stage} (${FAILURES[outcome.why]})`;
      if (whenPolicyFails === "accept") return unknown(POLICY_UNAVAILABLE, detail);
      return finding(POLICY_UNAVAILABLE, 0, { detail, remedy: "try again later" }, { asks: "defer" });
    }
  }
}

export const FAILURES: Readonly<Record<PolicyFailure, string>> = {
  "timed-out": "no answer in time",
  threw: "an error in it",
  "bad-answer": "an answer that is none",
  ended: "its thread ended",
  unusable: "it cannot be loaded",
  suspended: "it failed too often and is not asked for a while",
  busy: "too many questions wait",
};

/** Of the mail of one account: answers about a recipient are about nobody else. */
export function policyEvidenceFor(policy: Evidence["policy"], account: string): Evidence["policy"] {
  if (policy === null || policy.answers.every(({ accounts }) => accounts === null)) return policy;
  return { answers: policy.answers.filter(({ accounts }) => accounts === null || accounts.includes(account)) };
}
