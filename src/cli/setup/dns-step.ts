/** The records of the domain: which are wanted, which are there, and putting the others there. */
import { type CheckedRecord, checkRecords, type WantedRecord, wantedRecords } from "#audit/wanted-records.ts";
import type { Settings } from "#config/settings.ts";
import { domainMail } from "#threads/domain-mail.ts";
import type { DomainKeys } from "../dkim-controls.ts";
import { recordLine } from "../dns.ts";
import { checkReverse, clientFor, findAddresses, judgeNat, stepDeadline } from "./network-checks.ts";
import type { SetupPlan } from "./plan.ts";
import { askServers, canBeAdded, findZone, freshClient, publish, waitUntilSeen, type Zone } from "./publish.ts";
import type { SetupReport } from "./report.ts";

export async function publishRecords(
  plan: SetupPlan,
  settings: Settings,
  dkim: DomainKeys["keys"],
  report: SetupReport,
): Promise<void> {
  const resolver = (): ReturnType<typeof clientFor> => clientFor(plan.dns ?? settings.dns.servers[0]);
  const zone = await findZone(plan.domain, resolver());
  // Of another zone: asked as everybody asks. Of this one: what is not there yet must not be remembered as missing.
  const isOwnHost = plan.hostname.endsWith(`.${plan.domain}`);
  const [server] = typeof zone === "string" ? [] : zone.servers;
  const asked = isOwnHost && server !== undefined ? freshClient(server) : resolver();
  const addresses = await findAddresses(plan, asked);
  report.add(judgeNat(addresses, plan.hostname));
  const { domain, secondMx } = plan;
  const about = { domain, dkim, addresses: addresses.wanted, secondMx, withoutTlsa: true };
  const wanted = wantedRecords(await domainMail(settings, about)).filter(({ type }) => type !== "PTR");
  if (typeof zone === "string") {
    tellOf(await checkRecords(wanted, resolver(), stepDeadline()), report);
    report.add(zoneStep(zone, domain));
  } else await publishInZone(plan, { wanted, zone, resolver }, report);
  for (const step of await checkReverse(addresses.wanted, plan.hostname, resolver())) report.add(step);
}

function zoneStep(zone: "none" | "not-asked", domain: string): Parameters<SetupReport["add"]>[0] {
  const name = "dns-zone";
  if (zone === "none") {
    const remedy = "Register the domain and give it name servers; publish the records above there.";
    return { kind: "warn", name, says: `The name servers of ${domain} were not found`, remedy };
  }
  const remedy = "Look at the resolver, and run setup again. The records above are to be published.";
  return { kind: "unknown", name, says: `The name servers of ${domain} could not be asked for`, remedy };
}

interface ZoneStep {
  readonly wanted: readonly WantedRecord[];
  readonly zone: Zone;
  readonly resolver: () => ReturnType<typeof clientFor>;
}

async function publishInZone(
  plan: SetupPlan,
  { wanted, zone, resolver }: ZoneStep,
  report: SetupReport,
): Promise<void> {
  const isInside = ({ name }: WantedRecord): boolean => name === zone.name || name.endsWith(`.${zone.name}`);
  const inside = wanted.filter(isInside);
  const states = await askServers(inside, zone.servers);
  const outside = await checkRecords(
    wanted.filter((record) => !isInside(record)),
    resolver(),
    stepDeadline(),
  );
  const all = [...states, ...outside];
  tellOf(all, report);
  const published = await publish(states, zone.name, plan.publish);
  report.add(published);
  for (const record of all) {
    const canBePublished = isInside(record) && canBeAdded(record);
    if (canBePublished || record.isOptional || record.state === "there" || record.state === "unknown") continue;
    report.add(otherwise(record));
  }
  if (published.kind === "made" || published.kind === "kept") report.add(await waitUntilSeen(inside, zone, resolver));
}

function otherwise(record: CheckedRecord): Parameters<SetupReport["add"]>[0] {
  const { name: owner, type, found, state } = record;
  const now = found.length === 0 ? "" : ` (now: ${found.join(", ")})`;
  const says = `${type} of ${owner} is ${state === "missing" ? "missing" : "something else"}${now}`;
  return { kind: "warn", name: "dns-record", says, remedy: `It should be: ${recordLine(record)}` };
}

/** Zone lines of what is not there: they can be copied, so they are not wrapped. */
function tellOf(records: readonly CheckedRecord[], report: SetupReport): void {
  const open = records.filter(({ state }) => state !== "there");
  if (open.length === 0) return;
  report.lines(open.flatMap((record) => [`  ; ${record.why}`, `  ${recordLine(record)}`]));
}
