/** Asks all lists about a client and the names it used, at the same time and by one deadline. */
import { parseDomain } from "#mail/address.ts";
import { isIpv6, isPrivateAddress, parseIpAddress, reversedLabels } from "#mail/ip-address.ts";
import type { Resolver } from "#ports/resolver.ts";
import { type DnsList, isFor } from "./dns-list.ts";
import type { DnsblEvidence, ListFinding, ListKind, ListOutcome, ListSubject, SkipReason } from "./evidence.ts";
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
  if (lists.length === 0) return { findings: [] };
  let questionsLeft = QUESTIONS_MAX;
  const once = distinct(subjects);
  const byKind = new Map<ListKind, readonly ListQuestion[]>();
  const findings: Promise<ListFinding>[] = [];
  for (const list of lists) {
    const questions = byKind.get(list.kind) ?? questionsFor(list, once);
    byKind.set(list.kind, questions);
    for (const question of questions) {
      const skip = reasonToSkip(list, question, inquiry.guard) ?? (questionsLeft-- > 0 ? undefined : "too-many");
      findings.push(find(list, question, skip, inquiry));
    }
  }
  return { findings: await Promise.all(findings) };
}

interface ListQuestion {
  readonly subject: ListSubject;
  readonly labels: string;
  readonly ipv6: boolean;
  readonly isPublic: boolean;
}

/** The same for all lists of a kind. */
function questionsFor(list: DnsList, subjects: readonly ListSubject[]): readonly ListQuestion[] {
  return subjects
    .filter(({ role }) => isFor(list, role))
    .map((subject) => questionFor(list, subject))
    .filter((question) => question !== undefined);
}

/** Undefined where the list has nothing to do with the subject: an address is never asked of a list of domains. */
function questionFor({ kind }: DnsList, subject: ListSubject): ListQuestion | undefined {
  const { value } = subject;
  if (kind === "address") {
    const address = parseIpAddress(value);
    if (address === undefined) return undefined;
    return { subject, labels: reversedLabels(address), ipv6: isIpv6(address), isPublic: !isPrivateAddress(address) };
  }
  // No address is a domain name: the last label would be a number.
  const domain = parseDomain(value.replace(/\.$/, ""));
  if (!domain.ok || domain.value.startsWith("[")) return undefined;
  return { subject, labels: domain.value, ipv6: false, isPublic: domain.value.includes(".") };
}

function reasonToSkip(list: DnsList, { ipv6, isPublic }: ListQuestion, guard: ListGuard): SkipReason | undefined {
  if (!isPublic) return "not-public";
  return ipv6 && !list.ipv6 ? "no-ipv6" : guard.skipReason(list, { ipv6 });
}

async function find(
  list: DnsList,
  { subject, labels }: ListQuestion,
  skip: SkipReason | undefined,
  { resolver, deadlineMs, guard }: Omit<ListsInquiry, "subjects" | "lists">,
): Promise<ListFinding> {
  const about = { list: list.list, title: list.title, zone: list.zone, subject };
  if (skip !== undefined) return { ...about, outcome: { kind: "skipped", why: skip } };
  const lookup = { deadlineMs, ttlSecondsMin: ANSWER_SECONDS_MIN };
  const outcome = readAnswer(list, subject, await resolver.a(list.questionName(labels), lookup));
  guard.saw(list, outcome);
  return { ...about, outcome };
}

/** A name that is both HELO and PTR is one question to the resolver, but two facts; the same fact twice is one. */
function distinct(subjects: readonly ListSubject[]): readonly ListSubject[] {
  return [...new Map(subjects.map((subject) => [`${subject.role} ${subject.value}`, subject])).values()];
}
