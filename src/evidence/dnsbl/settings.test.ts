import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import { ListWatch } from "./list-watch.ts";
import { queryLists } from "./query-lists.ts";
import { type DnsListProblem, type DnsListSettings, dnsLists } from "./settings.ts";

const SHIPPED: DnsListSettings = { profile: "spamhaus-zen", key: "", kind: "address", answers: {} };
const OWN: DnsListSettings = {
  key: "",
  zone: "dnsbl.example.net",
  kind: "address",
  answers: { "127.0.0.2": { means: "spam", weight: 4 } },
};

function check(settings: readonly DnsListSettings[], expected: readonly string[] | DnsListProblem): void {
  const lists = dnsLists(settings);
  assert.deepEqual(lists.ok ? lists.value.map(({ list }) => list) : lists.problem, expected);
}

test("without settings the shipped lists are asked that serve everybody", () => {
  check([], ["spamhaus-zen", "spamhaus-dbl", "spamcop", "psbl", "dnswl", "surbl", "uribl"]);
});

test("with settings only what they name is asked", () => {
  check([{ ...SHIPPED, profile: "uceprotect-1" }, OWN], ["uceprotect-1", "dnsbl.example.net"]);
});

test("what cannot be a list is a problem with its place", () => {
  check([SHIPPED, { ...SHIPPED, profile: "spamhaus" }], { position: 1, problem: "unknown-profile" });
  check([{ ...SHIPPED, profile: "toString" }], { position: 0, problem: "unknown-profile" });
  check([{ ...OWN, zone: undefined }], { position: 0, problem: "neither-profile-nor-zone" });
  check([{ ...OWN, zone: "[192.0.2.1]" }], { position: 0, problem: "bad-zone" });
  check([{ ...OWN, answers: {} }], { position: 0, problem: "no-answers" });
  check([{ ...SHIPPED, key: "a.b" }], { position: 0, problem: "bad-key" });
  check([SHIPPED, SHIPPED], { position: 1, problem: "twice" });
});

test("a key is in the question and in nothing that is shown: evidence, report, alert, list", async () => {
  const KEY = "abcdefghijklmnopqrstuvwxyz";
  const lists = dnsLists([{ ...SHIPPED, key: KEY }]);
  assert.ok(lists.ok);
  const zone = `${KEY}.zen.dq.spamhaus.net`;
  const resolver = new FakeResolver({
    [`2.0.0.127.${zone}`]: { A: ["127.0.0.2"] },
    [`5.2.0.192.${zone}`]: { A: ["127.0.0.4"] },
    [`6.2.0.192.${zone}`]: { A: ["127.255.255.254"] },
  });
  const shown: unknown[] = [lists.value];
  const watch = new ListWatch({
    lists: lists.value,
    resolver,
    resolverName: "192.0.2.53",
    clock: new FakeClock(),
    random: new FakeRandom(),
    onAlert: (alert) => shown.push(alert),
  });
  await watch.start();
  const subjects = ["192.0.2.5", "192.0.2.6"].map((value) => ({ role: "client", value }) as const);
  const evidence = await queryLists({ subjects, lists: lists.value, guard: watch, resolver, deadlineMs: 3000 });
  watch.stop();
  assert.deepEqual(
    evidence.findings.map(({ outcome }) => outcome.kind),
    ["listed", "refused-to-serve"],
  );
  shown.push(evidence, watch.report());
  assert.equal(shown.length, 4);
  assert.ok(resolver.questions.every(({ name }) => name.includes(KEY)));
  assert.ok(!JSON.stringify(shown).includes(KEY));
  assert.ok(!inspect(shown, { depth: 20 }).includes(KEY));
});

test("an own list that takes nothing but weight away is an allow list", () => {
  const answers = { "127.0.0.2": { means: "friend", weight: -2 } };
  const lists = dnsLists([
    { ...OWN, answers },
    { ...OWN, zone: "other.example.net" },
  ]);
  assert.ok(lists.ok);
  assert.deepEqual(
    lists.value.map(({ isAllowList }) => isAllowList),
    [true, false],
  );
});
