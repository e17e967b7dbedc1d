/** Control commands for reports of others. */
import { z } from "zod";
import type { Report } from "#mail/reports/report.ts";
import { failed, ok } from "#mail/result.ts";
import { ReportSummer } from "#reports/inbound/sums.ts";
import { REPORTS_PER_CALL_MAX } from "#store/limits.ts";
import type { ReportQuery, ReportRow } from "#store/report-rows.ts";
import type { Store } from "#store/store.ts";
import { command } from "./control-entry.ts";

export type ListedReport = Omit<ReportRow, "report" | "key">;

const selection = {
  kind: z.enum(["dmarc", "tls", "bounce", "arf"]).optional(),
  domain: z.string().optional(),
  days: z.int().min(1).max(3650),
};

export const reportCommands = {
  "reports-list": command(
    z.strictObject({ ...selection, before: z.int().optional(), limit: z.int().min(1).max(REPORTS_PER_CALL_MAX) }),
    async ({ administration: { store, clock } }, { before, limit, ...wanted }) => {
      const rows = await store.listReports({
        ...query(wanted, clock.now()),
        ...(before === undefined ? {} : { before }),
        limit,
      });
      return ok({ reports: rows.map(listed), next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) });
    },
  ),
  "reports-show": command(z.strictObject({ id: z.int() }), async ({ administration: { store } }, { id }) => {
    const row = await store.findReport(id);
    if (row === undefined) return failed("no-such-report");
    const report = JSON.parse(row.report) as Report;
    const summer = new ReportSummer();
    summer.add(report);
    return ok({ ...listed(row), report, sums: summer.sums() });
  }),
  /** Of reports whose sender is proven, and how many others there are: those may say anything. */
  "reports-sum": command(z.strictObject(selection), async ({ administration: { store, clock } }, wanted) => {
    const summer = new ReportSummer();
    let reports = 0;
    let unproven = 0;
    for await (const row of allReports(store, query(wanted, clock.now()))) {
      const isSummed = row.isProven || row.kind === "bounce";
      if (!isSummed) unproven++;
      else {
        reports++;
        summer.add(JSON.parse(row.report) as Report);
      }
    }
    return ok({ reports, unproven, sums: summer.sums() });
  }),
};

type Selection = Pick<ReportQuery, "kind" | "domain">;

function query(
  { kind, domain, days }: { readonly [Key in keyof Selection]: Selection[Key] | undefined } & { readonly days: number },
  nowMs: number,
): Omit<ReportQuery, "limit"> {
  return {
    sinceMs: nowMs - days * 24 * 60 * 60 * 1000,
    ...(kind === undefined ? {} : { kind }),
    ...(domain === undefined ? {} : { domain: domain.toLowerCase() }),
  };
}

async function* allReports(
  store: Pick<Store, "listReports">,
  wanted: Omit<ReportQuery, "limit">,
): AsyncGenerator<ReportRow> {
  for (let before: number | undefined; ; ) {
    const page = { ...wanted, ...(before === undefined ? {} : { before }), limit: REPORTS_PER_CALL_MAX };
    const rows = await store.listReports(page);
    yield* rows;
    before = rows.at(-1)?.id;
    if (rows.length < REPORTS_PER_CALL_MAX) return;
  }
}

function listed({ report: _report, key: _key, ...row }: ReportRow): ListedReport {
  return row;
}
