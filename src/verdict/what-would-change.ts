/** Which evidence or setting turns a decision into another: found by judging again without it. */
import type { DnsblEvidence } from "#evidence/dnsbl/evidence.ts";
import { contentRule } from "./content-rule.ts";
import { dmarcSpeaksAgainst } from "./dmarc-rule.ts";
import { type Evidence, NO_EVIDENCE } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { Policy, RuleMode, RuleName, Unscanned } from "./policy.ts";
import { antivirusRule, milterRule } from "./scanner-rules.ts";
import { spfSpeaksAgainst } from "./spf-rule.ts";
import { withoutUriList } from "./uri-lists-rule.ts";
import { type Disposition, type Finding, severity, type Verdict } from "./verdict.ts";

export interface Change {
  readonly kind: "evidence" | "setting";
  /** One line for people: "zen.spamhaus.org no longer lists 192.0.2.1", `rules.dnsbl = "shadow"`. */
  readonly what: string;
  /** What would happen then. */
  readonly disposition: Disposition;
}

/** One step away from what was judged. */
interface Alternative {
  readonly kind: Change["kind"];
  readonly what: string;
  readonly evidence: (evidence: Evidence) => Evidence;
  readonly policy: (policy: Policy) => Policy;
}

/**
 * Each single change that makes a difference; where none does but some do together, all of them as one. Nothing for a
 * client that left no mark.
 */
export function whatWouldChange({ evidence }: { readonly evidence: Evidence }, policy: Policy): readonly Change[] {
  const verdict = judge(evidence, policy);
  const facts = factsOf(evidence, policy);
  const changes: Change[] = [];
  for (const one of [...facts, ...settingsOf(verdict), ...unscannedOf(evidence)]) {
    const { disposition } = judge(one.evidence(evidence), one.policy(policy));
    if (disposition !== verdict.disposition) changes.push({ kind: one.kind, what: one.what, disposition });
  }
  const milder = changes.some(({ disposition }) => severity(disposition) < severity(verdict.disposition));
  const together =
    milder || verdict.disposition === "accept" ? undefined : allTogether(facts, evidence, policy, verdict);
  return together === undefined ? changes : [together, ...changes];
}

/** The first facts that are enough together, in the order of rules. */
function allTogether(
  facts: readonly Alternative[],
  evidence: Evidence,
  policy: Policy,
  { disposition: was }: Verdict,
): Change | undefined {
  let changed = evidence;
  const names: string[] = [];
  for (const fact of facts) {
    changed = fact.evidence(changed);
    names.push(fact.what);
    const { disposition } = judge(changed, policy);
    if (severity(disposition) < severity(was)) return { kind: "evidence", what: names.join(", and "), disposition };
  }
  return undefined;
}

function factsOf(evidence: Evidence, policy: Policy): readonly Alternative[] {
  const {
    blockList,
    spokeEarly,
    helo,
    dnsbl,
    reverseDns,
    spf,
    author,
    dmarc,
    uriLists,
    ownUris,
    policy: policyFile,
    greylist,
    senderLists,
  } = evidence;
  const facts: Alternative[] = [];
  const add = (what: string, change: (evidence: Evidence) => Evidence): void => {
    facts.push({ kind: "evidence", what, evidence: change, policy: (same) => same });
  };
  if (blockList !== null) {
    add(`${blockList.entry} is off our block list (postern unban ${blockList.entry})`, without("blockList"));
  }
  for (const { subject, scope } of (senderLists?.listings ?? []).filter(({ kind }) => kind === "deny")) {
    const whose = scope === "" ? "" : ` --for ${scope}`;
    add(`${subject} is off the list of denied senders (postern sender remove ${subject}${whose})`, (all) => ({
      ...all,
      senderLists: withoutEntry(all.senderLists, subject, scope),
    }));
  }
  if (spokeEarly) add("the client waits for the greeting", (all) => ({ ...all, spokeEarly: false }));
  if (helo !== null) add("the client says its own name in EHLO, one that leads to its address", without("helo"));
  for (const [list, title] of listsThatList(dnsbl)) {
    add(`${title} lists it no longer`, (all) => ({ ...all, dnsbl: withoutList(all.dnsbl, list) }));
  }
  if (reverseDns !== null && reverseDns.state !== "not-checked") {
    add(`${reverseDns.client} has a PTR record with a name of its own that leads back`, without("reverseDns"));
  }
  if (spf !== null && spfSpeaksAgainst(spf)) {
    add(`the SPF record of ${spf.domain} lets ${spf.client} send, and not everybody`, without("spf"));
  }
  if (author !== null && author.kind !== "one") {
    // Whose policy counts then nobody knows.
    add("the message has one From field with one address", (all) => ({ ...all, author: null, dmarc: null }));
  }
  if (dmarc !== null && dmarcSpeaksAgainst(dmarc)) {
    const domain = dmarc.author.kind === "one" ? dmarc.author.domain : "its author";
    add(`the message proves that it is from ${domain}`, without("dmarc"));
  }
  for (const [list, title] of listsThatList(uriLists)) {
    add(`${title} lists what its links lead to no longer`, (all) => ({
      ...all,
      uriLists: all.uriLists === null ? null : withoutUriList(all.uriLists, list),
    }));
  }
  if ((ownUris ?? []).some(({ weight }) => weight > 0)) {
    add("its links lead to no host of this server's own list", without("ownUris"));
  }
  if (contentRule(evidence, policy).some(({ weight }) => weight > 0)) {
    add("nothing is odd about its header, links and attachments", (all) => ({ ...all, urls: null, content: null }));
  }
  for (const [what, part] of scannerFacts(evidence, policy)) add(what, without(part));
  if ((policyFile?.answers ?? []).some(({ outcome }) => outcome.kind !== "nothing")) {
    add("the policy file has nothing to say about it", without("policy"));
  }
  if (greylist?.standing === "first-met") {
    add(`the sender comes again, or is let through (postern greylist release ${greylist.key})`, without("greylist"));
  }
  return facts;
}

/** What programs beside us would have to say. */
function scannerFacts(evidence: Evidence, policy: Policy): readonly (readonly [what: string, part: keyof Evidence])[] {
  const { antivirus } = evidence;
  const facts: [string, keyof Evidence][] = [];
  if (antivirus !== null && antivirusRule(evidence, policy).some(isObjection)) {
    const isFound = antivirus.result.kind === "found";
    facts.push([isFound ? "no virus is found in it" : `${antivirus.scanner} has looked at it`, "antivirus"]);
  }
  if (milterRule(evidence, policy).some(isObjection)) facts.push(["no milter has anything against it", "milters"]);
  return facts;
}

function isObjection({ asks }: Finding): boolean {
  return asks !== "accept";
}

function without(part: keyof Evidence): (evidence: Evidence) => Evidence {
  return (evidence) => ({ ...evidence, [part]: NO_EVIDENCE[part] });
}

function withoutEntry(lists: Evidence["senderLists"], subject: string, scope: string): Evidence["senderLists"] {
  if (lists === null) return null;
  return { ...lists, listings: lists.listings.filter((one) => one.subject !== subject || one.scope !== scope) };
}

function listsThatList(dnsbl: DnsblEvidence | null): ReadonlyMap<string, string> {
  const against = (dnsbl?.findings ?? []).filter(({ outcome }) => outcome.kind === "listed" && outcome.weight >= 0);
  return new Map(against.map(({ list, title }) => [list, title]));
}

function withoutList(dnsbl: DnsblEvidence | null, list: string): DnsblEvidence | null {
  return dnsbl === null ? null : { findings: dnsbl.findings.filter((found) => found.list !== list) };
}

/** Of rules that found something: the modes they are not in. A rule that is off found nothing that could be counted. */
function settingsOf({ rules }: Verdict): readonly Alternative[] {
  return rules
    .filter(({ findings }) => findings.length > 0)
    .flatMap(({ rule, mode }) =>
      (mode === "enforce" ? (["shadow"] as const) : (["enforce"] as const)).map((other) => setTo(rule, other)),
    );
}

/** Whether mail may pass that no scanner has seen. */
function unscannedOf({ antivirus, milters }: Evidence): readonly Alternative[] {
  const virus =
    antivirus?.result.kind === "unavailable"
      ? [accepting('antivirus.when_unavailable = "accept"', () => ({ antivirus: "accept" }))]
      : [];
  const missing = (milters?.milters ?? []).filter(({ result }) => result.kind === "unavailable");
  return [
    ...virus,
    ...missing.map(({ milter }) =>
      accepting(`when_unavailable = "accept" of the milter ${milter}`, ({ unscanned: { milters: known } }) => ({
        milters: { ...known, [milter]: "accept" },
      })),
    ),
  ];
}

function accepting(what: string, unscanned: (policy: Policy) => Partial<Unscanned>): Alternative {
  return {
    kind: "setting",
    what,
    evidence: (evidence) => evidence,
    policy: (policy) => ({ ...policy, unscanned: { ...policy.unscanned, ...unscanned(policy) } }),
  };
}

function setTo(rule: RuleName, mode: RuleMode): Alternative {
  return {
    kind: "setting",
    what: `rules.${rule} = "${mode}"`,
    evidence: (evidence) => evidence,
    policy: (policy) => ({ ...policy, modes: { ...policy.modes, [rule]: mode } }),
  };
}
