/** The audit that setup ends with: the domain as others see it from here, with what the server says of itself. */
import { type AuditRequest, gatherFacts, STANDARD_PORTS } from "#audit/audit.ts";
import { judgeAudit } from "#audit/judge.ts";
import type { AuditReport } from "#audit/report.ts";

import type { Settings } from "#config/settings.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import { askWhereItBelongs } from "../administer.ts";
import { TEST_ADDRESS } from "../audit.ts";
import { clientFor } from "./network-checks.ts";

export async function lastAudit(
  settings: Settings,
  domain: string,
  selectors: readonly string[],
): Promise<AuditReport> {
  const asked = await askWhereItBelongs(settings, "audit-inside", {});
  const lists = dnsLists(settings.lists);
  const request: AuditRequest = {
    domain,
    hosts: [],
    selectors,
    ports: STANDARD_PORTS,
    helo: `audit.${settings.hostname}`,
    testAddress: TEST_ADDRESS,
    lists: lists.ok ? lists.value : [],
    intrusive: undefined,
    inside: asked.kind === "answered" && asked.outcome.ok ? asked.outcome.value : undefined,
  };
  const [first] = settings.dns.servers;
  const resolver = clientFor(first);
  const https = createHttpsClient({ resolver, clock: systemClock });
  const around = { resolver, dialer: systemDialer, clock: systemClock, random: systemRandom, https };
  return judgeAudit(await gatherFacts(request, around));
}
