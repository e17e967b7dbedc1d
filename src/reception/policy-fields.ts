/** Header fields that the policy file has for a message. Those that a sender brings along under such names are taken off. */
import type { Evidence } from "#verdict/evidence.ts";
import type { Verdict } from "#verdict/verdict.ts";

/** With CRLF. None where the rule is in shadow: it is to have no effect. What one recipient is told, the others are not. */
export function policyFields({ rules }: Pick<Verdict, "rules">, { policy }: Evidence): readonly string[] {
  const isEnforced = rules.some(({ rule, mode }) => rule === "policy" && mode === "enforce");
  if (policy === null || !isEnforced) return [];
  return policy.answers
    .filter(({ accounts }) => accounts === null)
    .flatMap(({ headers }) => headers.map(({ name, value }) => `${name}: ${value}\r\n`));
}
