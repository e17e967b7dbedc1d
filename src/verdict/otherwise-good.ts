/** Is a client good but for what one list says? Lists that name many such are wrong, and are suspended elsewhere. */
import type { Evidence } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { Policy } from "./policy.ts";
import { withoutUriList } from "./uri-lists-rule.ts";

/** Nothing but this list speaks against the client, and a name of its own, or another list, speaks for it. */
export function isOtherwiseGood(evidence: Evidence, policy: Policy, list: string): boolean {
  const findings = (evidence.dnsbl?.findings ?? []).filter((found) => found.list !== list);
  const uriLists = evidence.uriLists === null ? null : withoutUriList(evidence.uriLists, list);
  const rest = judge({ ...evidence, dnsbl: { findings }, uriLists }, policy);
  const against = rest.rules.some(({ findings: found }) =>
    found.some(({ weight, asks }) => weight > 0 || asks !== "accept"),
  );
  if (against) return false;
  const isConfirmed = evidence.reverseDns?.state === "confirmed" && isOwnName(evidence.helo?.match);
  return isConfirmed || findings.some(({ outcome }) => outcome.kind === "listed" && outcome.weight < 0);
}

function isOwnName(match: string | undefined): boolean {
  return match === "address" || match === "pointer";
}
