import assert from "node:assert/strict";
import { test } from "node:test";
import type { DnsAnswer } from "#ports/resolver.ts";
import { FakeResolver } from "../../../test/fakes/resolver.ts";
import type { DnsList } from "./dns-list.ts";
import type { DnsblEvidence, ListSubject } from "./evidence.ts";
import { QUESTIONS_MAX } from "./limits.ts";
import { type ListGuard, queryLists } from "./query-lists.ts";
import { dnsLists } from "./settings.ts";

const OPEN: ListGuard = { skipReason: () => undefined, saw: () => {} };

function defaults(): readonly DnsList[] {
  const lists = dnsLists([]);
  assert.ok(lists.ok);
  return lists.value;
}

function ask(subjects: readonly ListSubject[], resolver: FakeResolver, guard = OPEN): Promise<DnsblEvidence> {
  return queryLists({ subjects, lists: defaults(), guard, resolver, deadlineMs: 3000 });
}

async function check(subjects: readonly ListSubject[], asked: readonly string[]): Promise<void> {
  const resolver = new FakeResolver();
  await ask(subjects, resolver);
  assert.deepEqual(resolver.asked, asked.map((name) => `A ${name}`).toSorted());
}

test("each kind of subject is asked of the lists that know it", async () => {
  await check(
    [{ role: "client", value: "192.0.2.5" }],
    [
      "5.2.0.192.zen.spamhaus.org",
      "5.2.0.192.bl.spamcop.net",
      "5.2.0.192.psbl.surriel.com",
      "5.2.0.192.list.dnswl.org",
    ],
  );
  await check([{ role: "helo", value: "Mail.Example.com" }], ["mail.example.com.dbl.spamhaus.org"]);
  await check(
    [{ role: "link", value: "evil.example" }],
    ["evil.example.dbl.spamhaus.org", "evil.example.multi.surbl.org", "evil.example.multi.uribl.com"],
  );
});

test("what no list can know is not asked: private addresses, names of one label, what is no name", async () => {
  for (const value of ["127.0.0.2", "10.0.0.1", "::1", "fe80::1", "::ffff:192.168.1.1"]) {
    await check([{ role: "client", value }], []);
  }
  for (const value of ["localhost", "", "a..b", "a b.example", "[IPv6:::1]"])
    await check([{ role: "helo", value }], []);
});

test("all lists are asked at once, by the one deadline", async () => {
  const release = Promise.withResolvers<void>();
  class Slow extends FakeResolver {
    override async a(name: string, options: { readonly deadlineMs: number }): Promise<DnsAnswer<string>> {
      const answer = super.a(name, options);
      await release.promise;
      return answer;
    }
  }
  const resolver = new Slow();
  const evidence = ask([{ role: "client", value: "192.0.2.5" }], resolver);
  // Before a single answer.
  assert.equal(resolver.questions.length, 4);
  assert.ok(resolver.questions.every(({ deadlineMs }) => deadlineMs === 3000));
  release.resolve();
  assert.equal((await evidence).findings.length, 4);
});

test("an unhealthy list is not asked, and the others are", async () => {
  const resolver = new FakeResolver();
  const guard: ListGuard = { skipReason: ({ list }) => (list === "spamcop" ? "dead" : undefined), saw: () => {} };
  const { findings } = await ask([{ role: "client", value: "192.0.2.5" }], resolver, guard);
  assert.deepEqual(
    findings.map(({ list, outcome }) => [list, outcome.kind === "skipped" ? outcome.why : outcome.kind]),
    [
      ["spamhaus-zen", "clean"],
      ["spamcop", "dead"],
      ["psbl", "clean"],
      ["dnswl", "clean"],
    ],
  );
  assert.ok(!resolver.asked.some((question) => question.includes("spamcop")));
});

test("the same name in two roles is two facts, the same fact twice is one", async () => {
  const resolver = new FakeResolver();
  const { findings } = await ask(
    [
      { role: "helo", value: "mail.example.com" },
      { role: "mail-from", value: "mail.example.com" },
      { role: "helo", value: "mail.example.com" },
    ],
    resolver,
  );
  assert.deepEqual(
    findings.map(({ subject }) => subject.role),
    ["helo", "mail-from"],
  );
});

test("a message makes no more questions than the bound, and what was left out is seen", async () => {
  const links = Array.from({ length: 100 }, (_, i): ListSubject => ({ role: "link", value: `n${i}.example` }));
  const resolver = new FakeResolver();
  const { findings } = await ask(links, resolver);
  assert.equal(resolver.questions.length, QUESTIONS_MAX);
  const leftOut = findings.filter(({ outcome }) => outcome.kind === "skipped" && outcome.why === "too-many");
  assert.equal(leftOut.length, 300 - QUESTIONS_MAX);
});

test("evidence can be sent between threads and stored", async () => {
  const resolver = new FakeResolver({ "5.2.0.192.zen.spamhaus.org": { A: ["127.0.0.2", "127.0.0.9"] } });
  const evidence = await ask([{ role: "client", value: "192.0.2.5" }], resolver);
  assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence);
  assert.deepEqual(structuredClone(evidence), evidence);
});

test("a failure of the resolver is not a clean answer, on any list", async () => {
  for (const cause of [
    "timed-out",
    "server-failure",
    "refused",
    "overloaded",
    "malformed",
    "too-many-aliases",
  ] as const) {
    const names = Object.fromEntries(
      ["zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com", "list.dnswl.org"].map((zone) => [
        `5.2.0.192.${zone}`,
        cause,
      ]),
    );
    const { findings } = await ask([{ role: "client", value: "192.0.2.5" }], new FakeResolver(names));
    for (const { outcome } of findings) assert.deepEqual(outcome, { kind: "not-checked", why: cause });
  }
});
