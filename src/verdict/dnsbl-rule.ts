/** DNS lists. An error is neither a listing nor its absence; no list rejects alone, but by an answer that is marked so. */
import type { ListedOutcome, ListFinding } from "#evidence/dnsbl/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { finding, short, unknown } from "./finding.ts";
import type { Policy } from "./policy.ts";
import type { Finding } from "./verdict.ts";

/** What is left of each list's share. */
export type Shares = Map<string, number>;

export function dnsblRule({ dnsbl }: Evidence, policy: Policy): readonly Finding[] {
  if (dnsbl === null) return [];
  return meetAll(dnsbl.findings, policy, new Map());
}

/** @param shares what is left to each list; what is used of them is taken off. */
export function meetAll(findings: readonly ListFinding[], policy: Policy, shares: Shares): readonly Finding[] {
  return findings
    .filter(({ list }) => policy.lists?.includes(list) ?? true)
    .map((found) => meet(found, policy, shares))
    .filter((found) => found !== undefined);
}

function meet(found: ListFinding, policy: Policy, shares: Shares): Finding | undefined {
  const { outcome, title } = found;
  const subject = short(found.subject.value);
  switch (outcome.kind) {
    case "listed":
      return listed(found, outcome, policy, shares);
    case "not-checked":
      return unknown("list-not-checked", `${title} could not be asked about ${subject}: ${outcome.why}`);
    case "refused-to-serve":
      return unknown(
        "list-refuses-us",
        `${title} does not answer us (${outcome.answers.join(", ")}): ${outcome.refusal}`,
      );
    case "unknown-answer":
      return unknown("list-answer-unknown", `${title} said ${outcome.answers.join(", ")}, which nobody documented`);
    case "clean":
    case "skipped":
      return undefined;
  }
}

function listed(
  { list, title, subject }: ListFinding,
  outcome: ListedOutcome,
  policy: Policy,
  shares: Shares,
): Finding {
  const weight = withinShare(list, outcome.weight, policy, shares);
  const [heaviest] = outcome.meanings;
  const meaning = heaviest === undefined ? outcome.answers.join(", ") : `${heaviest.meaning}, ${heaviest.answer}`;
  const detail = `${short(subject.value)} is listed by ${title} (${short(meaning)})`;
  if (outcome.weight < 0) return finding("allow-listed", weight, { detail, remedy: "" });
  const { lookUpUrl } = outcome;
  const where = lookUpUrl === "" ? "ask that list to take it off" : `see ${lookUpUrl}`;
  // An address of an earlier hop says little about who is connected.
  const rejects = outcome.rejectsAlone && subject.role === "client";
  return finding(
    rejects ? "listed-as-hostile" : "listed",
    weight,
    { detail, remedy: `${where}, or write to ${policy.contact}` },
    { asks: rejects ? "reject" : "accept", ...(lookUpUrl === "" ? {} : { lookUpUrl }) },
  );
}

/** A list may speak about client, HELO and sender; together it adds no more than its share. */
function withinShare(list: string, weight: number, { weights }: Policy, shares: Shares): number {
  if (weight <= 0) return weight;
  const left = shares.get(list) ?? weights.oneListMax;
  const counted = Math.min(weight, left);
  shares.set(list, left - counted);
  return counted;
}
