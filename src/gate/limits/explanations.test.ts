import assert from "node:assert/strict";
import { test } from "node:test";
import { Explanations } from "./explanations.ts";

test("a hundred refusals a second are explained, twenty of them inside TLS; under a flood the rest just close", () => {
  for (const [insideTls, explained] of [
    [false, 100],
    [true, 20],
  ] as const) {
    const explanations = new Explanations();
    const count = (nowMs: number): number =>
      Array.from({ length: 1000 }, () => explanations.mayExplain({ insideTls }, nowMs)).filter(Boolean).length;
    assert.equal(count(1_000_000), explained);
    assert.equal(count(1_000_000), 0);
    assert.equal(count(1_000_500), explained / 2);
    assert.equal(count(9_000_000), explained);
  }
});
