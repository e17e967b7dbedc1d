import assert from "node:assert/strict";
import { test } from "node:test";
import type { TlsReportPolicy } from "#mail/reports/report.ts";
import { reportRow } from "./report-row.ts";

const ARRIVAL = { message: "m", receivedMs: 1, sender: "far.example", isProven: true };

function policy(type: string, domain: string): TlsReportPolicy {
  return { type, domain, successes: 1, failures: 0, details: [] };
}

function about(...policies: readonly TlsReportPolicy[]): string {
  return reportRow({ kind: "tls", reporter: "Far", reportId: "1", begin: 1, end: 2, policies }, ARRIVAL).domain;
}

test("a TLS report is about the domain of its policies; under DANE they name hosts (RFC 8460 §1.1)", () => {
  assert.equal(about(policy("tlsa", "mx.local.test"), policy("sts", "local.test")), "local.test");
  assert.equal(about(policy("tlsa", "mx.local.test")), "mx.local.test");
});
