/** Entries that a working list has, and names that it never has (RFC 5782 §5): what their answers say about the list. */
import { parseIpAddress, reversedLabels } from "#mail/ip-address.ts";
import type { DnsAnswer, Resolver } from "#ports/resolver.ts";
import type { DnsList } from "./dns-list.ts";
import type { Refusal } from "./evidence.ts";
import { refusalIn } from "./read-answer.ts";

export type CanaryResult =
  | {
      readonly kind: "healthy";
      /** Its IPv6 canaries sing too. False for a list without any. */
      readonly ipv6: boolean;
    }
  /** What must be on it is not: it is gone, or refuses us without a word. */
  | { readonly kind: "dead" }
  /** What must not be on it is: an expired domain, or an owner who wants everybody to notice that he stopped. */
  | { readonly kind: "lists-the-world" }
  | { readonly kind: "refuses-us"; readonly refusal: Refusal; readonly answers: readonly string[] }
  /** Says nothing about the list. */
  | { readonly kind: "could-not-check" };

/** RFC 5782 §5: the IPv4 test entries in IPv6 form. Never to be taken for the IPv4 addresses that they hold. */
const IPV6_LISTED = reversedLabels("::ffff:7f00:2");
const IPV6_UNLISTED = reversedLabels("::ffff:7f00:1");

export interface CanaryOptions {
  readonly resolver: Resolver;
  readonly deadlineMs: number;
  /** A label that nobody can have listed: letters and digits. */
  readonly randomLabel: string;
}

export async function askCanaries(
  list: DnsList,
  { resolver, deadlineMs, randomLabel }: CanaryOptions,
): Promise<CanaryResult> {
  const ask = (labels: string): Promise<DnsAnswer<string>> => resolver.a(list.questionName(labels), { deadlineMs });
  const { listed, unlisted } = list.canaries;
  const [main, ipv6] = await Promise.all([
    Promise.all([ask(labelsOf(listed)), ask(labelsOf(unlisted)), ask(randomLabel)]),
    list.ipv6 ? Promise.all([ask(IPV6_LISTED), ask(IPV6_UNLISTED)]) : undefined,
  ]);
  const result = judgeCanaries(list, main[0], [main[1], main[2], ...(ipv6?.slice(1) ?? [])]);
  if (result.kind !== "healthy") return result;
  return { kind: "healthy", ipv6: ipv6 !== undefined && judgeCanaries(list, ...onlyIpv6(ipv6)).kind === "healthy" };
}

function onlyIpv6([listed, unlisted]: readonly [DnsAnswer<string>, DnsAnswer<string>]) {
  return [listed, [unlisted]] as const;
}

/** A refusal tells most, then a name that must not be there: both are certain whatever else could not be asked. */
export function judgeCanaries(
  list: DnsList,
  listed: DnsAnswer<string>,
  unlisted: readonly DnsAnswer<string>[],
): CanaryResult {
  for (const answer of [listed, ...unlisted]) {
    const answers = answer.kind === "records" ? answer.records : [];
    const refusal = refusalIn(list, answers);
    if (refusal !== undefined) return { kind: "refuses-us", refusal, answers };
  }
  if (unlisted.some(({ kind }) => kind === "records")) return { kind: "lists-the-world" };
  if ([listed, ...unlisted].some(({ kind }) => kind === "unavailable")) return { kind: "could-not-check" };
  return listed.kind === "records" ? { kind: "healthy", ipv6: false } : { kind: "dead" };
}

function labelsOf(canary: string): string {
  const address = parseIpAddress(canary);
  return address === undefined ? canary : reversedLabels(address);
}
