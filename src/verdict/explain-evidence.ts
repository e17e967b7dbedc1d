/** The evidence in words, with what the DNS said and for how long. */
import type { ListFinding, ListOutcome } from "#evidence/dnsbl/evidence.ts";
import type { GreylistEvidence } from "#evidence/greylist/evidence.ts";
import type { HeloEvidence, NameAnswer, PointerName, ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { BlockListEntry, Evidence } from "./evidence.ts";
import { explainAuthentication } from "./explain-authentication.ts";
import { explainContent } from "./explain-content.ts";
import { explainPolicyFile } from "./explain-policy-file.ts";
import { explainScanners } from "./explain-scanners.ts";
import { explainSenderLists } from "./explain-sender-lists.ts";
import { wrapped } from "./page.ts";
import { renderSpfTree } from "./spf-tree.ts";

const SECOND_MS = 1000;

export function explainEvidence(evidence: Evidence): string[] {
  const { blockList, spokeEarly, helo, dnsbl, reverseDns, spf, greylist, senderLists } = evidence;
  const facts = [
    ...(blockList === null ? [] : [banned(blockList)]),
    ...(spokeEarly ? ["It spoke before the greeting."] : []),
    ...(reverseDns === null ? [] : pointers(reverseDns)),
    ...(helo === null ? [] : names(helo)),
    ...(dnsbl?.findings ?? []).map(listAnswer),
    ...(greylist === null ? [] : [met(greylist)]),
    ...(senderLists === null ? [] : explainSenderLists(senderLists)),
  ];
  // The tree says by its indent what belongs to what.
  const tree = (spf === null ? [] : renderSpfTree(spf)).flatMap((line) => {
    const indent = `  ${" ".repeat(line.length - line.trimStart().length)}`;
    return wrapped(line.trimStart(), indent, `${indent}    `);
  });
  const message = [
    ...explainAuthentication(evidence),
    ...explainContent(evidence),
    ...(evidence.ownUris ?? []).map(
      ({ host, entry, weight }) => `Own list of hosts on link ${host}: ${entry}, weight ${weight}`,
    ),
    ...(evidence.uriLists?.findings ?? []).map(listAnswer),
    ...explainScanners(evidence),
    ...(evidence.policy?.answers ?? []).map(explainPolicyFile),
  ];
  return [...lines(facts), ...tree, ...lines(message)];
}

function lines(texts: readonly string[]): string[] {
  return texts.flatMap((text) => wrapped(text, "  ", "    "));
}

function banned({ entry, scope, origin, reason, sinceMs, untilMs }: BlockListEntry): string {
  const until = untilMs === null ? "for ever" : `until ${new Date(untilMs).toISOString()}`;
  return `Block list: ${entry}, scope ${scope}, by ${origin} since ${new Date(sinceMs).toISOString()} ${until}: ${reason}`;
}

function met({ key, standing, because, firstMs, tries, waitMs }: GreylistEvidence): string {
  const first =
    firstMs === null ? "" : `; first try ${new Date(firstMs).toISOString()}, ${tries} deferred before this one`;
  const why = because === null ? "" : ` (${because})`;
  const wait = waitMs === 0 ? "" : `; waits for ${Math.ceil(waitMs / SECOND_MS)} s more`;
  return `Greylist ${key}: ${standing}${why}${first}${wait}`;
}

function pointers({ client, state, pointer, names: followed, namesLeftOut }: ReverseDnsEvidence): string[] {
  const leftOut = namesLeftOut === 0 ? "" : ` (${namesLeftOut} more not looked at)`;
  return [`PTR ${client}: ${answerText(pointer)}; ${state}${leftOut}`, ...followed.map(forward)];
}

function forward({ name, forward: outcome, answer }: PointerName): string {
  return `${name}: ${answer === undefined ? "not asked" : answerText(answer)}; ${outcome}`;
}

function names({ helo, form, claimsToBeUs, resolution, match, a, aaaa }: HeloEvidence): string[] {
  const ours = claimsToBeUs === "no" ? "" : `, our own ${claimsToBeUs}`;
  const answers = [a, aaaa].filter((answer) => answer !== undefined).map(answerText);
  return [`HELO ${helo}: ${form}${ours}; ${[...answers, resolution].join("; ")}; match: ${match}`];
}

function listAnswer({ title, zone, subject, outcome }: ListFinding): string {
  return `${title} (${zone}) on ${subject.role} ${subject.value}: ${outcomeText(outcome)}`;
}

function outcomeText(outcome: ListOutcome): string {
  switch (outcome.kind) {
    case "listed":
      return `${outcome.answers.join(", ")} (TTL ${outcome.ttlSeconds} s): ${outcome.meanings.map(({ meaning }) => meaning).join(", ")}`;
    case "clean":
      return `not listed (TTL ${outcome.ttlSeconds} s)`;
    case "not-checked":
      return `could not be asked: ${outcome.why}`;
    case "refused-to-serve":
      return `${outcome.answers.join(", ")}: it does not serve us (${outcome.refusal}); no listing`;
    case "unknown-answer":
      return `${outcome.answers.join(", ")}: an answer nobody documented; no listing`;
    case "skipped":
      return `not asked: ${outcome.why}`;
  }
}

function answerText(answer: NameAnswer): string {
  switch (answer.kind) {
    case "records":
      return `${answer.records.join(", ")} (TTL ${answer.ttlSeconds} s)`;
    case "no-such-name":
      return `no such name (TTL ${answer.ttlSeconds} s)`;
    case "no-data":
      return `no such record (TTL ${answer.ttlSeconds} s)`;
    case "unavailable":
      return `could not be asked: ${answer.cause}`;
  }
}
