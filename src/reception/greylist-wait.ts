import type { Evidence } from "#verdict/evidence.ts";
import { judge } from "#verdict/judge.ts";
import type { Policy } from "#verdict/policy.ts";

/** Would the greylist, enforced, be what makes this client wait? Not where it is refused anyway, or deferred by another rule. */
export function mustWaitInGreylist(evidence: Evidence, policy: Policy): boolean {
  if (evidence.greylist?.standing !== "first-met") return false;
  const enforced = { ...policy, modes: { ...policy.modes, greylist: "enforce" } } as const;
  const without = judge({ ...evidence, greylist: null }, enforced).disposition;
  return judge(evidence, enforced).disposition === "defer" && without !== "defer";
}
