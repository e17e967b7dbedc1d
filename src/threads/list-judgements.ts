/** Tells the watch over the lists what became of those whom they named: a list that names good senders is suspended. */
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { ListWatch } from "#evidence/dnsbl/list-watch.ts";
import type { Evidence } from "#verdict/evidence.ts";
import { otherwiseGood } from "#verdict/otherwise-good.ts";
import type { Policy } from "#verdict/policy.ts";

/** With the first recipient: about the client and the names it used. */
export function tellLists(watch: Pick<ListWatch, "judged">, evidence: Evidence, policy: Policy): void {
  const isGoodBut = otherwiseGood(evidence, policy);
  for (const finding of evidence.dnsbl?.findings ?? []) {
    const { kind } = finding.outcome;
    if (kind === "listed" || kind === "clean") watch.judged(finding, isGoodBut(finding.list));
  }
}

/** With the message: about its links. */
export function tellLinkLists(
  watch: Pick<ListWatch, "judgedLinks">,
  evidence: Evidence,
  client: string,
  policy: Policy,
): void {
  const byList = new Map<string, ListFinding[]>();
  for (const finding of evidence.uriLists?.findings ?? []) {
    byList.set(finding.list, [...(byList.get(finding.list) ?? []), finding]);
  }
  const isGoodBut = otherwiseGood(evidence, policy);
  for (const [list, findings] of byList) watch.judgedLinks(findings, client, isGoodBut(list));
}
