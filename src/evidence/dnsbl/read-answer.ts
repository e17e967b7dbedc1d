/** From a list's answer to what it says. Only documented answers inside 127/8 count, and an error among them wins. */
import type { DnsAnswer } from "#ports/resolver.ts";
import { type AnswerMap, type AnswerMeaning, type DnsList, weightFor } from "./dns-list.ts";
import type { ListedMeaning, ListOutcome, ListSubject, Refusal } from "./evidence.ts";
import { ANSWERS_MAX } from "./limits.ts";

export function readAnswer(list: DnsList, subject: ListSubject, answer: DnsAnswer<string>): ListOutcome {
  switch (answer.kind) {
    case "unavailable":
      return { kind: "not-checked", why: answer.cause };
    case "no-such-name":
    case "no-data":
      return { kind: "clean", ttlSeconds: answer.ttlSeconds };
    case "records":
      return readRecords(list, subject, answer.records.slice(0, ANSWERS_MAX), answer.ttlSeconds);
  }
}

/** How the list says that it does not serve us; undefined when none of the answers does. */
export function refusalIn(list: DnsList, answers: readonly string[]): Refusal | undefined {
  for (const answer of answers) {
    if (!answer.startsWith("127.")) return "outside-127";
    const refusal = SHARED_REFUSALS[answer] ?? list.refusals[answer];
    if (refusal !== undefined) return refusal;
    if (answer.startsWith("127.255.255.")) return "other-error";
    if (list.answers.by === "bit" && (bitsOf(answer) & REFUSED_BIT) !== 0) return "public-resolver";
  }
  return undefined;
}

/** SURBL and URIBL. */
const REFUSED_BIT = 1;

/** What Spamhaus began and others took over. */
const SHARED_REFUSALS: Readonly<Record<string, Refusal>> = {
  "127.255.255.252": "wrong-zone",
  "127.255.255.254": "public-resolver",
  "127.255.255.255": "too-many-questions",
};

function readRecords(
  list: DnsList,
  { role, value }: ListSubject,
  answers: readonly string[],
  ttlSeconds: number,
): ListOutcome {
  const refusal = refusalIn(list, answers);
  if (refusal !== undefined) return { kind: "refused-to-serve", refusal, answers };
  const meanings = answers.flatMap((answer) =>
    meaningsOf(list.answers, answer).map((known) => ({ answer, known, weight: weightFor(known, role) })),
  );
  const [first, ...others] = meanings.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  if (first === undefined) return { kind: "unknown-answer", answers, ttlSeconds };
  return {
    kind: "listed",
    meanings: [first, ...others].map(
      ({ answer, known, weight }): ListedMeaning => ({ answer, meaning: known.meaning, weight }),
    ),
    weight: first.weight,
    // What is said about an earlier hop says nothing certain about who connects.
    rejectsAlone: role !== "earlier-hop" && meanings.some(({ known }) => known.rejectsAlone === true),
    answers,
    ttlSeconds,
    lookUpUrl: list.lookUpUrl.replace("{value}", encodeURIComponent(value)),
  };
}

/** Empty for an answer that is not documented, or not all of it. */
function meaningsOf(map: AnswerMap, answer: string): readonly AnswerMeaning[] {
  if (map.by === "address") {
    const meaning = Object.hasOwn(map.meanings, answer) ? map.meanings[answer] : undefined;
    return meaning === undefined ? [] : [meaning];
  }
  const bits = bitsOf(answer);
  return Object.entries(map.meanings)
    .filter(([bit]) => (bits & Number(bit)) !== 0)
    .map(([, meaning]) => meaning);
}

function bitsOf(answer: string): number {
  return Number(/^127\.0\.0\.(\d+)$/.exec(answer)?.[1] ?? 0);
}
