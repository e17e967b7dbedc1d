/**
 * Evidence and policy in, verdict out. Pure: the same evidence under the same policy is the same verdict, today and in a
 * replay. Weights add up, and the most severe of what the sum and single findings ask for is what happens; so the order of
 * rules decides only which one is named, and worse evidence never makes a verdict milder.
 */
import type { Evidence } from "./evidence.ts";
import type { Policy, RuleName } from "./policy.ts";
import { type Objection, refusal } from "./refusal.ts";
import { type NamedRule, rulesInOrder } from "./rules.ts";
import { type Disposition, type Finding, type RuleResult, severest, type Verdict } from "./verdict.ts";

export function judge(evidence: Evidence, policy: Policy, inOrder: readonly NamedRule[] = rulesInOrder): Verdict {
  const rules: RuleResult[] = [];
  for (const { rule, find } of inOrder) {
    const mode = policy.modes[rule];
    if (mode === "off") continue;
    const findings = find(evidence, policy);
    rules.push({ rule, mode, weight: findings.length === 0 ? 0 : tenths(sumOf(findings)), findings });
  }
  return { ...weigh(rules, policy), rules };
}

/** Rules in shadow are in the record and nowhere else. */
function weigh(rules: readonly RuleResult[], policy: Policy): Omit<Verdict, "rules"> {
  const enforced = rules.filter(({ mode, findings }) => mode === "enforce" && findings.length > 0);
  const sum = tenths(sumOf(enforced));
  const objections = enforced.flatMap((result) => objectionsOf(result, enforced, policy));
  const disposition = severest([askedBySum(sum, enforced, policy), ...objections.map(({ asks }) => asks)]);
  const heaviestFirst = objections.toSorted((one, other) => other.finding.weight - one.finding.weight);
  const reasons = heaviestFirst.map(({ finding }) => finding.reason);
  if (disposition === "accept") return { disposition, sum, reasons, reply: null };
  const decisive = objections.find(({ asks }) => asks === disposition);
  const first = decisive?.finding.reason ?? `score-${disposition}`;
  return {
    disposition,
    sum,
    reasons: [...new Set([first, ...reasons])],
    reply: refusal({ disposition, sum, decisive, heaviestFirst, greylisted: greylistedIn(enforced) }, policy),
  };
}

function objectionsOf(
  { rule, findings }: RuleResult,
  enforced: readonly RuleResult[],
  policy: Policy,
): readonly Objection[] {
  return findings
    .filter(({ weight, asks, asksWithAnother }) => weight > 0 || asks !== "accept" || asksWithAnother !== "accept")
    .map((finding) => ({ rule, finding, asks: asksOf(rule, finding, enforced, policy) }));
}

function asksOf(
  rule: RuleName,
  { asks, asksWithAnother }: Finding,
  enforced: readonly RuleResult[],
  { thresholds: { secondSignal } }: Policy,
): Disposition {
  if (asks === asksWithAnother) return asks;
  const another = enforced.some(
    (other) => other.rule !== rule && other.findings.some(({ weight }) => weight >= secondSignal),
  );
  return another ? severest([asks, asksWithAnother]) : asks;
}

function askedBySum(sum: number, enforced: readonly RuleResult[], { thresholds }: Policy): Disposition {
  if (thresholds.reject !== null && sum >= thresholds.reject) return "reject";
  if (sum >= thresholds.greylist && greylistedIn(enforced) !== undefined) return "defer";
  if (thresholds.quarantine !== null && sum >= thresholds.quarantine) return "quarantine";
  return sum >= thresholds.junk ? "junk" : "accept";
}

/** An enforced rule is here only where it found something. */
function greylistedIn(enforced: readonly RuleResult[]): Finding | undefined {
  return enforced.find(({ rule }) => rule === "greylist")?.findings[0];
}

function sumOf(weighed: readonly { readonly weight: number }[]): number {
  let sum = 0;
  for (const { weight } of weighed) sum += weight;
  return sum;
}

/** Sums of tenths are compared with whole numbers: 0.1 + 0.2 is to be 0.3. */
function tenths(sum: number): number {
  return Math.round(sum * 10) / 10;
}
