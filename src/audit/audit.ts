/** Looks at a domain's mail servers from outside, all at once where it may, and gently: a handful of sessions a host. */
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import { queryLists } from "#evidence/dnsbl/query-lists.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import type { HttpsClient } from "#ports/https-client.ts";
import type { Random } from "#ports/random.ts";
import type { ZoneResolver } from "#ports/resolver.ts";
import { type Asked, known, unknown } from "./facts/asked.ts";
import type { AuditFacts, InsideFacts, IntrusiveFacts, PolicyFetch } from "./facts/facts.ts";
import { ANYBODY, findExchanges, gatherHosts, type MailHost } from "./facts/hosts.ts";
import {
  type ConnectionFacts,
  gatherConnections,
  type SmugglingAnswer,
  trySmuggling,
  WRONG_ENDS,
} from "./facts/intrusive.ts";
import { gatherListHealth } from "./facts/list-health.ts";
import { gatherMxSession, type MxSessionFacts } from "./facts/mx-session.ts";
import { gatherService, type ServiceFacts } from "./facts/services.ts";
import type { Service } from "./facts/talk.ts";
import { gatherZone } from "./facts/zone.ts";
import { DNS_STEP_MS, POLICY_FETCH_MS, POLICY_OCTETS_MAX } from "./limits.ts";

export interface AuditDependencies {
  readonly resolver: ZoneResolver;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly https: HttpsClient;
}

export interface AuditRequest {
  readonly domain: string;
  /** Besides the MX hosts: where users log in. */
  readonly hosts: readonly string[];
  readonly selectors: readonly string[];
  readonly ports: AuditPorts;
  /** Our own name, said in EHLO. */
  readonly helo: string;
  /** Relaying is tried to this address; nothing is ever sent there. */
  readonly testAddress: string;
  readonly lists: readonly DnsList[];
  /** `recipient`: gets a message where a host can be smuggled to; empty: that is not tried. */
  readonly intrusive: { readonly recipient: string } | undefined;
  readonly inside: InsideFacts | undefined;
  /**
   * For a look that is taken again and again: nothing is tried that a server holds against its client, neither relaying nor
   * unknown recipients, log-ins in clear and old TLS. `inside` says of our own server what is not tried.
   */
  readonly isQuiet?: boolean;
}

export interface AuditPorts {
  readonly mx: number;
  readonly submission: number;
  readonly submissions: number;
  readonly imap: number;
  readonly imaps: number;
  readonly pop3: number;
  readonly pop3s: number;
}

export const STANDARD_PORTS: AuditPorts = {
  mx: 25,
  submission: 587,
  submissions: 465,
  imap: 143,
  imaps: 993,
  pop3: 110,
  pop3s: 995,
};

export async function gatherFacts(request: AuditRequest, deps: AuditDependencies): Promise<AuditFacts> {
  const { domain, lists } = request;
  const { resolver, clock } = deps;
  const listHealth = await gatherListHealth(lists, deps);
  const healthy = listHealth.filter(({ result }) => result.kind === "healthy").map(({ list }) => list);
  const exchanges = await findExchanges(domain, { resolver, clock, lists: healthy });
  const hosts = await gatherHosts(mailHosts(domain, exchanges), { resolver, clock, lists: healthy });
  const others = await gatherHosts(
    request.hosts.map((name) => ({ name, preference: undefined })),
    { resolver, clock, lists: [] },
  );
  const zoneOptions = { resolver, clock, receiver: request.helo, selectors: request.selectors };
  const [zone, domainListings, services, tlsa] = await Promise.all([
    gatherZone(domain, zoneOptions),
    queryLists({
      subjects: [domain, ...hosts.map(({ name }) => name)].map((value) => ({ role: "link", value }) as const),
      lists: healthy,
      guard: ANYBODY,
      resolver,
      deadlineMs: clock.monotonicMs() + DNS_STEP_MS,
    }),
    gatherServices(request, deps, hosts, others),
    gatherTlsa(request, deps, hosts),
  ]);
  // Last: who tries to relay may be turned away for a while.
  const sessions = await gatherSessions(request, deps, hosts);
  return {
    domain,
    atMs: clock.now(),
    exchanges,
    hosts,
    zone,
    listHealth,
    domainListings,
    sessions,
    services,
    mtaStsPolicy: await fetchPolicy(domain, zone.mtaStsRecords, deps),
    tlsa,
    intrusive: request.intrusive === undefined ? undefined : await intrude(request, deps, hosts),
    inside: request.inside,
  };
}

function mailHosts(
  domain: string,
  exchanges: AuditFacts["exchanges"],
): readonly Pick<MailHost, "name" | "preference">[] {
  const records = exchanges.kind === "known" ? exchanges.value : [];
  if (exchanges.kind === "known" && records.length === 0) return [{ name: domain, preference: undefined }];
  const names = new Map<string, number>();
  for (const { exchange, preference } of records)
    if (exchange !== "" && !names.has(exchange)) names.set(exchange, preference);
  return [...names].map(([name, preference]) => ({ name, preference }));
}

interface At {
  readonly host: string;
  readonly address: string;
}

/** Each address once, under the first name that has it. */
function addressesOf(hosts: readonly MailHost[]): readonly At[] {
  const found = new Map<string, string>();
  for (const { name, addresses } of hosts) {
    for (const { address } of addresses.kind === "known" ? addresses.value : []) {
      if (!found.has(address)) found.set(address, name);
    }
  }
  return [...found].map(([address, host]) => ({ host, address }));
}

/** One host after the other: an audit must not look like an attack. */
async function gatherServices(
  { ports, helo, isQuiet }: AuditRequest,
  { dialer }: AuditDependencies,
  hosts: readonly MailHost[],
  others: readonly MailHost[],
): Promise<readonly ServiceFacts[]> {
  const mx = addressesOf(hosts);
  const all = addressesOf([...others, ...hosts]);
  const services: Service[] = [
    ...mx.map((at) => service(at, "smtp", ports.mx, false, "mx")),
    ...all.flatMap((at) => [
      service(at, "smtp", ports.submission, false, "submission"),
      service(at, "smtp", ports.submissions, true, "submission"),
      service(at, "imap", ports.imap, false, "mailbox"),
      service(at, "imap", ports.imaps, true, "mailbox"),
      service(at, "pop3", ports.pop3, false, "mailbox"),
      service(at, "pop3", ports.pop3s, true, "mailbox"),
    ]),
  ];
  const byAddress = Map.groupBy(services, ({ address }) => address);
  const found = await Promise.all(
    [...byAddress.values()].map(async (ofHost) => {
      const facts: ServiceFacts[] = [];
      for (const one of ofHost) facts.push(await gatherService(dialer, one, { helo, isQuiet }));
      return facts;
    }),
  );
  return found.flat();
}

function service(
  { host, address }: At,
  protocol: Service["protocol"],
  port: number,
  implicitTls: boolean,
  role: Service["role"],
): Service {
  return { protocol, address, port, implicitTls, role, serverName: host };
}

async function gatherSessions(
  { domain, ports, helo, testAddress, isQuiet }: AuditRequest,
  { dialer, random }: AuditDependencies,
  hosts: readonly MailHost[],
): Promise<ReadonlyMap<string, Asked<MxSessionFacts>>> {
  const about = { domain, testAddress, random: random.id(), isQuiet };
  const found = await Promise.all(
    addressesOf(hosts).map(async ({ address }) => {
      const target = { address, port: ports.mx, helo };
      return [address, await gatherMxSession(dialer, target, about)] as const;
    }),
  );
  return new Map(found);
}

async function gatherTlsa(
  { ports }: AuditRequest,
  { resolver, clock }: AuditDependencies,
  hosts: readonly MailHost[],
): Promise<AuditFacts["tlsa"]> {
  const lookup = { deadlineMs: clock.monotonicMs() + DNS_STEP_MS };
  const found = await Promise.all(
    hosts.map(async ({ name }) => {
      const answer = await resolver.tlsa(`_${ports.mx}._tcp.${name}`, lookup);
      if (answer.kind === "unavailable") return [name, unknown(answer.cause)] as const;
      const count = answer.kind === "records" ? answer.records.length : 0;
      return [name, known({ count, isValidated: answer.authenticated })] as const;
    }),
  );
  return new Map(found);
}

async function fetchPolicy(
  domain: string,
  records: Asked<readonly string[]>,
  { https }: AuditDependencies,
): Promise<PolicyFetch | undefined> {
  if (records.kind === "unknown" || records.value.length === 0) return undefined;
  const host = `mta-sts.${domain}`;
  const url = `https://${host}/.well-known/mta-sts.txt`;
  const fetched = await https.get({ url, timeoutMs: POLICY_FETCH_MS, octetsMax: POLICY_OCTETS_MAX });
  if (!fetched.ok) {
    const { kind, text: why } = fetched.problem;
    // Both may be our own side's.
    return { kind: kind === "timed-out" || kind === "not-looked-up" ? "unknown" : "broken", why };
  }
  const { status, mediaType, text } = fetched.value;
  if (status !== 200) return { kind: "broken", why: `the server answers ${status}` };
  // RFC 8461 §3.2: another type is no policy.
  return mediaType === "text/plain"
    ? { kind: "policy", text }
    : { kind: "broken", why: `it is served as ${mediaType}` };
}

async function intrude(
  { ports, helo, intrusive, testAddress }: AuditRequest,
  { dialer }: AuditDependencies,
  hosts: readonly MailHost[],
): Promise<IntrusiveFacts> {
  const connections = new Map<string, ConnectionFacts>();
  const smuggling = new Map<string, ReadonlyMap<string, SmugglingAnswer>>();
  for (const { address } of addressesOf(hosts)) {
    const target = { address, port: ports.mx, helo };
    const recipient = intrusive?.recipient ?? "";
    if (recipient !== "") {
      const answers = new Map<string, SmugglingAnswer>();
      for (const [name, end] of Object.entries(WRONG_ENDS)) {
        answers.set(name, await trySmuggling(dialer, target, { mailFrom: testAddress, recipient }, end));
      }
      smuggling.set(address, answers);
    }
    // Last: whoever counts connections may turn us away afterwards.
    connections.set(address, await gatherConnections(dialer, target));
  }
  return { connections, smuggling };
}
