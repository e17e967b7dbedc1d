import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenFinding } from "#identity/token-verifier.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { Alert } from "./alert.ts";
import { tellingOfProblems } from "./tokens.ts";

const DOWN: TokenFinding = { kind: "unavailable", why: "timed out" };
const BAD: TokenFinding = { kind: "invalid", reason: "unknown", why: "bad signature" };

test("a provider that is down is told once in a while, and that it is back once; many may log in meanwhile", async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  const gate = {
    alert: ({ name, subject }: Alert) => void told.push(`${name} ${subject}`),
    settled: (name: string, subject: string) => void told.push(`${name} ${subject} is over`),
  };
  let finding: TokenFinding = BAD;
  const tokens = tellingOfProblems({ verify: async () => finding }, "https://a.test", { clock, gate });
  await tokens.verify("t");
  assert.deepEqual(told, []);
  finding = DOWN;
  for (let times = 0; times < 5; times++) assert.equal(await tokens.verify("t"), DOWN);
  assert.deepEqual(told, ["token-provider-down https://a.test"]);
  clock.advance(10 * 60_000);
  await tokens.verify("t");
  assert.equal(told.length, 2);
  finding = { kind: "unavailable", why: "24 tokens are being asked about", isOverload: true };
  for (let times = 0; times < 5; times++) await tokens.verify("t");
  clock.advance(10 * 60_000);
  await tokens.verify("t");
  assert.equal(told.length, 2, "our own bound is neither");
  finding = BAD;
  for (let times = 0; times < 5; times++) await tokens.verify("t");
  assert.deepEqual(told.slice(2), ["token-provider-down https://a.test is over"]);
});
