/** Is the network fit for mail: the resolver, the block lists, the name of the address, NAT, and port 25 outward. */
import { networkInterfaces } from "node:os";
import { gatherListHealth } from "#audit/facts/list-health.ts";
import { LineProbe } from "#audit/line-probe.ts";
import type { CanaryResult } from "#evidence/dnsbl/canaries.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { isPrivateAddress } from "#mail/ip-address.ts";
import { createDnsClient, type DnsClient } from "#platform/dns/client.ts";
import { askOverUdp } from "#platform/dns/exchange.ts";
import { parseServerAddress } from "#platform/dns/server-address.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import type { DnsAnswer } from "#ports/resolver.ts";
import { silentLog } from "../silent-log.ts";
import { DNS_STEP_MS, DNS_TIMEOUT_MS } from "./limits.ts";
import type { SetupPlan } from "./plan.ts";
import type { Step } from "./report.ts";

/** Big receivers that take a connection from everybody. Nothing is said to them but goodbye. */
const PROBED_DOMAINS = ["gmail.com", "outlook.com"];

export function clientFor(dns: string | undefined): DnsClient {
  const servers = dns === undefined ? [] : [dns];
  const common = { clock: systemClock, random: systemRandom, log: silentLog };
  return createDnsClient({ servers, timeoutMs: DNS_TIMEOUT_MS, ...common });
}

export function stepDeadline(): { readonly deadlineMs: number } {
  return { deadlineMs: systemClock.monotonicMs() + DNS_STEP_MS };
}

export async function checkNetwork(plan: SetupPlan): Promise<readonly Step[]> {
  const resolver = clientFor(plan.dns);
  const [asked, lists, out] = await Promise.all([
    checkResolver(plan, resolver),
    checkLists(resolver),
    checkOutward(resolver),
  ]);
  return [asked, lists, out];
}

async function checkResolver({ domain }: SetupPlan, resolver: DnsClient): Promise<Step> {
  const name = "resolver";
  const [first = ""] = resolver.serverNames();
  const server = parseServerAddress(first);
  if (server === undefined) return { kind: "unknown", name, says: "No resolver is set up" };
  const question = { name: domain, type: "NS" } as const;
  const query = { server, question, edns: true, timeoutMs: DNS_TIMEOUT_MS };
  const reply = await askOverUdp(query, { clock: systemClock, random: systemRandom });
  if (reply.kind !== "response") {
    return { kind: "unknown", name, says: `The resolver ${first} could not be asked: ${reply.kind}` };
  }
  if (!reply.message.recursionAvailable) {
    const remedy = "Install unbound on this machine, and name it with --dns 127.0.0.1.";
    return { kind: "fail", name, says: `${first} does not look up names of others (no recursion)`, remedy };
  }
  if (reply.message.authenticated) return { kind: "pass", name, says: `${first} looks up names and validates them` };
  // The domain's own zone may be unsigned: one that is signed for sure says more.
  const signed = await resolver.ns("org", stepDeadline());
  const isValidating = signed.kind === "records" && signed.authenticated;
  if (isValidating) return { kind: "pass", name, says: `${first} looks up names and validates them` };
  if (signed.kind === "unavailable") {
    return { kind: "unknown", name, says: `${first} looks up names; whether it validates could not be seen` };
  }
  const remedy = "DANE needs a resolver that validates: install unbound on this machine.";
  return { kind: "warn", name, says: `${first} looks up names, but validates nothing`, remedy };
}

async function checkLists(resolver: DnsClient): Promise<Step> {
  const lists = dnsLists([]);
  const health = await gatherListHealth(lists.ok ? lists.value : [], {
    resolver,
    clock: systemClock,
    random: systemRandom,
  });
  return judgeLists(health.map(({ list, result }) => ({ title: list.title, kind: result.kind })));
}

export function judgeLists(health: readonly { readonly title: string; readonly kind: CanaryResult["kind"] }[]): Step {
  const name = "lists";
  const titles = (...kinds: readonly CanaryResult["kind"][]): string =>
    health
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ title }) => title)
      .join(", ");
  const refusing = titles("refuses-us", "dead");
  if (refusing !== "") {
    const remedy =
      "Lists refuse big public resolvers: install unbound on this machine and name it with --dns 127.0.0.1, or get a key.";
    return { kind: "warn", name, says: `Block lists that do not serve this resolver: ${refusing}`, remedy };
  }
  const wrong = titles("lists-the-world");
  if (wrong !== "") {
    const remedy = "They are not used while they do. Does the resolver change answers?";
    return { kind: "warn", name, says: `Block lists that list everybody: ${wrong}`, remedy };
  }
  const unasked = titles("could-not-check");
  if (unasked !== "") return { kind: "unknown", name, says: `Block lists that could not be asked: ${unasked}` };
  return { kind: "pass", name, says: `All ${health.length} block lists serve this resolver` };
}

async function checkOutward(resolver: DnsClient): Promise<Step> {
  const name = "port-25-out";
  const tried: string[] = [];
  for (const domain of PROBED_DOMAINS) {
    const mx = await resolver.mx(domain, stepDeadline());
    const [first] = mx.kind === "records" ? mx.records : [];
    const found = first === undefined ? undefined : await resolver.a(first.exchange, stepDeadline());
    const [address] = found?.kind === "records" ? found.records : [];
    if (first === undefined || address === undefined) continue;
    const opened = await LineProbe.open(systemDialer, { address, port: 25 });
    if (opened.ok) {
      opened.value.destroy();
      return { kind: "pass", name, says: `Port 25 of others can be reached (${first.exchange})` };
    }
    tried.push(first.exchange);
  }
  if (tried.length === 0) {
    return { kind: "unknown", name, says: "Whether port 25 of others can be reached is not known: no network here" };
  }
  const remedy = "Ask the provider to open port 25 outward, or send through a relay (docs/sending.md).";
  return { kind: "warn", name, says: `Port 25 of ${tried.join(" and ")} does not answer`, remedy };
}

/** Addresses that the world may reach us at: those of the name, else of the settings, else of the interfaces. */
export interface PublicAddresses {
  /** Of the name, where it has any. */
  readonly named: readonly string[];
  readonly own: readonly string[];
  readonly wanted: readonly string[];
  /** Why there may be more of the name; undefined: they were all asked for. */
  readonly unasked?: string | undefined;
}

/** @param resolver asks the zone's own servers: what is not there yet must not be remembered as missing. */
export async function findAddresses({ hostname, bind }: SetupPlan, resolver: DnsClient): Promise<PublicAddresses> {
  const lookup = stepDeadline();
  const answers = await Promise.all([resolver.a(hostname, lookup), resolver.aaaa(hostname, lookup)]);
  const named = answers.flatMap((answer: DnsAnswer<string>) => (answer.kind === "records" ? answer.records : []));
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = interfaces.map(({ address }) => address.replace(/%.*$/, ""));
  const open = (bind === undefined ? own : [bind]).filter((address) => !isPrivateAddress(address));
  const unasked = answers.find((answer) => answer.kind === "unavailable");
  const why = unasked?.kind === "unavailable" ? unasked.cause : undefined;
  return { named, own, wanted: named.length > 0 ? named : open, unasked: why };
}

/** Does the name lead to this machine, or to one in front of it? */
export function judgeNat({ named, own, wanted, unasked }: PublicAddresses, hostname: string): Step {
  const name = "address";
  if (named.length === 0 && unasked !== undefined) {
    const remedy = "Look at the resolver, and run setup again.";
    return { kind: "unknown", name, says: `The address of ${hostname} could not be asked for: ${unasked}`, remedy };
  }
  if (wanted.length === 0) {
    const remedy = `Publish the address that the world reaches this machine at as ${hostname}, and run setup again.`;
    return { kind: "warn", name, says: `${hostname} has no address, and this machine has private ones alone`, remedy };
  }
  if (named.length === 0) return { kind: "pass", name, says: `${hostname} will lead to ${wanted.join(", ")}` };
  const elsewhere = named.filter((address) => !own.includes(address));
  if (elsewhere.length === 0) return { kind: "pass", name, says: `${hostname} leads here: ${named.join(", ")}` };
  const remedy =
    "Behind NAT: forward ports 25, 80, 443, 465, 587, 993 and 995 to this machine, and keep the clients' addresses.";
  return {
    kind: "warn",
    name,
    says: `${hostname} leads to ${elsewhere.join(", ")}, which is not this machine`,
    remedy,
  };
}

export async function checkReverse(
  addresses: readonly string[],
  hostname: string,
  resolver: DnsClient,
): Promise<readonly Step[]> {
  return Promise.all(
    addresses.map(async (address): Promise<Step> => {
      const answer = await resolver.ptr(address, stepDeadline());
      const name = "reverse-dns";
      if (answer.kind === "unavailable") {
        return { kind: "unknown", name, says: `The name of ${address} could not be asked for: ${answer.cause}` };
      }
      const names = answer.kind === "records" ? answer.records : [];
      if (names.includes(hostname)) return { kind: "pass", name, says: `${address} is named ${hostname}` };
      const says = names.length === 0 ? `${address} has no name` : `${address} is named ${names.join(", ")}`;
      const remedy = `Have its provider set the PTR record of ${address} to ${hostname}: many refuse mail otherwise.`;
      return { kind: "warn", name, says, remedy };
    }),
  );
}
