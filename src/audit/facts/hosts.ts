/** The hosts that take mail for a domain, with their addresses and the names these point back to. */

import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import type { DnsblEvidence } from "#evidence/dnsbl/evidence.ts";
import { queryLists } from "#evidence/dnsbl/query-lists.ts";
import { checkReverseDns } from "#evidence/reverse-dns/check-reverse-dns.ts";
import type { ReverseDnsEvidence } from "#evidence/reverse-dns/evidence.ts";
import type { Clock } from "#ports/clock.ts";
import type { LookupOptions, MxRecord, ZoneResolver } from "#ports/resolver.ts";
import { ADDRESSES_MAX, DNS_STEP_MS, HOSTS_MAX } from "../limits.ts";
import { type Asked, known, recordsOf } from "./asked.ts";

export interface MailHost {
  readonly name: string;
  /** Undefined for the domain itself where it has no MX (RFC 5321 §5.1), and for a host that was named. */
  readonly preference: number | undefined;
  /** The name it is another word for, which an MX must not be (RFC 2181 §10.3). */
  readonly alias: Asked<string | undefined>;
  readonly addresses: Asked<readonly HostAddress[]>;
  /** Why there may be more of them: those of IPv4 or IPv6 could not be asked for. */
  readonly unseen: string | undefined;
}

export interface HostAddress {
  readonly address: string;
  readonly reverse: ReverseDnsEvidence;
  readonly listings: DnsblEvidence;
}

export interface HostsOptions {
  readonly resolver: ZoneResolver;
  readonly clock: Clock;
  /** Lists of addresses whose health is known to be good. */
  readonly lists: readonly DnsList[];
}

/** @returns the MX records as published; none is an empty list, the null MX one with an empty exchange. */
export async function findExchanges(domain: string, options: HostsOptions): Promise<Asked<readonly MxRecord[]>> {
  const answer = recordsOf(await options.resolver.mx(domain, lookupNow(options)));
  if (answer.kind === "unknown") return answer;
  return known(answer.value.toSorted((left, right) => left.preference - right.preference));
}

export function gatherHosts(
  names: readonly { readonly name: string; readonly preference: number | undefined }[],
  options: HostsOptions,
): Promise<readonly MailHost[]> {
  return Promise.all(names.slice(0, HOSTS_MAX).map((host) => gatherHost(host, options)));
}

async function gatherHost(
  { name, preference }: Pick<MailHost, "name" | "preference">,
  options: HostsOptions,
): Promise<MailHost> {
  const { resolver } = options;
  const lookup = lookupNow(options);
  const [alias, a, aaaa] = await Promise.all([
    resolver.cname(name, lookup),
    resolver.a(name, lookup),
    resolver.aaaa(name, lookup),
  ]);
  const [ofIpv4, ofIpv6, aliases] = [recordsOf(a), recordsOf(aaaa), recordsOf(alias)];
  const found = [ofIpv4, ofIpv6].flatMap((asked) => (asked.kind === "known" ? asked.value : []));
  const failure = [ofIpv4, ofIpv6].find((asked) => asked.kind === "unknown");
  const addresses = await Promise.all(found.slice(0, ADDRESSES_MAX).map((address) => gatherAddress(address, options)));
  return {
    name,
    preference,
    alias: aliases.kind === "unknown" ? aliases : known(aliases.value[0]),
    addresses: found.length === 0 && failure !== undefined ? failure : known(addresses),
    unseen: failure?.kind === "unknown" ? failure.why : undefined,
  };
}

async function gatherAddress(address: string, options: HostsOptions): Promise<HostAddress> {
  const { resolver, lists } = options;
  const { deadlineMs } = lookupNow(options);
  const [reverse, listings] = await Promise.all([
    checkReverseDns({ client: address, resolver, deadlineMs }),
    queryLists({ subjects: [{ role: "client", value: address }], lists, guard: ANYBODY, resolver, deadlineMs }),
  ]);
  return { address, reverse, listings };
}

/** The lists that are asked were found to work just before. */
export const ANYBODY = { skipReason: () => undefined, saw: () => undefined };

function lookupNow({ clock }: HostsOptions): LookupOptions {
  return { deadlineMs: clock.monotonicMs() + DNS_STEP_MS };
}
