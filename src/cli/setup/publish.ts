/** Puts the records that are missing into the DNS, and waits until every server of the zone has them. */
import { type CheckedRecord, checkRecords, type WantedRecord } from "#audit/wanted-records.ts";
import { createDnsClient, type DnsClient } from "#platform/dns/client.ts";
import { sendUpdate } from "#platform/dns/send-update.ts";
import { runProgram } from "#platform/run-program.ts";
import { sleep } from "#platform/sleep.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import type { UpdateRecord, UpdateType } from "#protocol/dns/update.ts";
import { silentLog } from "../silent-log.ts";
import { counted } from "../wording.ts";
import { DNS_TIMEOUT_MS, LOOK_AGAIN_MS, PROGRAM_MS, PUBLISHED_MS, RECORD_TTL_SECONDS, UPDATE_MS } from "./limits.ts";
import { stepDeadline } from "./network-checks.ts";
import type { PublishPlan } from "./plan.ts";
import type { Step } from "./report.ts";

export interface Zone {
  readonly name: string;
  /** Of its authoritative servers, each apart: `192.0.2.53`. */
  readonly servers: readonly string[];
}

/**
 * The zone that a name is in, and who serves it. Only names that are sure to be there are asked for: a resolver remembers
 * for long what it did not find.
 */
export async function findZone(start: string, resolver: DnsClient): Promise<Zone | "none" | "not-asked"> {
  for (let name = start; name.includes("."); name = name.slice(name.indexOf(".") + 1)) {
    const answer = await resolver.ns(name, stepDeadline());
    if (answer.kind === "unavailable") return "not-asked";
    if (answer.kind !== "records") continue;
    const addresses = await Promise.all(
      answer.records.map(async (server) => {
        const [four, six] = await Promise.all([
          resolver.a(server, stepDeadline()),
          resolver.aaaa(server, stepDeadline()),
        ]);
        const found = [four, six].flatMap((one) => (one.kind === "records" ? one.records : []));
        return found.slice(0, 1);
      }),
    );
    const servers = addresses.flat();
    return servers.length === 0 ? "none" : { name, servers };
  }
  return "none";
}

/** Asks one server, and remembers nothing from before. */
export function freshClient(server: string): DnsClient {
  const common = { clock: systemClock, random: systemRandom, log: silentLog };
  return createDnsClient({ servers: [server], timeoutMs: DNS_TIMEOUT_MS, ...common });
}

/** Every record as the server that has it least says. */
export async function askServers(
  wanted: readonly WantedRecord[],
  servers: readonly string[],
): Promise<readonly CheckedRecord[]> {
  const answers = await Promise.all(servers.map((server) => checkRecords(wanted, freshClient(server), stepDeadline())));
  return wanted.map((record, index) => {
    const states = answers.flatMap((answer) => answer[index] ?? []);
    return states.find(({ state }) => state !== "there") ?? states[0] ?? { ...record, state: "unknown", found: [] };
  });
}

const PUBLISHED_TYPES: readonly UpdateType[] = ["A", "AAAA", "MX", "TXT", "SRV", "CNAME"];

/**
 * What may be added without taking anything away: nothing of that type is there, or only texts of another kind beside
 * which it can stand (a proof of ownership beside SPF).
 */
export function canBeAdded({ state, type, value, found }: CheckedRecord): boolean {
  if (!(PUBLISHED_TYPES as readonly string[]).includes(type)) return false;
  if (state === "missing") return true;
  if (state !== "different" || type !== "TXT") return false;
  const kind = /^v=[a-z0-9]+/i.exec(value)?.[0].toLowerCase() ?? "";
  return kind !== "" && !found.some((text) => text.toLowerCase().startsWith(kind));
}

export async function publish(records: readonly CheckedRecord[], zone: string, how: PublishPlan): Promise<Step> {
  const name = "dns-published";
  const added = records.filter(canBeAdded);
  if (added.length === 0) return { kind: "kept", name, says: "the records of the zone" };
  const remedy = "Publish the records above by hand, and run setup again.";
  switch (how.kind) {
    case "by-hand":
      return { kind: "warn", name, says: `${counted(added.length, "record")} to publish in ${zone}`, remedy };
    case "hook": {
      for (const { name: owner, type, value } of added) {
        const run = await runProgram(how.program, ["publish", owner, type, value], { timeoutMs: PROGRAM_MS });
        if (!run.ok) return { kind: "fail", name, says: `${type} of ${owner}: ${run.problem}`, remedy };
      }
      return { kind: "made", name, says: `${counted(added.length, "record")} in ${zone}, by the hook` };
    }
    case "update": {
      const update = { zone, records: added as readonly UpdateRecord[], ttlSeconds: RECORD_TTL_SECONDS };
      const around = { clock: systemClock, random: systemRandom, timeoutMs: UPDATE_MS };
      const problem = await sendUpdate(how.server, update, how.key, around);
      if (problem !== undefined) return { kind: "fail", name, says: `The update was not taken: ${problem}`, remedy };
      return { kind: "made", name, says: `${counted(added.length, "record")} in ${zone}, by update` };
    }
  }
}

/** Until every server has them, and then until our own resolver does; or until the time is over. */
export async function waitUntilSeen(
  wanted: readonly WantedRecord[],
  zone: Zone,
  resolver: () => DnsClient,
): Promise<Step> {
  const name = "dns-seen";
  const untilMs = systemClock.monotonicMs() + PUBLISHED_MS;
  const required = wanted.filter(({ isOptional }) => !isOptional);
  let missing: readonly CheckedRecord[] = [];
  for (;;) {
    missing = (await askServers(required, zone.servers)).filter(({ state }) => state !== "there");
    if (missing.length === 0) {
      const seen = await checkRecords(required, resolver(), stepDeadline());
      missing = seen.filter(({ state }) => state !== "there");
    }
    if (missing.length === 0) {
      return { kind: "pass", name, says: `All servers of ${zone.name} have the records` };
    }
    if (systemClock.monotonicMs() >= untilMs) break;
    await sleep(LOOK_AGAIN_MS);
  }
  // No answer is no finding.
  if (missing.every(({ state }) => state === "unknown")) {
    const says = `Whether the servers of ${zone.name} have the records could not be asked for`;
    return { kind: "unknown", name, says, remedy: "Look at the resolver, and run setup again: what is right stays." };
  }
  const names = missing.map(({ name: owner, type, state }) => `${type} of ${owner} (${state})`).join(", ");
  const remedy = "Look at the zone's servers, and run setup again: what is right stays.";
  return { kind: "warn", name, says: `Not seen everywhere: ${names}`, remedy };
}
