import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import type { ListAlert } from "./alerts.ts";
import type { ListFinding, ListOutcome } from "./evidence.ts";
import { CANARIES_AGAIN_MS, CANARIES_EVERY_MS } from "./limits.ts";
import { ListWatch } from "./list-watch.ts";
import { dnsLists } from "./settings.ts";

const CANARY = { "2.0.0.127.bl.spamcop.net": { A: ["127.0.0.2"] } };
const QUESTIONS_A_ROUND = 3;
const LISTED: ListOutcome = {
  kind: "listed",
  meanings: [{ answer: "127.0.0.2", meaning: "spam", weight: 2 }],
  weight: 2,
  rejectsAlone: false,
  answers: ["127.0.0.2"],
  ttlSeconds: 60,
  lookUpUrl: "",
};

/** Until all answers of the fake resolver have been taken. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

async function started(names: FakeNames) {
  const lists = dnsLists([{ profile: "spamcop", key: "", kind: "address", answers: {} }]);
  assert.ok(lists.ok && lists.value[0]);
  const [list] = lists.value;
  const clock = new FakeClock();
  const resolver = new FakeResolver(names);
  const alerts: ListAlert[] = [];
  const watch = new ListWatch({
    lists: lists.value,
    resolver,
    resolverName: "192.0.2.53",
    clock,
    random: new FakeRandom(),
    onAlert: (alert) => alerts.push(alert),
  });
  await watch.start();
  const finding = (value: string, outcome: ListOutcome): ListFinding => ({
    list: list.list,
    title: list.title,
    zone: list.zone,
    subject: { role: "client", value },
    outcome,
  });
  return { list, clock, resolver, alerts, watch, finding };
}

test("canaries are asked at the start and every quarter of an hour, until the watch ends", async () => {
  const { watch, clock, resolver, alerts } = await started(CANARY);
  assert.equal(resolver.questions.length, QUESTIONS_A_ROUND);
  clock.advance(CANARIES_EVERY_MS - 1);
  await settle();
  assert.equal(resolver.questions.length, QUESTIONS_A_ROUND);
  resolver.names = {};
  clock.advance(1);
  await settle();
  assert.equal(resolver.questions.length, 2 * QUESTIONS_A_ROUND);
  assert.deepEqual(
    alerts.map(({ kind }) => kind),
    ["dead"],
  );
  watch.stop();
  assert.equal(clock.pending, 0);
});

test("canaries without an answer are asked again within a minute", async () => {
  const { list, watch, clock, resolver } = await started({ "2.0.0.127.bl.spamcop.net": "timed-out" });
  assert.equal(watch.skipReason(list, { ipv6: false }), "unproven");
  resolver.names = CANARY;
  clock.advance(CANARIES_AGAIN_MS);
  await settle();
  assert.equal(watch.skipReason(list, { ipv6: false }), undefined);
  watch.stop();
});

test("a round that ends after the watch begins no other", async () => {
  const { watch, clock } = await started(CANARY);
  clock.advance(CANARIES_EVERY_MS);
  watch.stop();
  await settle();
  assert.equal(clock.pending, 0);
});

test("the report says what an admin wants to know about a list", async () => {
  const { list, watch, clock, finding } = await started(CANARY);
  clock.advance(1000);
  watch.saw(list, { kind: "clean", ttlSeconds: 60 });
  watch.saw(list, { kind: "clean", ttlSeconds: 60 });
  watch.saw(list, { kind: "not-checked", why: "server-failure" });
  watch.saw(list, { kind: "skipped", why: "dead" });
  watch.saw(list, LISTED);
  watch.judged(finding("192.0.2.5", LISTED), false);
  watch.judged(finding("192.0.2.6", LISTED), true);
  watch.judged(finding("192.0.2.7", { kind: "clean", ttlSeconds: 60 }), true);
  watch.judged(finding("192.0.2.8", { kind: "not-checked", why: "timed-out" }), true);
  watch.stop();
  assert.deepEqual(watch.report(), [
    {
      list: "spamcop",
      title: "SpamCop",
      zone: "bl.spamcop.net",
      state: "healthy",
      lastAtMs: clock.now(),
      lastAnswer: "127.0.0.2",
      listed: 1,
      clean: 2,
      unusable: 1,
      judged: 2,
      disagreed: 1,
      hitRate: 1 / 3,
      disagreement: 0.5,
    },
  ]);
});

test("nothing known is nothing claimed: rates are undefined before the first answer", async () => {
  const { watch } = await started({});
  watch.stop();
  const [report] = watch.report();
  assert.deepEqual([report?.state, report?.hitRate, report?.disagreement], ["dead", undefined, undefined]);
});

test("good senders that the list names trip the breaker through the watch", async () => {
  const { list, watch, alerts, finding } = await started(CANARY);
  for (let i = 0; i < 20; i++) watch.judged(finding(`192.0.2.${i}`, LISTED), true);
  assert.equal(watch.skipReason(list, { ipv6: false }), "suspended");
  assert.deepEqual(
    alerts.map(({ kind, list: named }) => [kind, named]),
    [["suspended", "spamcop"]],
  );
  watch.stop();
});

test("so do the links of good senders, each sender counted once, whatever its number of links", async () => {
  const { list, watch } = await started(CANARY);
  const clean = { kind: "clean", ttlSeconds: 60 } as const;
  const links = [finding("a.example", clean), finding("b.example", LISTED)];
  for (let i = 0; i < 100; i++) watch.judgedLinks(links, "192.0.2.1", true);
  for (let i = 0; i < 18; i++) watch.judgedLinks(links, `192.0.2.${100 + i}`, true);
  watch.judgedLinks(links, "192.0.2.99", false);
  watch.judgedLinks([finding("a.example", { kind: "not-checked", why: "timed-out" })], "192.0.2.98", true);
  assert.equal(watch.skipReason(list, { ipv6: false }), undefined);
  watch.judgedLinks(links, "192.0.2.97", true);
  assert.equal(watch.skipReason(list, { ipv6: false }), "suspended");
  watch.stop();

  function finding(value: string, outcome: ListOutcome): ListFinding {
    return { list: list.list, title: list.title, zone: list.zone, subject: { role: "link", value }, outcome };
  }
});
