import assert from "node:assert/strict";
import { test } from "node:test";
import { proofLines } from "./proof-lines.ts";

const HOUR_MS = 3_600_000;

test("each protection has its proof and the proof's age, in 80 columns", () => {
  const proof = { name: "TLS", findings: [], failures: 0 };
  const findings = [{ outcome: "fail", says: "The certificate ended ".repeat(6).trim(), remedy: "renew it" }] as const;
  const lines = proofLines(
    [
      { ...proof, number: 1, outcome: "pass", seenMs: 10 * HOUR_MS, triedMs: 10 * HOUR_MS },
      { ...proof, number: 2, outcome: "pass", seenMs: 6 * HOUR_MS, triedMs: 10 * HOUR_MS },
      { ...proof, number: 3, outcome: "unknown", seenMs: 0, triedMs: 10 * HOUR_MS },
      { ...proof, number: 10, outcome: "fail", seenMs: 10 * HOUR_MS, triedMs: 10 * HOUR_MS, findings },
    ],
    12 * HOUR_MS,
  );
  assert.deepEqual(lines.slice(2, 6), [
    " 1 TLS                    proven 2 h ago",
    " 2 TLS                    proven 6 h ago; not seen since",
    " 3 TLS                    could not be looked at yet",
    "10 TLS                    FAILED 2 h ago",
  ]);
  assert.ok(lines.every((line) => line.length <= 80));
});

test("before the first look there is nothing to say", () => assert.deepEqual(proofLines([], 0), []));
