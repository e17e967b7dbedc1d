/** Reports to others, put together from the settings: what delivery counts is kept, and both kinds go out once a day. */
import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import type { TlsResults } from "#delivery/tls-policy/tls-results.ts";
import type { Directory } from "#identity/directory.ts";
import { parseMailbox } from "#mail/address.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { jsonFile } from "#platform/json-file.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { DailyReports } from "#reports/outbound/daily-reports.ts";
import { postMemory, ReportPosts } from "#reports/outbound/report-posts.ts";
import { ReportSender } from "#reports/outbound/report-sender.ts";
import { TlsTallyKeeper } from "#reports/outbound/tls-tally-keeper.ts";
import type { AccountId, Store } from "#store/store.ts";
import { reportAddresses } from "./report-arrivals.ts";
import { mayLeave } from "./slices.ts";

/** Reports that another server has not taken over HTTPS yet; in the data folder. */
const POSTS_FILE = "report-posts.json";

export interface OpenReports {
  /** After the last attempt to deliver. */
  close(): Promise<void>;
}

export function openReports(
  settings: Settings,
  around: {
    readonly store: Store;
    readonly directory: Directory;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly tlsResults: Pick<TlsResults, "take">;
  },
): OpenReports {
  const { directory, clock, random, log, tlsResults } = around;
  const { hostname, reports, dns } = settings;
  const { from } = reports;
  const kinds = mayLeave(settings) ? (["tls", "dmarc"] as const).filter((kind) => reports[kind]) : [];
  const resolver = createDnsClient({ servers: dns.servers, timeoutMs: dns.timeoutMs, clock, random, log });
  const posts = new ReportPosts({
    clock,
    log,
    https: createHttpsClient({ resolver, clock }),
    memory: postMemory(jsonFile(join(settings.dataDir, POSTS_FILE))),
  });
  const sender = new ReportSender({
    ...around,
    posts,
    hostname,
    from,
    accountsHere: (address) => accountsHere(directory, address),
  });
  const organization = reports.organization === "" ? hostname : reports.organization;
  const addresses = reportAddresses(settings);
  const isReportAddress = (address: string): boolean => addresses.has(address);
  const daily = new DailyReports({
    ...around,
    resolver,
    sender,
    hostname,
    organization,
    from,
    kinds,
    isReportAddress,
  });
  // What is counted is kept for a report that is switched on tomorrow; nothing of it says who wrote to whom.
  const keeper = new TlsTallyKeeper({ ...around, take: () => tlsResults.take() });
  return {
    async close() {
      posts.close();
      await Promise.all([keeper.close(), daily.close()]);
    },
  };
}

async function accountsHere(directory: Directory, address: string): Promise<readonly AccountId[] | undefined> {
  const mailbox = parseMailbox(address, { utf8: false });
  if (!mailbox.ok) return [];
  if (directory.domainRole(mailbox.value.domain) !== "primary") return undefined;
  const found = await directory.resolve(mailbox.value);
  return found.kind === "accounts" ? found.recipients.map(({ accountId }) => accountId) : [];
}
