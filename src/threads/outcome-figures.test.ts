import assert from "node:assert/strict";
import { test } from "node:test";
import { createOutcomeMemory, OutcomeFigures } from "./outcome-figures.ts";

test("what several threads count is one sum, each outcome by itself", () => {
  const memory = createOutcomeMemory();
  const threads = [new OutcomeFigures(memory), new OutcomeFigures(memory)] as const;
  for (const thread of threads) {
    thread.message("reject");
    thread.delivery("delivered");
  }
  threads[0].message("accept");
  threads[1].delivery("failed");
  assert.deepEqual(new OutcomeFigures(memory).report(), {
    messages: { accept: 1, junk: 0, quarantine: 0, defer: 0, reject: 2 },
    deliveries: { delivered: 2, deferred: 0, failed: 1 },
  });
});
