import assert from "node:assert/strict";
import { test } from "node:test";
import { goodFacts } from "./facts/facts.test-data.ts";
import { judgeAudit } from "./judge.ts";

test("a domain whose mail is in order passes in all ten", () => {
  const { protections } = judgeAudit(goodFacts());
  assert.equal(protections.length, 10);
  const notPassed = protections.flatMap(({ findings }) => findings.filter(({ outcome }) => outcome !== "pass"));
  assert.deepEqual(notPassed, []);
  assert.ok(protections.every(({ outcome, findings }) => outcome === "pass" && findings.length > 0));
});
