/** From a destination to the hosts that take its mail: RFC 5321 §5.1, RFC 7505 (null MX), and tolerance for what people publish. */
import { literalAddress, parseDomain } from "#mail/address.ts";
import { isIpv6, parseIpAddress } from "#mail/ip-address.ts";
import type { Random } from "#ports/random.ts";
import type { DnsAnswer, MxRecord, Resolver } from "#ports/resolver.ts";
import type { Host, Hosts, RoutingProblem } from "./hosts.ts";
import { ADDRESSES_MAX, ADDRESSES_PER_HOST, HOSTS_MAX } from "./limits.ts";
import type { RouteSettings, RoutingSettings } from "./settings.ts";

export interface RoutingSurroundings {
  readonly resolver: Resolver;
  readonly random: Random;
  readonly settings: RoutingSettings;
  /** Is this one of this machine's, loopback and the unspecified address included? */
  readonly isOwnAddress: (address: string) => boolean;
}

interface Candidates {
  readonly kind: "candidates";
  readonly candidates: readonly Candidate[];
}

interface Candidate {
  readonly preference: number;
  readonly name: string;
  readonly nameAuthenticated: boolean;
  readonly domains: readonly string[];
}

/** @param deadlineMs monotonic clock, for all questions together. */
export async function findHosts(
  destination: string,
  route: RouteSettings,
  around: RoutingSurroundings,
  deadlineMs: number,
): Promise<Hosts> {
  if (route.host !== undefined) return findNextHop(route.host, around, deadlineMs);
  const literal = addressInBrackets(destination);
  if (literal !== undefined) {
    return around.isOwnAddress(literal) ? loop(destination) : hostsOf([hostAt(literal)], [], around);
  }
  const answer = await around.resolver.mx(destination, { deadlineMs });
  const candidates = candidatesOf(destination, answer, around);
  return candidates.kind === "problem" ? candidates : lookUp(destination, candidates.candidates, around, deadlineMs);
}

/** A host that the settings name: its addresses are used, whoever's they are. */
async function findNextHop(host: string, around: RoutingSurroundings, deadlineMs: number): Promise<Hosts> {
  if (host.startsWith("unix:")) return { kind: "path", path: host.slice("unix:".length) };
  const address = parseIpAddress(host.replace(/^\[(.*)\]$/, "$1"));
  if (address !== undefined) return hostsOf([hostAt(address)], [], around);
  const candidate = { preference: 0, name: host, nameAuthenticated: true, domains: [] };
  const found = await addressesOf(candidate, around, deadlineMs);
  if (found.kind === "host") return hostsOf([found.host], [], around);
  // A next hop that is missing is our own mistake, and soon repaired: nothing is sent back for it.
  return deferred("4.4.4", `The next hop ${host} has no address: ${found.text}`);
}

function candidatesOf(
  domain: string,
  answer: DnsAnswer<MxRecord>,
  { random }: RoutingSurroundings,
): Candidates | RoutingProblem {
  switch (answer.kind) {
    case "unavailable":
      return deferred("4.4.3", `The DNS did not say where mail for ${domain} goes (${answer.cause})`);
    case "no-such-name":
      return failed(null, "5.1.2", `The domain ${domain} does not exist`);
    case "no-data":
      // RFC 5321 §5.1: the domain itself is its implicit MX.
      return {
        kind: "candidates",
        candidates: [{ preference: 0, name: domain, nameAuthenticated: answer.authenticated, domains: [] }],
      };
    case "records": {
      const named = answer.records.filter(({ exchange }) => exchange !== "");
      if (named.length === 0) return failed(556, "5.1.10", `The domain ${domain} takes no mail (null MX, RFC 7505)`);
      const candidates = inOrder(named, random).map(({ preference, exchange }) => ({
        preference,
        name: exchange,
        nameAuthenticated: answer.authenticated,
        domains: answer.aliasOf === undefined ? [domain] : [domain, answer.aliasOf],
      }));
      return { kind: "candidates", candidates };
    }
  }
}

/** By preference; equal ones by lot, so that the load is spread (RFC 5321 §5.1). */
function inOrder(records: readonly MxRecord[], random: Random): readonly MxRecord[] {
  const lots = random.bytes(records.length * 4);
  const view = new DataView(lots.buffer, lots.byteOffset, lots.byteLength);
  return records
    .map((record, i) => ({ record, lot: view.getUint32(i * 4) }))
    .toSorted((one, other) => one.record.preference - other.record.preference || one.lot - other.lot)
    .map(({ record }) => record);
}

async function lookUp(
  domain: string,
  candidates: readonly Candidate[],
  around: RoutingSurroundings,
  deadlineMs: number,
): Promise<Hosts> {
  // All at once: one name that nobody answers for holds up none of the others.
  const found = await Promise.all(
    candidates.slice(0, HOSTS_MAX).map(async (candidate) => ({
      candidate,
      outcome: await addressesOf(candidate, around, deadlineMs),
    })),
  );
  const ownName = around.settings.hostname.toLowerCase();
  const isOwn = ({ candidate, outcome }: (typeof found)[number]): boolean =>
    candidate.name === ownName || (outcome.kind === "host" && outcome.host.addresses.some(around.isOwnAddress));
  // RFC 5321 §5.1: where we are one of the hosts, only those that are better than we may have the mail.
  const own = Math.min(...found.filter(isOwn).map(({ candidate }) => candidate.preference));
  const better = found.filter(({ candidate }) => candidate.preference < own);
  if (better.length === 0) return loop(domain);
  const hosts = better.flatMap(({ outcome }) => (outcome.kind === "host" ? [outcome.host] : []));
  const without = better.flatMap(({ outcome }) => (outcome.kind === "host" ? [] : [outcome]));
  if (hosts.length > 0)
    return hostsOf(
      hosts,
      without.map(({ text }) => text),
      around,
    );
  const reasons = without.map(({ text }) => text).join("; ");
  if (without.some(({ kind }) => kind === "unavailable")) return deferred("4.4.3", reasons);
  return failed(null, "5.4.4", `No host for mail to ${domain} has an address: ${reasons}`);
}

type Addresses =
  | { readonly kind: "host"; readonly host: Host }
  | { readonly kind: "none" | "unavailable"; readonly text: string };

async function addressesOf(
  { name, nameAuthenticated, domains }: Candidate,
  { resolver, settings }: RoutingSurroundings,
  deadlineMs: number,
): Promise<Addresses> {
  // An MX record must name a host, and some name its address all the same.
  const address = parseIpAddress(name);
  if (address !== undefined) return { kind: "host", host: hostAt(address) };
  const nothing: DnsAnswer<string> = { kind: "no-data", ttlSeconds: 0, authenticated: true };
  const { addressFamily } = settings;
  const answers = await Promise.all([
    addressFamily === "ipv4" ? nothing : resolver.aaaa(name, { deadlineMs }),
    addressFamily === "ipv6" ? nothing : resolver.a(name, { deadlineMs }),
  ]);
  const known = answers.filter((answer) => answer.kind === "records");
  if (known.length > 0) {
    const authenticated = nameAuthenticated && known.every((answer) => answer.authenticated);
    const addresses = alternating(known.flatMap(({ records }) => records));
    const [aliasOf] = known.flatMap((answer) => answer.aliasOf ?? []);
    return { kind: "host", host: { name, addresses, authenticated, nameAuthenticated, aliasOf, domains } };
  }
  for (const answer of answers) {
    if (answer.kind === "unavailable") return { kind: "unavailable", text: `no answer for ${name} (${answer.cause})` };
  }
  return { kind: "none", text: `${name} has no address` };
}

/** IPv6 first, then IPv4, then IPv6 again (RFC 8305 §4). */
function alternating(addresses: readonly string[]): readonly string[] {
  const six = addresses.filter(isIpv6);
  const four = addresses.filter((address) => !isIpv6(address));
  return Array.from({ length: Math.max(six.length, four.length) }, (_, i) => [six[i], four[i]])
    .flat()
    .filter((address) => address !== undefined);
}

function hostAt(address: string): Host {
  return { name: address, addresses: [address], authenticated: false, nameAuthenticated: false, domains: [] };
}

/** Shares the addresses that may be tried out among the hosts: the first has no more than its part while others wait. */
function hostsOf(hosts: readonly Host[], notes: readonly string[], { settings }: RoutingSurroundings): Hosts {
  const { addressFamily } = settings;
  const usable = hosts.map(({ addresses }) =>
    addresses.filter((address) => addressFamily === "both" || isIpv6(address) === (addressFamily === "ipv6")),
  );
  const shares = usable.map(() => 0);
  let left = ADDRESSES_MAX;
  for (const round of [ADDRESSES_PER_HOST, ADDRESSES_MAX]) {
    for (const [i, addresses] of usable.entries()) {
      const more = Math.max(0, Math.min(left, addresses.length - (shares[i] ?? 0), round - (shares[i] ?? 0)));
      shares[i] = (shares[i] ?? 0) + more;
      left -= more;
    }
  }
  const chosen = hosts
    .map((host, i) => ({ ...host, addresses: (usable[i] ?? []).slice(0, shares[i]) }))
    .filter(({ addresses }) => addresses.length > 0);
  if (chosen.length === 0) return deferred("4.4.4", `No host has an ${addressFamily} address`);
  return { kind: "hosts", hosts: chosen, notes };
}

function addressInBrackets(destination: string): string | undefined {
  const domain = parseDomain(destination);
  const address = domain.ok ? literalAddress(domain.value) : undefined;
  return address === undefined ? undefined : parseIpAddress(address);
}

function loop(domain: string): RoutingProblem {
  return failed(
    null,
    "5.4.6",
    `Mail for ${domain} comes back to this server, which does not keep it: its MX points here`,
  );
}

function failed(code: number | null, enhanced: string, text: string): RoutingProblem {
  return { kind: "problem", outcome: "failed", code, enhanced, text };
}

function deferred(enhanced: string, text: string): RoutingProblem {
  return { kind: "problem", outcome: "deferred", code: null, enhanced, text };
}
