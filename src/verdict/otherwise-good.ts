/** Is a client good but for what one list says? Lists that name many such are wrong, and are suspended elsewhere. */
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { Evidence } from "./evidence.ts";
import type { Policy } from "./policy.ts";
import { rulesInOrder } from "./rules.ts";
import { withoutUriList } from "./uri-lists-rule.ts";

/**
 * Nothing but this list speaks against the client, and a name of its own, or another list, speaks for it. A function of the
 * list: lists that name nothing all have the same answer, which is found once.
 */
export function otherwiseGood(evidence: Evidence, policy: Policy): (list: string) => boolean {
  const findings = evidence.dnsbl?.findings ?? [];
  const all = [...findings, ...(evidence.uriLists?.findings ?? [])];
  let butForNone: boolean | undefined;
  return (list) => {
    if (all.some((found) => found.list === list && found.outcome.kind === "listed")) {
      return isGoodWithout(list, findings, evidence, policy);
    }
    // Without a list that named nothing, rules and weights find the same.
    butForNone ??= isGood(evidence, findings, policy);
    return butForNone;
  };
}

function isGoodWithout(list: string, all: readonly ListFinding[], evidence: Evidence, policy: Policy): boolean {
  const findings = all.filter((found) => found.list !== list);
  const uriLists = evidence.uriLists === null ? null : withoutUriList(evidence.uriLists, list);
  return isGood({ ...evidence, dnsbl: { findings }, uriLists }, findings, policy);
}

function isGood(evidence: Evidence, findings: readonly ListFinding[], policy: Policy): boolean {
  const against = rulesInOrder.some(
    ({ rule, find }) =>
      policy.modes[rule] !== "off" &&
      find(evidence, policy).some(({ weight, asks }) => weight > 0 || asks !== "accept"),
  );
  if (against) return false;
  const isConfirmed = evidence.reverseDns?.state === "confirmed" && isOwnName(evidence.helo?.match);
  return isConfirmed || findings.some(({ outcome }) => outcome.kind === "listed" && outcome.weight < 0);
}

function isOwnName(match: string | undefined): boolean {
  return match === "address" || match === "pointer";
}
