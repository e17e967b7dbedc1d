/** Takes down reports of others, and counts what ours are made of. */
import {
  PRUNED_REPORTS_PER_CALL_MAX,
  REPORT_TALLIES_PER_DAY_MAX,
  REPORTS_MAX,
  REPORTS_OCTETS_MAX,
  ROWS_PER_CALL_MAX,
} from "../../limits.ts";
import type { Database } from "../database.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";

type ReportMethod = "putReport" | "addReportTallies" | "claimReport" | "pruneReports";

const PUT = `INSERT OR IGNORE INTO report
    (kind, domain, reporter, key, begin_ms, end_ms, received_ms, sender, is_proven, total, failed, octets, report)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const ADD = "INSERT INTO report_tally (kind, day, domain, facts, count) VALUES (?, ?, ?, ?, ?)";

export function reportOperations({ db }: Pick<WriteContext, "db">): Pick<WriterOperations, ReportMethod> {
  return {
    putReport(one) {
      const { kind, domain, reporter, key, beginMs, endMs, receivedMs, sender, isProven, total, failed, report } = one;
      const about = [kind, domain, reporter, key, beginMs, endMs, receivedMs, sender] as const;
      const isNew = db.run(PUT, ...about, Number(isProven), total, failed, report.length, report) > 0;
      if (isNew) makeRoom(db);
      return isNew;
    },
    addReportTallies(tallies) {
      if (tallies.length > ROWS_PER_CALL_MAX) throw new RangeError(`more than ${ROWS_PER_CALL_MAX} counts in a call`);
      const room = new Map<string, number>();
      for (const { kind, day, domain, facts, count } of tallies) {
        const known = db.run(
          "UPDATE report_tally SET count = count + ? WHERE kind = ? AND day = ? AND domain = ? AND facts = ?",
          count,
          kind,
          day,
          domain,
          facts,
        );
        if (known > 0) continue;
        // Counted once a call and day: a count of many takes milliseconds.
        const left = room.get(day) ?? roomLeft(db, kind, day);
        room.set(day, left - 1);
        if (left > 0) db.run(ADD, kind, day, domain, facts, count);
      }
    },
    claimReport: (key, nowMs) =>
      db.run("INSERT OR IGNORE INTO report_claim (key, day) VALUES (?, ?)", key, dayOf(nowMs)) > 0,
    pruneReports: ({ receivedMs, day }) =>
      forget(db, "report", "id", "received_ms < ?", receivedMs) +
      forget(db, "report_claim", "key", "day < ?", day) +
      db.run(
        `DELETE FROM report_tally WHERE (kind, day, domain, facts) IN
           (SELECT kind, day, domain, facts FROM report_tally WHERE day < ? LIMIT ?)`,
        day,
        PRUNED_REPORTS_PER_CALL_MAX,
      ),
  };
}

/** Whoever can write to us can fill it with what nothing proves: that goes first. */
function makeRoom(db: Database): void {
  const oldest = "DELETE FROM report WHERE id = (SELECT id FROM report ORDER BY is_proven, received_ms LIMIT 1)";
  const isTooMuch = (): boolean => {
    const { count, octets } = db.get<{ count: number; octets: number }>(
      "SELECT count(*) AS count, coalesce(sum(octets), 0) AS octets FROM report INDEXED BY report_age",
    ) ?? { count: 0, octets: 0 };
    return count > REPORTS_MAX || octets > REPORTS_OCTETS_MAX;
  };
  while (isTooMuch()) db.run(oldest);
}

function roomLeft(db: Database, kind: string, day: string): number {
  const sql = "SELECT count(*) FROM report_tally WHERE kind = ? AND day = ?";
  return REPORT_TALLIES_PER_DAY_MAX - db.number(sql, kind, day);
}

function forget(db: Database, table: string, key: string, which: string, before: number | string): number {
  const sql = `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${which} LIMIT ?)`;
  return db.run(sql, before, PRUNED_REPORTS_PER_CALL_MAX);
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, "2030-01-31".length);
}
