/** The tree of an evaluation as lines of text: for `why` and for the audit, from the evidence that the verdict saw. */
import type { SpfEvidence, SpfQuestion, SpfRecordEvidence, SpfTermEvidence } from "#evidence/spf/evidence.ts";
import { SPF_LOOKUPS_MAX, SPF_VOIDS_MAX } from "./limits.ts";

/** One line for the result, then one for each term with the look-ups counted so far, indented by include. */
export function renderSpfTree(spf: SpfEvidence): readonly string[] {
  const decided = spf.matched === undefined ? "" : ` by “${spf.matched.term}” of ${spf.matched.domain}`;
  const because = spf.problem === undefined ? "" : `: ${spf.problem.text}`;
  const counts = `${spf.lookups} of ${SPF_LOOKUPS_MAX} look-ups, ${spf.voids} of ${SPF_VOIDS_MAX} without an answer`;
  return [
    `spf=${spf.result} for ${spf.identity} ${spf.domain}, client ${spf.client}${decided}${because} (${counts})`,
    ...(spf.tree === undefined ? [] : renderSpfRecord(spf.tree)),
    ...(spf.passesEverybody ? ["the record passes everybody: it says nothing about anybody"] : []),
  ];
}

export function renderSpfRecord(record: SpfRecordEvidence, depth = 1): readonly string[] {
  const indent = "  ".repeat(depth);
  const left = record.termsLeftOut === 0 ? [] : [`${indent}  … and ${record.termsLeftOut} more terms`];
  return [
    `${indent}${record.domain}: ${record.record ?? "no SPF record"} → ${record.result}`,
    ...record.terms.flatMap((term) => renderTerm(term, depth + 1)),
    ...left,
  ];
}

function renderTerm(term: SpfTermEvidence, depth: number): readonly string[] {
  const asked = term.questions.length > 0 || term.nested !== undefined;
  const over = term.lookups > SPF_LOOKUPS_MAX ? `, over the limit of ${SPF_LOOKUPS_MAX}` : "";
  const count = asked ? ` [${term.lookups}${over}]` : "";
  const mark = term.outcome === "match" ? "✓" : term.outcome === "no-match" ? "·" : " ";
  const outcome = term.outcome === "match" || term.outcome === "no-match" ? "" : ` (${term.outcome})`;
  const indent = "  ".repeat(depth);
  const nested = term.nested === undefined ? [] : renderSpfRecord(term.nested, depth + 1);
  // What led to the included record is told by its own line.
  const questions = term.questions.filter(({ type }) => type !== "TXT").map(renderQuestion);
  return [
    `${indent}${mark} ${term.term}${count}${outcome}`,
    ...questions.map((line) => `${indent}    ${line}`),
    ...nested,
  ];
}

function renderQuestion({ type, name, answer }: SpfQuestion): string {
  return `${type} ${name}: ${typeof answer === "string" ? answer : answer.join(", ")}`;
}
