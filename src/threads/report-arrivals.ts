/** Reports of others, where they are expected: at the addresses that `postern dns` publishes, those ours come from, and the administrator's. */
import type { Settings } from "#config/settings.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { ReportArrivals } from "#reports/inbound/arrivals.ts";
import type { Store } from "#store/store.ts";

/** Where other servers send reports without being told by a person. */
export function reportAddresses({ domains, reports }: Pick<Settings, "domains" | "reports">): ReadonlySet<string> {
  const published = domains.flatMap(({ name, role }) => (role === "primary" ? [`postmaster@${name}`] : []));
  return new Set(["postmaster", ...published, reports.from]);
}

export function reportArrivals(
  settings: Settings,
  around: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): ReportArrivals {
  const addresses = new Set([...reportAddresses(settings), settings.admin]);
  return new ReportArrivals({ ...around, isReportAddress: (address) => addresses.has(address) });
}
