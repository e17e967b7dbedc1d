import assert from "node:assert/strict";
import { REPORT_TALLIES_PER_DAY_MAX, REPORTS_MAX, ROWS_PER_CALL_MAX } from "../limits.ts";
import type { NewReport, ReportTally } from "../report-rows.ts";
import type { ContractTests } from "./contract-tests.ts";

const REPORT: NewReport = {
  kind: "dmarc",
  domain: "example.test",
  reporter: "Receiver",
  key: "dmarc one",
  beginMs: 10,
  endMs: 20,
  receivedMs: 30,
  sender: "receiver.test",
  isProven: true,
  total: 5,
  failed: 2,
  report: "{}",
};
const TALLY: ReportTally = { kind: "tls", day: "2030-01-31", domain: "example.test", facts: "{}", count: 2 };
const EVER = { sinceMs: 0, limit: 100 };

export const reportContract: ContractTests = {
  "a report is kept once, and found by kind, domain and time, newest first": async (store) => {
    assert.equal(await store.putReport(REPORT), true);
    assert.equal(await store.putReport({ ...REPORT, total: 9 }), false);
    await store.putReport({ ...REPORT, key: "tls one", kind: "tls", domain: "other.test", receivedMs: 40 });
    const [tls, dmarc] = await store.listReports(EVER);
    assert.ok(tls !== undefined && dmarc !== undefined);
    assert.deepEqual(dmarc, { ...REPORT, id: dmarc.id });
    assert.deepEqual(await store.listReports({ ...EVER, kind: "dmarc" }), [dmarc]);
    assert.deepEqual(await store.listReports({ ...EVER, domain: "other.test" }), [tls]);
    assert.deepEqual(await store.listReports({ ...EVER, sinceMs: 31 }), [tls]);
    assert.deepEqual(await store.listReports({ ...EVER, before: tls.id }), [dmarc]);
    assert.deepEqual(await store.findReport(tls.id), tls);
    assert.equal(await store.findReport(tls.id + 1), undefined);
  },

  "beyond the bound the oldest goes, those that nothing proves first": async (store) => {
    await store.putReport({ ...REPORT, key: "old and proven", receivedMs: 1 });
    await store.putReport({ ...REPORT, key: "unproven", isProven: false, receivedMs: 99 });
    await Promise.all(
      Array.from({ length: REPORTS_MAX - 1 }, (_, i) => store.putReport({ ...REPORT, key: `more ${i}` })),
    );
    assert.equal(await store.putReport({ ...REPORT, key: "unproven" }), true, "it was forgotten");
    assert.equal(await store.putReport({ ...REPORT, key: "more 1" }), false, "it is still there");
  },

  "what is counted adds up, by domain and facts": async (store) => {
    await store.addReportTallies([TALLY, { ...TALLY, facts: "[1]", count: 7 }, { ...TALLY, domain: "a.test" }]);
    await store.addReportTallies([
      { ...TALLY, count: 3 },
      { ...TALLY, day: "2030-02-01" },
    ]);
    assert.deepEqual(await store.listTalliedDomains("tls", "2030-01-31", 10), ["a.test", "example.test"]);
    assert.deepEqual(await store.listTalliedDomains("tls", "2030-01-31", 1), ["a.test"]);
    assert.deepEqual(await store.listReportTallies("tls", "2030-01-31", "example.test"), [
      { ...TALLY, facts: "[1]", count: 7 },
      { ...TALLY, count: 5 },
    ]);
  },

  "beyond the bound of a day nothing new is counted, and what is known still is": async (store) => {
    const many = Array.from({ length: REPORT_TALLIES_PER_DAY_MAX }, (_, i) => ({ ...TALLY, facts: String(i) }));
    for (let at = 0; at < many.length; at += ROWS_PER_CALL_MAX) {
      await store.addReportTallies(many.slice(at, at + ROWS_PER_CALL_MAX));
    }
    await store.addReportTallies([
      { ...TALLY, domain: "new.test" },
      { ...TALLY, facts: "0", count: 5 },
    ]);
    assert.deepEqual(await store.listTalliedDomains("tls", TALLY.day, 10), [TALLY.domain]);
    assert.equal((await store.listReportTallies("tls", TALLY.day, TALLY.domain))[0]?.count, 7);
    await store.addReportTallies([{ ...TALLY, day: "2030-02-01", domain: "new.test" }]);
    assert.deepEqual(await store.listTalliedDomains("tls", "2030-02-01", 10), ["new.test"]);
  },

  "a report is claimed once": async (store) => {
    const asked = await Promise.all([1, 2, 3].map(() => store.claimReport("tls 2030-01-31 example.test", 10)));
    assert.equal(asked.filter((isOurs) => isOurs).length, 1);
    assert.equal(await store.claimReport("tls 2030-01-31 other.test", 10), true);
  },

  "what is too old is forgotten, a piece at a time": async (store) => {
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.putReport({ ...REPORT, key: `old ${i}` })));
    await store.putReport({ ...REPORT, key: "new", receivedMs: 100 });
    await store.addReportTallies([TALLY, { ...TALLY, day: "2030-02-02" }]);
    await store.claimReport("old claim", Date.UTC(2030, 0, 31));
    const before = { receivedMs: 100, day: "2030-02-01" };
    let forgotten = 0;
    for (let count = -1; count !== 0; forgotten += count) count = await store.pruneReports(before);
    assert.equal(forgotten, 300 + 1 + 1);
    assert.deepEqual(
      (await store.listReports(EVER)).map(({ key }) => key),
      ["new"],
    );
    assert.deepEqual(await store.listTalliedDomains("tls", "2030-01-31", 10), []);
    assert.equal(await store.claimReport("old claim", Date.UTC(2030, 1, 2)), true);
  },
};
