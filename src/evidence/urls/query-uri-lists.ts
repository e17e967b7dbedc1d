/** Asks the lists of domains and links about what a message names. Addresses are never asked: those lists hold names. */
import type { Resolver } from "#ports/resolver.ts";
import { type DnsList, isFor } from "../dnsbl/dns-list.ts";
import type { ListFinding } from "../dnsbl/evidence.ts";
import { QUESTIONS_MAX } from "../dnsbl/limits.ts";
import { type ListGuard, queryLists } from "../dnsbl/query-lists.ts";
import type { UrlEvidence } from "./evidence.ts";
import { nameParts } from "./public-suffix.ts";

export interface UriListsInquiry {
  readonly urls: Pick<UrlEvidence, "hosts" | "addresses">;
  /** Names that need no question, such as our own domains: told a registered domain, or a host that has none. */
  readonly isExempt?: (name: string) => boolean;
  /** Those that know nothing about links are passed over. */
  readonly lists: readonly DnsList[];
  readonly guard: ListGuard;
  readonly resolver: Resolver;
  /** Clock.monotonicMs(); what has not answered by then is not checked. */
  readonly deadlineMs: number;
}

export interface UriListEvidence {
  /** One for each list and name, in the order of lists, then names. The subject's role is always `link`. */
  readonly findings: readonly ListFinding[];
  /** What each name that was asked about stands for. */
  readonly names: readonly AskedName[];
  /** Names for which there was no question left. */
  readonly namesLeftOut: number;
}

export interface AskedName {
  readonly name: string;
  /** What the message names: links, or only addresses (`user@name`), which say less. */
  readonly mentionedAs: "link" | "address";
  /** The hosts of the message of which this is the registered domain, or which it is itself. */
  readonly hosts: readonly string[];
}

export async function queryUriLists(inquiry: UriListsInquiry): Promise<UriListEvidence> {
  const { urls, lists, isExempt = () => false, guard, resolver, deadlineMs } = inquiry;
  const forLinks = lists.filter((list) => isFor(list, "link"));
  const names = namesToAsk({
    hosts: urls.hosts.filter(({ host, registered }) => !isExempt(registered ?? host)),
    addresses: urls.addresses.filter(({ domain }) => !isExempt(nameParts(domain).registered ?? domain)),
  });
  // Each list is asked about the same names: otherwise the first lists would use up the questions of the last.
  const kept = names.slice(0, Math.floor(QUESTIONS_MAX / Math.max(1, forLinks.length)));
  const subjects = kept.map(({ name }) => ({ role: "link", value: name }) as const);
  const { findings } = await queryLists({ subjects, lists: forLinks, guard, resolver, deadlineMs });
  return { findings, names: kept, namesLeftOut: names.length - kept.length };
}

/**
 * Registered domains of links first, since that is what most lists hold, then full host names, then the domains of
 * addresses. A name is there once, as the strongest that it is.
 */
export function namesToAsk({ hosts, addresses }: UriListsInquiry["urls"]): readonly AskedName[] {
  const names = new Map<string, { name: string; mentionedAs: AskedName["mentionedAs"]; hosts: Set<string> }>();
  const add = (name: string, mentionedAs: AskedName["mentionedAs"], host: string): void => {
    const known = names.get(name) ?? { name, mentionedAs, hosts: new Set() };
    known.hosts.add(host);
    names.set(name, known);
  };
  const linked = hosts.filter(({ kind }) => kind === "name");
  for (const { host, registered } of linked) if (registered !== null) add(registered, "link", host);
  for (const { host } of linked) add(host, "link", host);
  for (const { domain } of addresses) add(domain, "address", domain);
  return [...names.values()].map((name) => ({ ...name, hosts: [...name.hosts] }));
}
