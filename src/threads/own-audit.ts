/** The audit of our own domains from inside: the same look that `postern audit` takes, and our own keys held against the DNS. */
import { type AuditDependencies, gatherFacts, STANDARD_PORTS } from "#audit/audit.ts";
import { judgeAudit } from "#audit/judge.ts";
import {
  type AuditReport,
  type Finding,
  found,
  notChecked,
  type ProtectionReport,
  passed,
  worst,
} from "#audit/report.ts";
import { type CheckedRecord, checkRecords, type WantedRecord } from "#audit/wanted-records.ts";
import type { Settings } from "#config/settings.ts";
import { recordsOf } from "#delivery/signing/key-set.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { DkimKeyRow } from "#store/dkim-key-row.ts";
import type { Store } from "#store/store.ts";
import { insideFacts } from "./inside-facts.ts";

/** Domains that are looked at in one round; each takes about a minute. The first of the settings come first. */
const DOMAINS_MAX = 20;
const DNS_TIMEOUT_MS = 5000;
const RECORDS_MS = 15_000;
/** RFC 2606: nobody's. */
const TEST_ADDRESS = "postern-audit@example.org";
const AUTHENTICATION = 5;

export interface OwnAuditOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One domain after the other: their hosts are the same, and there are limits. */
export async function auditOwnDomains(settings: Settings, options: OwnAuditOptions): Promise<readonly AuditReport[]> {
  const { store, clock, random, log } = options;
  const { servers } = settings.dns;
  const resolver = createDnsClient({ servers, timeoutMs: DNS_TIMEOUT_MS, clock, random, log });
  const https = createHttpsClient({ resolver, clock });
  const around: AuditDependencies = { resolver, dialer: systemDialer, clock, random, https };
  const lists = dnsLists(settings.lists);
  const inside = await insideFacts({ store, clock }, settings);
  const own = settings.domains.filter(({ role }) => role === "primary").slice(0, DOMAINS_MAX);
  const reports: AuditReport[] = [];
  for (const { name: domain } of own) {
    const keys = (await store.listDkimKeys(domain)).filter(({ state }) => state === "active");
    const request = {
      domain,
      hosts: [],
      selectors: keys.map(({ selector }) => selector),
      ports: STANDARD_PORTS,
      helo: `audit.${settings.hostname}`,
      testAddress: TEST_ADDRESS,
      lists: lists.ok ? lists.value : [],
      intrusive: undefined,
      inside,
      // Several times a day: a second MX must not take us for an attacker.
      isQuiet: true,
    };
    const lookup = { deadlineMs: clock.monotonicMs() + RECORDS_MS };
    const published = await checkRecords(wantedKeys(keys), resolver, lookup);
    reports.push(withKeys(judgeAudit(await gatherFacts(request, around)), published));
  }
  return reports;
}

function wantedKeys(keys: readonly DkimKeyRow[]): readonly WantedRecord[] {
  return recordsOf(keys).map(({ name, value }) => {
    return { name, type: "TXT", value, why: "a key that signs (DKIM)", isOptional: false };
  });
}

/** Another key than ours may be a good one to the audit: what we sign with it fails everywhere. */
export function withKeys(report: AuditReport, published: readonly CheckedRecord[]): AuditReport {
  const wrong = published.filter(({ state }) => state === "missing" || state === "different");
  if (published.length === 0) return report;
  const isUnseen = published.every(({ state }) => state === "unknown");
  const finding: Finding = isUnseen
    ? notChecked("dkim-own", "The keys that we sign with could not be asked for", "Look at the resolver.")
    : wrong.length === 0
      ? passed("dkim-own", "The keys that we sign with are published")
      : found("fail", "dkim-own", "Keys that we sign with are not published", {
          evidence: wrong.map(({ name, state }) => `${name}: ${state}`),
          remedy: `Publish what \`postern dkim show ${report.domain}\` prints.`,
        });
  const protections = report.protections.map((protection): ProtectionReport => {
    if (protection.number !== AUTHENTICATION) return protection;
    const findings = [...protection.findings, finding];
    return { ...protection, findings, outcome: worst(findings) };
  });
  return { ...report, protections };
}
