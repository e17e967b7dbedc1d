/** Asks all lists about a client and the names it used, at the same time and by one deadline. */
import { parseDomain } from "#mail/address.ts";
import { isIpv6, isPrivateAddress, parseIpAddress, reversedLabels } from "#mail/ip-address.ts";
import type { Resolver } from "#ports/resolver.ts";
import { type DnsList, isFor } from "./dns-list.ts";
import type { DnsblEvidence, ListFinding, ListOutcome, ListSubject, SkipReason } from "./evidence.ts";
import { ANSWER_SECONDS_MIN, QUESTIONS_MAX } from "./limits.ts";
import { readAnswer } from "./read-answer.ts";

/** Which lists may be asked, and who learns what they said. */
export interface ListGuard {
  /** Undefined: ask. */
  skipReason(list: DnsList, options: { readonly ipv6: boolean }): SkipReason | undefined;
  saw(list: DnsList, outcome: ListOutcome): void;
}

export interface ListsInquiry {
  readonly subjects: readonly ListSubject[];
  readonly lists: readonly DnsList[];
  readonly guard: ListGuard;
  readonly resolver: Resolver;
  /** Clock.monotonicMs(); what has not answered by then is not checked. `LISTS_BUDGET_MS` from the first question. */
  readonly deadlineMs: number;
}

export async function queryLists({ subjects, lists, ...inquiry }: ListsInquiry): Promise<DnsblEvidence> {
  let questionsLeft = QUESTIONS_MAX;
  const findings: Promise<ListFinding>[] = [];
  for (const list of lists) {
    for (const subject of distinct(subjects)) {
      const question = isFor(list, subject.role) ? questionFor(list, subject) : undefined;
      if (question === undefined) continue;
      const skip = reasonToSkip(list, question, inquiry.guard) ?? (questionsLeft-- > 0 ? undefined : "too-many");
      findings.push(find(list, subject, skip ?? question, inquiry));
    }
  }
  return { findings: await Promise.all(findings) };
}

interface ListQuestion {
  readonly labels: string;
  readonly ipv6: boolean;
  readonly isPublic: boolean;
}

/** Undefined where the list has nothing to do with the subject: an address is never asked of a list of domains. */
function questionFor({ kind }: DnsList, { value }: ListSubject): ListQuestion | undefined {
  if (kind === "address") {
    const address = parseIpAddress(value);
    if (address === undefined) return undefined;
    return { labels: reversedLabels(address), ipv6: isIpv6(address), isPublic: !isPrivateAddress(address) };
  }
  // No address is a domain name: the last label would be a number.
  const domain = parseDomain(value.replace(/\.$/, ""));
  if (!domain.ok || domain.value.startsWith("[")) return undefined;
  return { labels: domain.value, ipv6: false, isPublic: domain.value.includes(".") };
}

function reasonToSkip(list: DnsList, { ipv6, isPublic }: ListQuestion, guard: ListGuard): SkipReason | undefined {
  if (!isPublic) return "not-public";
  return ipv6 && !list.ipv6 ? "no-ipv6" : guard.skipReason(list, { ipv6 });
}

async function find(
  list: DnsList,
  subject: ListSubject,
  question: ListQuestion | SkipReason,
  { resolver, deadlineMs, guard }: Omit<ListsInquiry, "subjects" | "lists">,
): Promise<ListFinding> {
  const about = { list: list.list, title: list.title, zone: list.zone, subject };
  if (typeof question === "string") return { ...about, outcome: { kind: "skipped", why: question } };
  const lookup = { deadlineMs, ttlSecondsMin: ANSWER_SECONDS_MIN };
  const outcome = readAnswer(list, subject, await resolver.a(list.questionName(question.labels), lookup));
  guard.saw(list, outcome);
  return { ...about, outcome };
}

/** A name that is both HELO and PTR is one question to the resolver, but two facts; the same fact twice is one. */
function distinct(subjects: readonly ListSubject[]): readonly ListSubject[] {
  return [...new Map(subjects.map((subject) => [`${subject.role} ${subject.value}`, subject])).values()];
}
