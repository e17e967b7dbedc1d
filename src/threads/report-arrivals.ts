/** Reports of others, where they are expected: at the addresses that `postern dns` publishes and those ours come from. */
import type { Settings } from "#config/settings.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { ReportArrivals } from "#reports/inbound/arrivals.ts";
import type { Store } from "#store/store.ts";

export function reportArrivals(
  { domains, admin, reports }: Settings,
  around: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): ReportArrivals {
  const published = domains.flatMap(({ name, role }) => (role === "primary" ? [`postmaster@${name}`] : []));
  const addresses = new Set(["postmaster", ...published, admin, reports.from]);
  return new ReportArrivals({ ...around, isReportAddress: (address) => addresses.has(address) });
}
