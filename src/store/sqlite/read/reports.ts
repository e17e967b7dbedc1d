/** Reports of others, and what was counted for ours, as the reader finds them. */
import { REPORTS_PER_CALL_MAX, ROWS_PER_CALL_MAX } from "../../limits.ts";
import type { NewReport, ReportQuery, ReportRow, ReportStore, ReportTally } from "../../report-rows.ts";
import type { Database } from "../database.ts";

interface StoredReport extends Omit<NewReport, "isProven">, Record<string, unknown> {
  readonly id: number;
  readonly isProven: number;
}

const COLUMNS = `id, kind, domain, reporter, key, begin_ms AS beginMs, end_ms AS endMs, received_ms AS receivedMs, sender,
  is_proven AS isProven, total, failed, report`;

type ReportReads = Pick<ReportStore, "listReports" | "findReport" | "listTalliedDomains" | "listReportTallies">;

export function reportReads(db: Database): ReportReads {
  return {
    listReports: async (query) => listReports(db, query),
    async findReport(id) {
      const row = db.get<StoredReport>(`SELECT ${COLUMNS} FROM report WHERE id = ?`, id);
      return row === undefined ? undefined : toRow(row);
    },
    listTalliedDomains: async (kind, day, limit) =>
      db
        .all<{ domain: string }>(
          "SELECT DISTINCT domain FROM report_tally WHERE kind = ? AND day = ? ORDER BY domain LIMIT ?",
          kind,
          day,
          limit,
        )
        .map(({ domain }) => domain),
    listReportTallies: async (kind, day, domain) =>
      db
        .all<ReportTally & Record<string, unknown>>(
          `SELECT kind, day, domain, facts, count FROM report_tally
            WHERE kind = ? AND day = ? AND domain = ? ORDER BY count DESC, facts LIMIT ?`,
          kind,
          day,
          domain,
          ROWS_PER_CALL_MAX,
        )
        .map((row) => ({ ...row })),
  };
}

function listReports(db: Database, { kind, domain, sinceMs, before, limit }: ReportQuery): readonly ReportRow[] {
  const sql = `SELECT ${COLUMNS} FROM report
    WHERE received_ms >= ?1 AND id < ?2 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR domain = ?4)
    ORDER BY id DESC LIMIT ?5`;
  const most = Math.min(limit, REPORTS_PER_CALL_MAX);
  const last = before ?? Number.MAX_SAFE_INTEGER;
  return db.all<StoredReport>(sql, sinceMs, last, kind ?? null, domain ?? null, most).map(toRow);
}

function toRow(row: StoredReport): ReportRow {
  return { ...row, isProven: row.isProven === 1 };
}
