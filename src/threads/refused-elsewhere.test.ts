import assert from "node:assert/strict";
import { test } from "node:test";
import { refusedAlert } from "./refused-elsewhere.ts";

test("an alert names who refuses, with which code and words, what that means and what to do (R94)", () => {
  for (const [cause, remedy] of [
    ["listed", /removal/],
    ["reverse-dns", /PTR|provider of the address/],
    ["authentication", /postern dns/],
    ["too-fast", /more slowly/],
    ["policy", /their words/],
  ] as const) {
    const said = "550 5.7.1 blocked\u001b[2J";
    const refusal = { provider: "outlook.com", code: "550 5.7.1", cause, messages: 3, said, host: "mx.outlook.com" };
    const alert = refusedAlert(refusal);
    assert.equal(alert.subject, "outlook.com 550 5.7.1");
    assert.match(alert.text, /^outlook\.com refused 3 messages within a day with 550 5\.7\.1: it /);
    assert.match(alert.remedy, remedy);
    assert.deepEqual(alert.evidence.length, 1);
    assert.ok(!alert.evidence.join("").includes("\u001b"), "nothing that a terminal obeys");
  }
});
