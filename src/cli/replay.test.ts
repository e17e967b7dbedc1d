import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { DnsList } from "#evidence/dnsbl/dns-list.ts";
import { dnsLists } from "#evidence/dnsbl/settings.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { DECISION_RECORD_VERSION } from "#verdict/decision-record.ts";
import type { Evidence } from "#verdict/evidence.ts";
import { judge } from "#verdict/judge.ts";
import { samePolicy } from "#verdict/policies.ts";
import type { Policy } from "#verdict/policy.ts";
import { evidence, listed, policy } from "../../test/fakes/evidence.ts";
import { Tally } from "./replay.ts";

/** On one list with the weight 7: into Junk. */
const LISTED = evidence({ dnsbl: { findings: [listed(7, { list: "bl.test" })] } });

suite("replay", () => {
  test("counts what stays, what changes and what nobody judged", () => {
    const tally = new Tally(under(policy({ dnsbl: "shadow" })), 10);
    for (const one of [record(LISTED), record(LISTED), record(evidence({})), { ...record(LISTED), verdict: null }]) {
      tally.add(one);
    }
    assert.deepEqual([tally.same, tally.changes, tally.notJudged], [1, 2, 1]);
    assert.deepEqual([...tally.byChange], [["junk > accept", 2]]);
  });

  test("names so many and counts all", () => {
    const tally = new Tally(under(policy({ dnsbl: "shadow" })), 3);
    for (let times = 0; times < 10; times++) tally.add(record(LISTED));
    assert.deepEqual([tally.changed.length, tally.changes], [3, 10]);
  });

  test("what a list answered then gets the weight it has now; an answer without a meaning is none any more", () => {
    for (const [answers, change] of [
      [{ "127.0.0.2": { means: "spam", weight: 1 } }, "junk > accept"],
      [{ "127.0.0.9": { means: "other", weight: 9 } }, "junk > accept"],
      [{ "127.0.0.2": { means: "spam", weight: 7 } }, undefined],
    ] as const) {
      const lists = dnsLists([{ zone: "bl.test", key: "", kind: "address", answers }]);
      assert.ok(lists.ok);
      const tally = new Tally(under({ ...policy(), lists: ["bl.test"] }, lists.value), 10);
      tally.add(record(LISTED));
      assert.deepEqual([...tally.byChange.keys()], change === undefined ? [] : [change]);
    }
  });

  test("a list that no record has asked is named, unless lists do not count at all", () => {
    const answers = { "127.0.0.2": { means: "spam", weight: 1 } };
    const lists = dnsLists(
      ["bl.test", "new.test"].map((zone) => ({ zone, key: "", kind: "address" as const, answers })),
    );
    assert.ok(lists.ok);
    const tally = new Tally(under(policy(), lists.value), 10);
    tally.add(record(LISTED));
    assert.deepEqual(tally.unaskedLists, ["new.test"]);
    assert.deepEqual(new Tally(under(policy({ dnsbl: "off" }), lists.value), 10).unaskedLists, []);
  });
});

function under(policies: Policy, lists: readonly DnsList[] = []): ConstructorParameters<typeof Tally>[0] {
  return { policies: samePolicy(policies), lists, uriList: [] };
}

/** As it was judged under the default policy. */
function record(facts: Evidence): DecisionRecord {
  const { disposition, sum, reasons, rules } = judge(facts, policy());
  return {
    version: DECISION_RECORD_VERSION,
    id: "ID",
    session: "SESSION",
    atMs: 0,
    listener: "smtp",
    clientAddress: "198.51.100.7",
    clientName: "mail.sender.example",
    account: null,
    mailFrom: "a@sender.example",
    recipients: [],
    message: null,
    messageId: null,
    stage: "rcpt",
    judged: "judged",
    evidence: facts,
    verdict: { disposition, sum, reasons, rules },
    disposition,
    reasons,
    reply: null,
    settings: "settings",
    whatWouldChangeIt: [],
  };
}
