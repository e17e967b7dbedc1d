/**
 * `npm run bench:corpus [-- FOLDER…]`: other people's messages through the real pipeline, and what was judged how and why.
 * Folders hold more messages, one a file: one's own mail, to see what would become of it. Without, the outcome is written
 * into RESULTS.md.
 */
import { DISPOSITIONS } from "#verdict/verdict.ts";
import { corpus, type Kind, missingSources, type Outcome, outcomeOf, sourceOf } from "../test/peers/corpus.ts";
import { writeSection } from "./results-page.ts";

const OUTCOMES = [...DISPOSITIONS, "malformed"] as const;

/** First reasons of a message that is refused for its author. */
const FOR_ITS_AUTHOR = new Set(["no-author", "several-from-fields", "several-authors", "malformed-from"]);

const folders = process.argv.slice(2);
const messages = corpus(folders);
const named: Outcome[] = [];
const nameless: Outcome[] = [];
for (const message of messages) {
  named.push(await outcomeOf(message));
  nameless.push(await outcomeOf(message, "nameless"));
}
const page = [
  `Written by \`npm run bench:corpus\`. ${messages.length} messages through reception, evidence and verdict as they stand, each an hour`,
  "after it says that it was written. The client has names that lead both ways; the DNS knows nothing else: no lists, no keys,",
  "no policies. *Tricks* are messages that rspamd's tests are made of; *odd* ones try parsers; *malformed* are octets that",
  "the standards forbid (bare CR, NUL). What is refused is refused for its author alone.",
  "",
  ...outcomesBySource(named),
  "",
  ...reasonCounts(named),
  "",
  `From the same client without a PTR record ${nameless.filter(({ disposition }) => disposition === "defer").length} of them are deferred for a second signal:`,
  ...deferred(nameless),
  "",
  "Junk or worse, without the odd ones and tricks that are refused for their author:",
  "",
  ...junkOrWorse(named.filter(({ kind, reasons: [first] }) => kind === "ordinary" || !FOR_ITS_AUTHOR.has(first ?? ""))),
].join("\n");
console.log(page);
console.log(["\nAll that is Junk or worse:", "", ...junkOrWorse(named)].join("\n"));
for (const missing of missingSources()) console.log(`\nMore messages with Debian's ${missing}.`);
if (folders.length === 0) writeSection("Verdicts on other people's messages", page);

function outcomesBySource(outcomes: readonly Outcome[]): readonly string[] {
  const rows = [...Map.groupBy(outcomes, (outcome) => `${sourceOf(outcome)}, ${outcome.kind}`)];
  return [
    `| source, kind | ${OUTCOMES.join(" | ")} |`,
    `| --- |${" --- |".repeat(OUTCOMES.length)}`,
    ...[...rows, ["all", outcomes] as const].map(
      ([source, of]) => `| ${source} | ${OUTCOMES.map((one) => counted(of, one)).join(" | ")} |`,
    ),
  ];
}

function counted(outcomes: readonly Outcome[], disposition: Outcome["disposition"]): number {
  return outcomes.filter((outcome) => outcome.disposition === disposition).length;
}

/** How often each reason was found in each kind of message, the commonest first. */
function reasonCounts(outcomes: readonly Outcome[]): readonly string[] {
  const kinds: readonly Kind[] = ["ordinary", "odd", "tricks", "spam"];
  const found = outcomes.flatMap(({ kind, rules }) =>
    rules.flatMap(({ rule, findings }) =>
      findings
        .filter(({ weight, asks }) => weight !== 0 || asks !== "accept")
        .map(({ reason }) => ({ kind, reason: `${rule}: ${reason}` })),
    ),
  );
  const rows = [...Map.groupBy(found, ({ reason }) => reason)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  );
  return [
    `| finding | ${kinds.join(" | ")} |`,
    `| --- |${" --- |".repeat(kinds.length)}`,
    ...rows.map(
      ([reason, of]) =>
        `| ${reason} | ${kinds.map((kind) => of.filter((one) => one.kind === kind).length).join(" | ")} |`,
    ),
  ];
}

function deferred(outcomes: readonly Outcome[]): readonly string[] {
  const seconds = outcomes
    .filter(({ disposition }) => disposition === "defer")
    .map(({ kind, reasons }) => `${kind}: ${reasons.filter((reason) => reason !== "no-pointer").join(", ")}`);
  return ["", ...[...Map.groupBy(seconds, (one) => one)].map(([what, of]) => `- ${of.length} × ${what}`).toSorted()];
}

function junkOrWorse(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes
    .filter(({ disposition }) => disposition !== "accept" && disposition !== "malformed")
    .map(
      ({ name, kind, disposition, sum, reasons }) =>
        `- ${disposition} ${name} (${kind}), ${sum}: ${reasons.join(", ")}`,
    );
}
