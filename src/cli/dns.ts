/** `postern dns DOMAIN`: the records to publish for a domain of ours, and which of them are there. */
import { type CheckedRecord, checkRecords, type DomainMail, wantedRecords } from "#audit/wanted-records.ts";
import type { Settings } from "#config/settings.ts";
import { isPrivateAddress } from "#mail/ip-address.ts";
import { createDnsClient, type DnsClient } from "#platform/dns/client.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { domainMail } from "#threads/domain-mail.ts";
import { askWhereItBelongs, sayRefused, sayUnanswered } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { zoneLine } from "./dkim.ts";
import { readSettings } from "./settings-file.ts";
import { silentLog } from "./silent-log.ts";

const DNS_TIMEOUT_MS = 5000;
const DNS_STEP_MS = 15_000;

export const dns: Command = {
  name: "dns",
  operands: ["DOMAIN"],
  summary: "records to publish, and which of them are there",
  options: { dns: { type: "string", value: "SERVER", text: "name server to ask, such as 127.0.0.1:5300" } },
  async run(invocation) {
    const [name = ""] = invocation.operands;
    const { out, json } = invocation;
    const settings = await readSettings(invocation);
    if (settings === undefined) return 1;
    const keys = await askWhereItBelongs(settings, "dkim-show", { name });
    if (keys.kind === "unanswered") return sayUnanswered(invocation, keys.message);
    if (!keys.outcome.ok) return sayRefused(invocation, name, keys.outcome.problem);
    const { domain, keys: dkim } = keys.outcome.value;
    const resolver = clientFor(invocation, settings);
    const lookup = { deadlineMs: systemClock.monotonicMs() + DNS_STEP_MS };
    const mail = await domainMail(settings, { domain, dkim, addresses: await addressesOf(settings, resolver) });
    const records = await checkRecords(wantedRecords(mail), resolver, lookup);
    if (json) out.json({ ok: true, value: { domain, records } });
    else print(invocation, mail, records);
    return exitCode(records);
  },
};

function exitCode(records: readonly CheckedRecord[]): ExitCode {
  const needed = records.filter(({ isOptional }) => !isOptional);
  if (needed.some(({ state }) => state === "missing" || state === "different")) return 1;
  return needed.some(({ state }) => state === "unknown") ? 3 : 0;
}

function clientFor(invocation: Invocation, settings: Settings): DnsClient {
  const named = invocation.option("dns");
  const servers = named === undefined ? settings.dns.servers : [named];
  const common = { clock: systemClock, random: systemRandom, log: silentLog };
  return createDnsClient({ servers, timeoutMs: DNS_TIMEOUT_MS, ...common });
}

/** Those that the name has already, else the public ones that the settings bind. */
async function addressesOf({ hostname, listeners }: Settings, resolver: DnsClient): Promise<readonly string[]> {
  const lookup = { deadlineMs: systemClock.monotonicMs() + DNS_TIMEOUT_MS };
  const [four, six] = await Promise.all([resolver.a(hostname, lookup), resolver.aaaa(hostname, lookup)]);
  const known = [four, six].flatMap((answer) => (answer.kind === "records" ? answer.records : []));
  if (known.length > 0) return known;
  const bound = listeners.flatMap(({ endpoint }) => (endpoint.kind === "tcp" ? [endpoint.host] : []));
  return [...new Set(bound)].filter((address) => !isPrivateAddress(address));
}

const STATE_WORDS: Readonly<Record<CheckedRecord["state"], string>> = {
  there: "there",
  missing: "MISSING",
  different: "DIFFERENT",
  unknown: "could not be asked for",
};

function print({ out }: Invocation, { domain, host, addresses }: DomainMail, records: readonly CheckedRecord[]): void {
  if (addresses.length === 0) {
    out.line(`; ${host} has no address yet: publish its A and AAAA records first, and ask its provider for the PTR.`);
  }
  for (const record of records) {
    const optional = record.isOptional && record.state !== "there" ? ", optional" : "";
    out.line(`; ${STATE_WORDS[record.state]}${optional}: ${record.why}`);
    out.line(recordLine(record));
    if (record.state === "different") for (const found of record.found) out.line(`;   now: ${found}`);
  }
  const open = records.filter(({ state, isOptional }) => state !== "there" && !isOptional).length;
  out.line(
    open === 0
      ? `; All records that ${domain} needs are there.`
      : `; ${open} of the records that ${domain} needs are not there.`,
  );
}

/** As zone files have it. */
export function recordLine({ name, type, value }: Pick<CheckedRecord, "name" | "type" | "value">): string {
  if (type === "TXT") return zoneLine(name, value);
  if (type === "PTR") return `; PTR of ${name}: ${value}.`;
  // Names in values are absolute, too.
  const target = type === "MX" || type === "SRV" || type === "CNAME" ? `${value}.` : value;
  return `${name}. IN ${type} ${target}`;
}
