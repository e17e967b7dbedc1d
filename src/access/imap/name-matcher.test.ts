import assert from "node:assert/strict";
import test from "node:test";
import { NameMatcher } from "./name-matcher.ts";

test("others have their turn while long patterns are held against long names", async () => {
  let turns = 0;
  const matcher = new NameMatcher({ reference: "", patterns: ["*b".repeat(1000)] }, async () => void turns++);
  for (let i = 0; i < 25; i++) assert.equal(await matcher.matches("a".repeat(800)), false);
  assert.equal(turns, 8);
});

test("a name matches one of the patterns, behind the reference", async () => {
  const matcher = new NameMatcher({ reference: "Lists/", patterns: ["x", "%"] });
  assert.equal(await matcher.matches("Lists/a"), true);
  assert.equal(await matcher.matches("Lists/a/b"), false);
});
