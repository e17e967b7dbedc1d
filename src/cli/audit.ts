/** `postern audit DOMAIN`: the ten protections of any domain's mail servers, seen from here. */
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { type AuditPorts, type AuditRequest, gatherFacts, STANDARD_PORTS } from "#audit/audit.ts";
import type { InsideFacts } from "#audit/facts/facts.ts";
import { judgeAudit } from "#audit/judge.ts";
import { renderHtml } from "#audit/render-html.ts";
import { renderText } from "#audit/render-text.ts";
import type { AuditReport, Outcome } from "#audit/report.ts";
import { loadSettings } from "#config/load.ts";
import type { Settings } from "#config/settings.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { parseDomain, parseMailbox } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import { askWhereItBelongs } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import { settingsFile } from "./settings-file.ts";
import { silentLog } from "./silent-log.ts";

const DNS_TIMEOUT_MS = 5000;
/** RFC 2606: nobody's, so that nothing could arrive even where it is taken. */
export const TEST_ADDRESS = "postern-audit@example.org";

export const audit: Command = {
  name: "audit",
  operands: ["DOMAIN"],
  summary: "the ten protections of any domain's mail servers",
  options: {
    host: { type: "string", value: "HOSTS", text: "where users log in, besides the MX; several with commas" },
    dns: { type: "string", value: "SERVER", text: "name server to ask, such as 127.0.0.1:5300" },
    selector: { type: "string", value: "NAMES", text: "DKIM selectors in use; several with commas" },
    "test-address": { type: "string", value: "ADDRESS", text: "relaying is tried to it; nothing is sent" },
    ports: { type: "string", value: "LIST", text: "other ports, such as mx=2525,imaps=2993" },
    intrusive: { type: "boolean", text: "tries limits and smuggling too; only against your own hosts" },
    recipient: { type: "string", value: "ADDRESS", text: "with --intrusive: takes the message that smuggling needs" },
    outside: { type: "boolean", text: "does not ask a server here, even where the domain is its own" },
    all: { type: "boolean", text: "shows what passed too, with its evidence" },
    html: { type: "string", value: "FILE", text: "writes the report as a page" },
    "fail-on": { type: "string", value: "OUTCOME", text: "fail (default) or warn: what makes the exit code 1" },
  },
  async run(invocation) {
    const request = await requestOf(invocation);
    if (!request.ok) {
      invocation.out.problem(request.problem);
      return 2;
    }
    return auditNow(invocation, request.value);
  },
};

interface Wanted {
  readonly request: AuditRequest;
  readonly servers: readonly string[];
  readonly failOn: readonly Outcome[];
}

async function auditNow(invocation: Invocation, { request, servers, failOn }: Wanted): Promise<ExitCode> {
  const { out, json } = invocation;
  const clock = systemClock;
  const random = systemRandom;
  const resolver = createDnsClient({ servers, clock, random, log: silentLog, timeoutMs: DNS_TIMEOUT_MS });
  const https = createHttpsClient({ resolver, clock });
  const facts = await gatherFacts(request, { resolver, dialer: systemDialer, clock, random, https });
  const report = judgeAudit(facts);
  const page = invocation.option("html");
  if (page !== undefined) await writeFile(page, renderHtml(report));
  if (json) out.json({ ok: true, value: report });
  else for (const line of renderText(report, { all: invocation.flag("all") })) out.line(line);
  return exitCode(report, failOn);
}

function exitCode({ protections }: AuditReport, failOn: readonly Outcome[]): ExitCode {
  if (protections.some(({ outcome }) => failOn.includes(outcome))) return 1;
  return protections.every(({ outcome }) => outcome === "unknown") ? 3 : 0;
}

async function requestOf(invocation: Invocation): Promise<Result<Wanted, string>> {
  const parsed = parseDomain(invocation.operands[0] ?? "");
  if (!parsed.ok || parsed.value.startsWith("[")) return failed(`${invocation.operands[0]} is not a domain name.`);
  const ports = portsOf(invocation.option("ports") ?? "");
  if (ports === undefined)
    return failed(`--ports is a list of ${Object.keys(STANDARD_PORTS).join(", ")}: mx=2525,imaps=2993.`);
  const failOn = { fail: ["fail"], warn: ["fail", "warn"] }[invocation.option("fail-on") ?? "fail"];
  if (failOn === undefined) return failed("--fail-on is fail or warn.");
  const testAddress = invocation.option("test-address") ?? TEST_ADDRESS;
  const recipient = invocation.option("recipient") ?? "";
  for (const address of [testAddress, ...(recipient === "" ? [] : [recipient])]) {
    if (!parseMailbox(address, { utf8: false }).ok) return failed(`${address} is not a mail address.`);
  }
  if (testAddress.toLowerCase().endsWith(`@${parsed.value}`)) {
    return failed("--test-address must be at another domain: whether mail for others is taken is what is tried.");
  }
  const settings = await settingsHere(invocation);
  const lists = dnsLists(settings?.lists ?? []);
  const dns = invocation.option("dns");
  const request: AuditRequest = {
    domain: parsed.value,
    hosts: words(invocation.option("host")),
    selectors: words(invocation.option("selector")),
    ports,
    // Not a name of our own, which our own server would not take from a stranger.
    helo: `audit.${settings?.hostname ?? hostname()}`,
    testAddress,
    lists: lists.ok ? lists.value : [],
    intrusive: invocation.flag("intrusive") ? { recipient } : undefined,
    inside: invocation.flag("outside") ? undefined : await inside(settings, parsed.value),
  };
  return ok({
    request,
    servers: dns === undefined ? (settings?.dns.servers ?? []) : [dns],
    failOn: failOn as Outcome[],
  });
}

/** An audit needs no settings; those that are here say which resolver and which lists are meant. */
async function settingsHere(invocation: Invocation): Promise<Settings | undefined> {
  const file = settingsFile(invocation);
  if (file === undefined) return undefined;
  const loaded = await loadSettings(file);
  return loaded.ok ? loaded.value.settings : undefined;
}

async function inside(settings: Settings | undefined, domain: string): Promise<InsideFacts | undefined> {
  if (settings === undefined || !settings.domains.some(({ name }) => name === domain)) return undefined;
  const asked = await askWhereItBelongs(settings, "audit-inside", {});
  return asked.kind === "answered" && asked.outcome.ok ? asked.outcome.value : undefined;
}

function words(text = ""): readonly string[] {
  return text
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");
}

function portsOf(text: string): AuditPorts | undefined {
  const ports: Record<string, number> = { ...STANDARD_PORTS };
  for (const word of words(text)) {
    const [name = "", number = ""] = word.split("=");
    const port = Number(number);
    if (!Object.hasOwn(STANDARD_PORTS, name) || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
    ports[name] = port;
  }
  return { ...STANDARD_PORTS, ...ports };
}
