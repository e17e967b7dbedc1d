import assert from "node:assert/strict";
import { test } from "node:test";
import { type TlsCount, tlsReportJson, tlsTallies } from "./tls-counts.ts";

const DAY = "2030-01-01";
const WHOLE = { day: DAY, domain: "far.example", successes: 5 };
const FAILURE = { code: "CERT_HAS_EXPIRED", mxName: "mx.far.example", mxAddress: "192.0.2.9", ownAddress: "192.0.2.1" };
const STS = {
  domain: "far.example",
  lines: ["version: STSv1", "mode: enforce", "max_age: 86400", "mx: *.far.example"],
  mx: ["*.far.example"],
};
const TLSA = { domain: "mx.far.example", lines: [`3 1 1 ${"AB".repeat(32)}`], mx: [] };
const COUNTS: readonly TlsCount[] = [
  {
    ...WHOLE,
    policy: "sts",
    applied: STS,
    failures: 7,
    details: [{ ...FAILURE, type: "certificate-expired", count: 3 }],
  },
  {
    ...WHOLE,
    policy: "tlsa",
    applied: TLSA,
    failures: 1,
    details: [{ ...FAILURE, type: "tlsa-invalid", ownAddress: "", count: 1 }],
  },
  // Could not be fetched: there is nothing to quote.
  { ...WHOLE, policy: "sts", applied: undefined, successes: 0, failures: 1, details: [] },
  { ...WHOLE, policy: "no-policy-found", applied: undefined, failures: 0, details: [] },
];

/** RFC 8460 §4.4: the fields of each object; `?` may be left out. */
const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  report: ["organization-name", "date-range", "contact-info", "report-id", "policies"],
  "date-range": ["start-datetime", "end-datetime"],
  policies: ["policy", "summary", "failure-details?"],
  policy: ["policy-type", "policy-string?", "policy-domain", "mx-host?"],
  summary: ["total-successful-session-count", "total-failure-session-count"],
  "failure-details": [
    "result-type",
    "sending-mta-ip?",
    "receiving-mx-hostname",
    "receiving-mx-helo?",
    "receiving-ip?",
    "failed-session-count",
    "additional-information?",
    "failure-reason-code?",
  ],
};
const TEXTS: Readonly<Record<string, RegExp>> = {
  "start-datetime": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  "end-datetime": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  "contact-info": /^[^@]+@[^@]+$/,
  "policy-string": /^(?:(?:version|mode|mx|max_age): \S+|[23] [01] [012] [0-9A-F]+)$/,
  "mx-host": /^(?:\*\.)?[a-z0-9.-]+$/,
  "policy-type": /^(?:tlsa|sts|no-policy-found)$/,
  "result-type":
    /^(?:starttls-not-supported|certificate-(?:host-mismatch|expired|not-trusted)|validation-failure|tlsa-invalid|dnssec-invalid|dane-required|sts-(?:policy-fetch-error|policy-invalid|webpki-invalid))$/,
};

function check(name: string, value: unknown): void {
  if (Array.isArray(value)) return value.forEach((one) => check(name, one));
  if (typeof value === "number")
    return assert.ok(name.endsWith("-count") && Number.isInteger(value) && value >= 0, name);
  if (typeof value === "string") return assert.match(value, TEXTS[name] ?? /./, name);
  const wanted = OBJECTS[name] ?? assert.fail(`${name} is no object`);
  const fields = Object.entries(value as object);
  for (const one of wanted)
    if (!one.endsWith("?")) assert.ok(Object.hasOwn(value as object, one), `${name} lacks ${one}`);
  for (const [field, content] of fields) {
    assert.ok(wanted.includes(field) || wanted.includes(`${field}?`), `${name} has ${field}`);
    check(field, content);
  }
}

test("a TLS report quotes the policies that connections were held to", () => {
  const about = { organization: "Local", contact: "postmaster@local.test", reportId: "id@mx.local.test", day: DAY };
  const { policies } = tlsReportJson(tlsTallies(COUNTS), about);
  assert.deepEqual(
    policies.map(({ policy }) => policy),
    [
      { "policy-type": "sts", "policy-string": STS.lines, "policy-domain": "far.example", "mx-host": STS.mx },
      { "policy-type": "tlsa", "policy-string": TLSA.lines, "policy-domain": "mx.far.example" },
      { "policy-type": "sts", "policy-domain": "far.example" },
      { "policy-type": "no-policy-found", "policy-domain": "far.example" },
    ],
  );
});

test("a TLS report has the structure of RFC 8460 §4.4, and its sums hold what is not told apart", () => {
  const report = tlsReportJson(tlsTallies(COUNTS), {
    organization: "Local",
    contact: "postmaster@local.test",
    reportId: "id@mx.local.test",
    day: DAY,
  });
  check("report", report);
  assert.deepEqual(
    report.policies.map(({ policy, summary }) => [policy["policy-type"], ...Object.values(summary)]),
    [
      ["sts", 5, 7],
      ["tlsa", 5, 1],
      ["sts", 0, 1],
      ["no-policy-found", 5, 0],
    ],
  );
});
