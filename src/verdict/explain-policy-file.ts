/** An answer of the policy file in words. */
import type { PolicyAnswer } from "#evidence/policy/evidence.ts";
import { FAILURES } from "./policy-file-rule.ts";

export function explainPolicyFile({ stage, accounts, outcome, headers, tookMs }: PolicyAnswer): string {
  const whose = accounts === null ? "" : ` (for ${accounts.join(", ")})`;
  const fields = headers.map(({ name, value }) => `; ${name}: ${value}`).join("");
  return `Policy file on the ${stage}${whose}: ${said(outcome)}${fields}; ${Math.round(tookMs)} ms`;
}

function said(outcome: PolicyAnswer["outcome"]): string {
  switch (outcome.kind) {
    case "nothing":
      return "nothing";
    case "score":
      return `score ${outcome.score}, “${outcome.text}”`;
    case "junk":
    case "quarantine":
    case "defer":
    case "reject":
      return `${outcome.kind}, “${outcome.text}”`;
    case "failed":
      return `failed, ${FAILURES[outcome.why]}${outcome.detail === "" ? "" : ` (${outcome.detail})`}`;
  }
}
