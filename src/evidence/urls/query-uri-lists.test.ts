import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import type { DnsList } from "../dnsbl/dns-list.ts";
import { QUESTIONS_MAX } from "../dnsbl/limits.ts";
import { ListWatch } from "../dnsbl/list-watch.ts";
import type { ListGuard } from "../dnsbl/query-lists.ts";
import { dnsLists } from "../dnsbl/settings.ts";
import { bodyEvidence } from "./extraction.test-data.ts";
import { queryUriLists, type UriListEvidence } from "./query-uri-lists.ts";

const OPEN: ListGuard = { skipReason: () => undefined, saw: () => {} };

function lists(): readonly DnsList[] {
  const all = dnsLists([]);
  assert.ok(all.ok);
  const own = dnsLists([
    { kind: "uri", zone: "own.example", key: "", answers: { "127.0.0.9": { means: "ours", weight: 3 } } },
  ]);
  assert.ok(own.ok);
  return [...all.value, ...own.value];
}

async function ask(body: string, resolver = new FakeResolver(), guard = OPEN): Promise<UriListEvidence> {
  const urls = await bodyEvidence(body);
  return queryUriLists({ urls, lists: lists(), guard, resolver, deadlineMs: 3000 });
}

async function weights(name: string, answer: string): Promise<readonly (readonly [string, number])[]> {
  const { findings } = await ask("http://evil.example/", new FakeResolver({ [name]: { A: [answer] } }));
  return findings.flatMap(({ list, outcome }) => (outcome.kind === "listed" ? [[list, outcome.weight] as const] : []));
}

test("full host name and registered domain are asked of the lists of names, once each", async () => {
  const resolver = new FakeResolver();
  await ask("http://a.evil.example/ http://a.evil.example/x", resolver);
  const zones = ["dbl.spamhaus.org", "multi.surbl.org", "multi.uribl.com", "own.example"];
  const expected = zones.flatMap((zone) => [`A a.evil.example.${zone}`, `A evil.example.${zone}`]);
  assert.deepEqual(resolver.asked, expected.toSorted());
});

test("never an address to a list of names, however it is written (R52)", async () => {
  const resolver = new FakeResolver();
  const { names } = await ask(
    "http://192.0.2.1/ http://0x7f.1/ http://2130706433/ http://[::ffff:1.2.3.4]/ http://[2001:db8::1]/",
    resolver,
  );
  assert.deepEqual(resolver.asked, []);
  assert.deepEqual(names, []);
});

test("the weight of each answer, by bits where the list has them", async () => {
  const surbl = "evil.example.multi.surbl.org";
  assert.deepEqual(await weights(surbl, "127.0.0.8"), [["surbl", 7.5]]);
  assert.deepEqual(await weights(surbl, "127.0.0.16"), [["surbl", 7.5]]);
  for (const answer of [32, 64, 128]) assert.deepEqual(await weights(surbl, `127.0.0.${answer}`), [["surbl", 5]]);
  assert.deepEqual(await weights(surbl, "127.0.0.72"), [["surbl", 7.5]]);
  const uribl = "evil.example.multi.uribl.com";
  assert.deepEqual(await weights(uribl, "127.0.0.2"), [["uribl", 7.5]]);
  assert.deepEqual(await weights(uribl, "127.0.0.4"), [["uribl", 2.5]]);
  assert.deepEqual(await weights(uribl, "127.0.0.8"), [["uribl", 0.5]]);
  assert.deepEqual(await weights("evil.example.dbl.spamhaus.org", "127.0.1.2"), [["spamhaus-dbl", 6.5]]);
  assert.deepEqual(await weights("evil.example.own.example", "127.0.0.9"), [["own.example", 3]]);
});

test("a refusal is no listing, and the list's guard hears of it", async () => {
  const refusals: string[] = [];
  const guard: ListGuard = {
    skipReason: () => undefined,
    saw: ({ list }, { kind }) => void (kind === "refused-to-serve" && refusals.push(list)),
  };
  for (const [zone, answer] of [
    ["multi.surbl.org", "127.0.0.1"],
    ["multi.surbl.org", "127.0.0.9"],
    ["multi.uribl.com", "127.0.0.1"],
    ["dbl.spamhaus.org", "127.255.255.254"],
  ] as const) {
    const { findings } = await ask("evil.com", new FakeResolver({ [`evil.com.${zone}`]: { A: [answer] } }), guard);
    assert.ok(findings.every(({ outcome }) => outcome.kind !== "listed"));
  }
  assert.deepEqual(refusals, ["surbl", "surbl", "uribl", "spamhaus-dbl"]);
});

test("no more questions than the bound, shared by the lists alike, registered domains first", async () => {
  const resolver = new FakeResolver();
  const { names, namesLeftOut } = await ask(
    Array.from({ length: 40 }, (_, i) => `http://www.n${i}.example/`).join(" "),
    resolver,
  );
  assert.equal(resolver.questions.length, QUESTIONS_MAX);
  assert.equal(names.length, QUESTIONS_MAX / 4);
  assert.equal(namesLeftOut, 80 - QUESTIONS_MAX / 4);
  assert.deepEqual(names[0], { name: "n0.example", mentionedAs: "link", hosts: ["www.n0.example"] });
  const surbl = resolver.asked.filter((question) => question.endsWith("surbl.org"));
  assert.equal(surbl.length, QUESTIONS_MAX / 4);
});

test("domains of addresses come last, and say that they are (R50)", async () => {
  const { names } = await ask("user@b.example http://a.example/ user@a.example");
  assert.deepEqual(
    names.map(({ name, mentionedAs }) => [name, mentionedAs]),
    [
      ["a.example", "link"],
      ["b.example", "address"],
    ],
  );
});

test("our own domains need no question, as links and as addresses", async () => {
  const urls = await bodyEvidence("http://www.own.example/ user@mail.own.example http://evil.example/");
  const inquiry = { urls, lists: lists(), guard: OPEN, resolver: new FakeResolver(), deadlineMs: 3000 };
  const { names } = await queryUriLists({ ...inquiry, isExempt: (name) => name === "own.example" });
  assert.deepEqual(
    names.map(({ name }) => name),
    ["evil.example"],
  );
});

test("a list that refuses us is left out from then on", async () => {
  const resolver = new FakeResolver({
    "surbl-org-permanent-test-point.com.multi.surbl.org": { A: ["127.0.0.126"] },
    "evil.example.multi.surbl.org": { A: ["127.0.0.1"] },
    "bad.example.multi.surbl.org": { A: ["127.0.0.8"] },
  });
  const surbl = lists().filter(({ list }) => list === "surbl");
  const alerts: string[] = [];
  const guard = new ListWatch({
    lists: surbl,
    resolver,
    resolverName: "192.0.2.53",
    clock: new FakeClock(),
    random: new FakeRandom(),
    onAlert: ({ kind }) => alerts.push(kind),
  });
  await guard.start();
  const outcomes: string[] = [];
  for (const body of ["http://bad.example/", "http://evil.example/", "http://bad.example/"]) {
    const urls = await bodyEvidence(body);
    const { findings } = await queryUriLists({ urls, lists: surbl, guard, resolver, deadlineMs: 3000 });
    outcomes.push(...findings.map(({ outcome }) => outcome.kind));
  }
  guard.stop();
  assert.deepEqual(outcomes, ["listed", "refused-to-serve", "skipped"]);
  assert.deepEqual(alerts, ["refuses-us"]);
});

test("hosts that everybody shares are not asked about (R52)", async () => {
  const resolver = new FakeResolver();
  await ask("http://www.w3.org/ https://fonts.googleapis.com/x", resolver);
  assert.deepEqual(resolver.asked, []);
});
