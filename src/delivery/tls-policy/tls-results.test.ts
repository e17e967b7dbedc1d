import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type TlsResult, TlsResults } from "./tls-results.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOON_MS = Date.UTC(2030, 0, 1, 12);
const result = (more: Partial<TlsResult> = {}): TlsResult => ({
  domain: "peer.test",
  policy: "sts",
  applied: undefined,
  mxName: "mx1.peer.test",
  mxAddress: "192.0.2.1",
  ownAddress: "203.0.113.1",
  failure: undefined,
  ...more,
});
const APPLIED = { domain: "peer.test", lines: [], mx: [] };
const expired = { type: "certificate-expired", code: "CERT_HAS_EXPIRED" } as const;

suite("results of TLS, for reports (RFC 8460 §4)", () => {
  test("are counted by day, domain and policy, and failures by what failed where", () => {
    const results = new TlsResults();
    results.add(result(), NOON_MS);
    results.add(result(), NOON_MS);
    results.add(result({ failure: expired }), NOON_MS);
    results.add(result({ failure: expired }), NOON_MS);
    results.add(result({ failure: expired, mxAddress: "192.0.2.2" }), NOON_MS);
    results.add(result({ policy: "tlsa" }), NOON_MS);
    results.add(result(), NOON_MS + DAY_MS);
    const counted = results.results();
    assert.deepEqual(
      counted.map(({ day, policy, successes, failures }) => [day, policy, successes, failures]),
      [
        ["2030-01-01", "sts", 2, 3],
        ["2030-01-01", "tlsa", 1, 0],
        ["2030-01-02", "sts", 1, 0],
      ],
    );
    assert.deepEqual(
      counted[0]?.details.map(({ mxAddress, count }) => [mxAddress, count]),
      [
        ["192.0.2.1", 2],
        ["192.0.2.2", 1],
      ],
    );
  });

  test("of a policy that changes are told apart", () => {
    const results = new TlsResults();
    for (const mode of ["testing", "enforce", "enforce"])
      results.add(result({ applied: { ...APPLIED, lines: [`mode: ${mode}`] } }), NOON_MS);
    assert.deepEqual(
      results.results().map(({ applied: one, successes }) => [one?.lines, successes]),
      [
        [["mode: testing"], 1],
        [["mode: enforce"], 2],
      ],
    );
  });

  test("are handed over once", () => {
    const results = new TlsResults();
    results.add(result(), NOON_MS);
    assert.equal(results.take().length, 1);
    results.add(result(), NOON_MS);
    assert.deepEqual(
      results.take().map(({ successes }) => successes),
      [1],
    );
    assert.deepEqual(results.take(), []);
  });

  test("days, domains and failures are bounded", () => {
    const results = new TlsResults();
    for (let day = 0; day < 10; day++) results.add(result(), NOON_MS + day * DAY_MS);
    assert.deepEqual(
      results.results().map(({ day }) => day),
      ["2030-01-08", "2030-01-09", "2030-01-10"],
    );
    const crowd = new TlsResults();
    for (let i = 0; i < 3000; i++) crowd.add(result({ domain: `d${i}.test` }), NOON_MS);
    assert.equal(crowd.results().length, 2000);
    for (let i = 0; i < 100; i++)
      crowd.add(result({ domain: "d0.test", failure: { ...expired, code: `${i}` } }), NOON_MS);
    assert.equal(crowd.results()[0]?.details.length, 50);
    assert.equal(crowd.results()[0]?.failures, 100);
  });
});
