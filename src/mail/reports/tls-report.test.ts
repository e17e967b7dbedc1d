import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { isModestJson } from "./json-shape.ts";
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, TLS_FAILURES_MAX, TLS_POLICIES_MAX } from "./limits.ts";
import { readTlsReport } from "./tls-report.ts";

const DETAIL = {
  "result-type": "certificate-expired",
  "sending-mta-ip": "192.0.2.1",
  "receiving-mx-hostname": "mx.example.test",
  "failed-session-count": 100,
};
const POLICY = {
  policy: { "policy-type": "sts", "policy-string": ["version: STSv1"], "policy-domain": "Example.test." },
  summary: { "total-successful-session-count": 5326, "total-failure-session-count": 303 },
  "failure-details": [DETAIL],
};
const REPORT = {
  "organization-name": "Receiver",
  "date-range": { "start-datetime": "2030-01-01T00:00:00Z", "end-datetime": "2030-01-01T23:59:59Z" },
  "contact-info": "tls@receiver.test",
  "report-id": "id-1",
  policies: [POLICY],
};

const withPolicies = (policies: unknown): string => JSON.stringify({ ...REPORT, policies });

suite("TLS reports (RFC 8460)", () => {
  test("are read", () => {
    assert.deepEqual(readTlsReport(JSON.stringify(REPORT)), {
      kind: "tls",
      reporter: "Receiver",
      reportId: "id-1",
      begin: 1_893_456_000,
      end: 1_893_542_399,
      policies: [
        {
          type: "sts",
          domain: "example.test",
          successes: 5326,
          failures: 303,
          details: [
            { type: "certificate-expired", mx: "mx.example.test", sendingIp: "192.0.2.1", count: 100, reason: "" },
          ],
        },
      ],
    });
  });

  test("are bounded", () => {
    const details = Array.from({ length: 500 }, () => DETAIL);
    const policies = [{ ...POLICY, "failure-details": details }, ...Array.from({ length: 500 }, () => POLICY)];
    const report = readTlsReport(withPolicies(policies));
    assert.equal(report?.policies.length, TLS_POLICIES_MAX);
    assert.equal(report?.policies[0]?.details.length, TLS_FAILURES_MAX);
  });

  test("that nobody would write are not parsed: values in values, values without number", () => {
    const inside = (levels: number): unknown => (levels === 0 ? 1 : [inside(levels - 1)]);
    assert.equal(isModestJson(withPolicies([POLICY, inside(JSON_DEPTH_MAX - 2)])), true);
    assert.equal(isModestJson(withPolicies([POLICY, inside(JSON_DEPTH_MAX - 1)])), false);
    assert.equal(readTlsReport(withPolicies([POLICY, inside(JSON_DEPTH_MAX - 1)])), undefined);
    const many = Array.from({ length: JSON_VALUES_MAX }, () => 1);
    assert.equal(isModestJson(JSON.stringify(many)), true);
    assert.equal(isModestJson(JSON.stringify([...many, 1])), false);
    assert.equal(readTlsReport(withPolicies([POLICY, ...many])), undefined);
    // What stands in a string is text.
    const strange = `\\"${"[{,".repeat(JSON_VALUES_MAX)}\\\\`;
    assert.equal(isModestJson(withPolicies([POLICY, strange])), true);
    assert.equal(readTlsReport(withPolicies([POLICY, strange]))?.policies[0]?.domain, "example.test");
  });

  test("without a period or a policy are none", () => {
    for (const change of [{ "date-range": {} }, { policies: [] }, { policies: [{}] }, { policies: "all" }]) {
      assert.equal(readTlsReport(JSON.stringify({ ...REPORT, ...change })), undefined, JSON.stringify(change));
    }
    for (const text of ["", "{", "null", "[]", "7"]) assert.equal(readTlsReport(text), undefined, text);
  });

  test("no value in any place throws", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(REPORT)),
        fc.constantFrom(...Object.keys(POLICY)),
        (value, top, deep) => {
          readTlsReport(JSON.stringify(value));
          readTlsReport(JSON.stringify({ ...REPORT, [top]: value }));
          readTlsReport(JSON.stringify({ ...REPORT, policies: [{ ...POLICY, [deep]: value }] }));
        },
      ),
    );
  });
});
