/**
 * What a refused client hears: the rule, what was found, and what the sender's admin can do. The decision's ID is added
 * where it is known. Nothing secret is in the evidence, so nothing secret is here.
 */
import { type EnhancedStatus, type Reply, reply } from "#mail/reply.ts";
import { NAMED_OBJECTIONS_MAX, REPLY_LINE_OCTETS_MAX } from "./limits.ts";
import type { Policy, RuleName } from "./policy.ts";
import { POLICY_UNAVAILABLE } from "./policy-file-rule.ts";
import type { Disposition, Finding } from "./verdict.ts";

/** An enforced finding that speaks against the client, and what it asks for in this company. */
export interface Objection {
  readonly rule: RuleName;
  readonly finding: Finding;
  readonly asks: Disposition;
}

type Code = readonly [code: number, status: EnhancedStatus];
type Codes = Readonly<Record<"defer" | "reject", Code>>;

const BY_POLICY: Codes = { defer: [450, "4.7.1"], reject: [554, "5.7.1"] };
const CODES: Readonly<Record<RuleName, Codes>> = {
  // A ban that ends: the connection is over, and the mail may come again.
  block_list: { defer: [421, "4.7.0"], reject: [554, "5.7.1"] },
  sender_lists: { defer: [450, "4.7.1"], reject: [550, "5.7.1"] },
  early_talker: { defer: [450, "4.5.0"], reject: [554, "5.5.0"] },
  helo: { defer: [450, "4.7.1"], reject: [550, "5.7.1"] },
  dnsbl: BY_POLICY,
  reverse_dns: { defer: [450, "4.7.25"], reject: [550, "5.7.25"] }, // RFC 7372 §3.3
  spf: { defer: [450, "4.7.23"], reject: [550, "5.7.23"] }, // RFC 7372 §3.2
  author: { defer: [450, "4.6.0"], reject: [550, "5.6.0"] },
  dkim: { defer: [450, "4.7.20"], reject: [550, "5.7.20"] }, // RFC 7372 §3.1
  dmarc: { defer: [450, "4.7.26"], reject: [550, "5.7.26"] }, // RFC 7489 §10.3, RFC 9989
  uri_lists: BY_POLICY,
  content: BY_POLICY,
  antivirus: { defer: [451, "4.7.1"], reject: [550, "5.7.1"] },
  milter: { defer: [451, "4.7.1"], reject: [550, "5.7.1"] },
  policy: { defer: [451, "4.7.1"], reject: [550, "5.7.1"] },
  greylist: { ...BY_POLICY, defer: [451, "4.7.1"] },
};
/** RFC 5321 §4.2.3: a name that is none is an error of syntax. */
const SINGLE_LABEL: Code = [501, "5.5.2"];
/** RFC 3463 §3.4: nothing that the sender did. */
const OUR_FAILURE: Code = [451, "4.3.0"];

const NOTHING_FOUND = "no rule found fault; reject_score in this server's settings refuses mail all the same";

export interface Outcome {
  readonly disposition: Disposition;
  readonly sum: number;
  /** What decided by itself; undefined where the sum did. */
  readonly decisive: Objection | undefined;
  readonly heaviestFirst: readonly Objection[];
  /** What the greylist found, where it is enforced and found something. */
  readonly greylisted: Finding | undefined;
}

/** Null for what is accepted. */
export function refusal(outcome: Outcome, policy: Policy): Reply | null {
  const { disposition, decisive, heaviestFirst } = outcome;
  if (disposition !== "defer" && disposition !== "reject") return null;
  const [code, status] = codesOf(disposition, decisive);
  const named = namedOf(disposition, outcome);
  // A score is brought down most by what weighs most; a greylist asks for nothing but patience.
  const leading = decisive ?? heaviestFirst[0];
  const remedy = leading?.finding.remedy ?? `write to ${policy.contact}`;
  const waits = decisive === undefined && disposition === "defer" ? outcome.greylisted : undefined;
  const patience = waits === undefined ? "" : `greylisted: ${waits.detail}, ${waits.remedy}`;
  const parts = [...whatWasFound(disposition, outcome, policy, named), patience, remedy, ...otherPages(named, leading)];
  return reply(code, status, oneReply(parts));
}

function codesOf(disposition: "defer" | "reject", decisive: Objection | undefined): Code {
  // A sum alone defers by the greylist, and by nothing else.
  if (decisive === undefined) return CODES.greylist[disposition];
  const { says } = decisive.finding;
  if (says !== undefined && says.code >= 500 === (disposition === "reject")) return [says.code, says.status];
  if (disposition === "reject" && decisive.finding.reason === "helo-single-label") return SINGLE_LABEL;
  if (decisive.finding.reason === POLICY_UNAVAILABLE) return OUR_FAILURE;
  return CODES[decisive.rule][disposition];
}

/** What the reply names: what decided with the second signal where there is one, or what adds up. */
function namedOf(disposition: "defer" | "reject", { decisive, heaviestFirst }: Outcome): readonly Objection[] {
  if (decisive === undefined) return heaviestFirst.slice(0, NAMED_OBJECTIONS_MAX);
  // The heaviest, so it is the second signal where there is one.
  const another = heaviestFirst.find(({ rule, finding }) => rule !== decisive.rule && finding.weight > 0);
  return decisive.finding.asks !== disposition && another !== undefined ? [decisive, another] : [decisive];
}

/** Each list that is named has its page named, too, not only the one that weighs most. */
function otherPages(named: readonly Objection[], leading: Objection | undefined): readonly string[] {
  const urls = named.filter((one) => one !== leading).map(({ finding }) => finding.lookUpUrl ?? "");
  return [...new Set(urls)]
    .filter((url) => url !== "" && url !== leading?.finding.lookUpUrl)
    .map((url) => `see also ${url}`);
}

function whatWasFound(
  disposition: "defer" | "reject",
  { sum, decisive, heaviestFirst }: Outcome,
  { thresholds }: Policy,
  named: readonly Objection[],
): readonly string[] {
  const verb = disposition === "defer" ? "Deferred" : "Refused";
  if (decisive === undefined) {
    const bound = disposition === "defer" ? thresholds.greylist : thresholds.reject;
    // Where every message is refused, there is nothing to name but the setting.
    const nothing = disposition === "reject" && heaviestFirst.length === 0 ? [NOTHING_FOUND] : [];
    return [`${verb}: score ${sum} of ${bound ?? sum}`, ...nothing, ...named.map(inWords)];
  }
  return named.map((one, index) => `${index === 0 ? `${verb} by` : "and by"} ${inWords(one)}`);
}

function inWords({ rule, finding }: Objection): string {
  return `${rule}: ${finding.detail}`;
}

/** One line where it fits, which log readers prefer. */
function oneReply(parts: readonly string[]): string {
  const lines = parts.filter((part) => part !== "").map((part) => part.slice(0, REPLY_LINE_OCTETS_MAX));
  const joined = lines.join("; ");
  return joined.length <= REPLY_LINE_OCTETS_MAX ? joined : lines.join("\n");
}
