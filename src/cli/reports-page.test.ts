import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AggregateReport, AggregateRow } from "#mail/reports/report.ts";
import { ReportSummer } from "#reports/inbound/sums.ts";
import type { ListedReport } from "./reports-controls.ts";
import { headLines, listedLine, sumLines } from "./reports-page.ts";

const ROW: AggregateRow = {
  sourceIp: "192.0.2.1",
  count: 40,
  disposition: "none",
  dkim: true,
  spf: false,
  headerFrom: "example.test",
  envelopeFrom: "example.test",
  reasons: [],
  dkimResults: [],
  spfResult: "",
};
const REPORT: AggregateReport = {
  kind: "dmarc",
  reporter: "Receiver",
  email: "",
  reportId: "1",
  begin: 0,
  end: 86_399,
  domain: "example.test",
  policy: "reject",
  messages: 45,
  failed: 5,
  rows: [
    { ...ROW, dkim: false, count: 3, sourceIp: "198.51.100.7", disposition: "reject" },
    { ...ROW, dkim: false, count: 2, sourceIp: "198.51.100.7", disposition: "quarantine" },
    ROW,
  ],
  rowsLeftOut: 0,
};
const LISTED: ListedReport = {
  id: 12,
  kind: "dmarc",
  domain: "example.test",
  reporter: "Receiver",
  beginMs: 0,
  endMs: 86_399_000,
  receivedMs: 90_000_000,
  sender: "receiver.test",
  isProven: true,
  total: 45,
  failed: 5,
};

function lines(...reports: Parameters<ReportSummer["add"]>[0][]): readonly string[] {
  const summer = new ReportSummer();
  for (const report of reports) summer.add(report);
  return sumLines(summer.sums());
}

suite("what reports come to", () => {
  test("sources whose mail fails stand first, with counts over all reports", () => {
    assert.deepEqual(lines(REPORT, REPORT), [
      "",
      "DMARC of example.test: 10 of 90 messages fail (2 reports)",
      "  Sources with mail that fails, by how much of it:",
      "  source                        fail     all   dkim    spf  done",
      "  198.51.100.7                    10      10      0      0  rej 6, junk 4",
      "  Sources whose mail all passes:",
      "  source                        fail     all   dkim    spf  done",
      "  192.0.2.1                        0      80     80      0  let 80",
    ]);
  });

  test("TLS, bounces and complaints are counted by what they say", () => {
    const details = [{ type: "certificate-expired", mx: "mx.example.test", sendingIp: "", count: 2, reason: "x" }];
    const policies = [{ type: "sts", domain: "example.test", successes: 5, failures: 2, details }];
    const recipients = [{ address: "bob@far.test", action: "failed", status: "5.1.1", diagnostic: "" }];
    assert.deepEqual(
      lines(
        { kind: "tls", reporter: "", reportId: "", begin: 0, end: 0, policies },
        { kind: "bounce", isStandard: true, reportingMta: "", recipients, recipientsLeftOut: 0 },
        {
          kind: "arf",
          feedbackType: "abuse",
          reporter: "R",
          domain: "example.test",
          sourceIp: "",
          originalMailFrom: "",
          originalRecipients: [],
          incidents: 3,
        },
      ),
      [
        "",
        "TLS with example.test (sts): 2 of 7 sessions failed",
        "        2  certificate-expired  mx.example.test  x",
        "",
        "Not delivered",
        "        1  far.test  failed  5.1.1",
        "",
        "Complaints",
        "        3  example.test  abuse  R",
      ],
    );
  });

  test("a report is a line, and says where nobody stands behind it", () => {
    assert.equal(listedLine(LISTED), "    12  1970-01-01  dmarc   example.test by Receiver  5 of 45 failed");
    assert.match(listedLine({ ...LISTED, isProven: false }), / {2}unproven$/);
    assert.ok(headLines({ ...LISTED, isProven: false }).some((line) => line.includes("NOT PROVEN")));
  });

  test("fits 80 columns and leaves the cursor where it is, whatever strangers wrote", () => {
    const long = `\u001b[2J${"x".repeat(300)}`;
    const rows = Array.from({ length: 100 }, (_, i) => ({
      ...ROW,
      dkim: false,
      sourceIp: `2001:db8:1111:2222:3333:4444:5555:${i}`,
      count: 10 ** 11,
      disposition: "reject",
    }));
    const policies = [
      {
        type: long,
        domain: long,
        successes: 10 ** 12,
        failures: 1,
        details: [{ type: long, mx: long, sendingIp: "", count: 1, reason: long }],
      },
    ];
    const shown = [
      listedLine({ ...LISTED, domain: long, reporter: long, isProven: false, total: 10 ** 12, failed: 10 ** 11 }),
      ...headLines({ ...LISTED, domain: long, reporter: long, sender: long }),
      ...lines(
        { ...REPORT, domain: long, rows },
        { kind: "tls", reporter: long, reportId: long, begin: 0, end: 0, policies },
      ),
    ];
    for (const line of shown) {
      assert.ok(line.length <= 80, `${line.length}: ${line}`);
      assert.doesNotMatch(line, /\p{Cc}/u);
    }
  });
});
