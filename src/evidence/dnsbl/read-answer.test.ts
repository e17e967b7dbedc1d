import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { DnsAnswer } from "#ports/resolver.ts";
import type { DnsList } from "./dns-list.ts";
import type { ListedOutcome, ListOutcome, SubjectRole } from "./evidence.ts";
import { PROFILES, type ProfileName } from "./profiles.ts";
import { readAnswer } from "./read-answer.ts";
import { dnsLists } from "./settings.ts";

function listOf(profile: string): DnsList {
  const lists = dnsLists([{ profile, key: "", kind: "address", answers: {} }]);
  assert.ok(lists.ok);
  const [list] = lists.value;
  assert.ok(list);
  return list;
}

const ALL = (Object.keys(PROFILES) as ProfileName[]).map(listOf);

function records(...answers: string[]): DnsAnswer<string> {
  return { kind: "records", records: answers, ttlSeconds: 300, authenticated: false };
}

function read(profile: string, role: SubjectRole, ...answers: string[]): ListOutcome {
  return readAnswer(listOf(profile), { role, value: "192.0.2.5" }, records(...answers));
}

function check(profile: string, role: SubjectRole, answers: readonly string[], expected: Partial<ListedOutcome>): void {
  const outcome = read(profile, role, ...answers);
  assert.deepEqual({ ...outcome, ...expected }, outcome);
}

test("the heaviest meaning is the one that counts; those of one list are not added up", () => {
  check("spamhaus-zen", "client", ["127.0.0.10", "127.0.0.4", "127.0.0.3"], { kind: "listed", weight: 4 });
  check("spamhaus-zen", "client", ["127.0.0.11"], { weight: 2, rejectsAlone: false });
  check("dnswl", "client", ["127.0.5.0", "127.0.5.3"], { weight: -0.5 });
});

test("DROP alone rejects alone, and only the client itself", () => {
  check("spamhaus-zen", "client", ["127.0.0.2", "127.0.0.9"], { weight: 7, rejectsAlone: true });
  check("spamhaus-zen", "earlier-hop", ["127.0.0.2", "127.0.0.9"], { weight: 3, rejectsAlone: false });
  for (const list of ALL) {
    const others = Object.entries(list.answers.meanings).filter(([answer]) => answer !== "127.0.0.9");
    assert.ok(others.every(([, { rejectsAlone }]) => rejectsAlone !== true));
  }
});

test("an earlier hop weighs less, and not at all where the list speaks about who connects", () => {
  check("spamhaus-zen", "earlier-hop", ["127.0.0.2"], { weight: 3 });
  check("spamhaus-zen", "earlier-hop", ["127.0.0.3"], { weight: 1 });
  check("spamhaus-zen", "earlier-hop", ["127.0.0.4"], { weight: 1 });
  check("spamhaus-zen", "earlier-hop", ["127.0.0.10"], { weight: 0 });
  check("spamcop", "earlier-hop", ["127.0.0.2"], { weight: 0 });
});

test("a domain weighs more in a link than as a sender", () => {
  check("spamhaus-dbl", "header-from", ["127.0.1.2"], { weight: 4 });
  check("spamhaus-dbl", "link", ["127.0.1.2"], { weight: 6.5 });
  check("uribl", "link", ["127.0.0.6"], { weight: 7.5 });
  check("surbl", "link", ["127.0.0.64"], { weight: 5 });
});

test("an undocumented answer beside a documented one is shown and counts for nothing", () => {
  check("spamhaus-zen", "client", ["127.0.0.99", "127.0.0.3"], { weight: 2, answers: ["127.0.0.99", "127.0.0.3"] });
  assert.equal(read("spamcop", "client", "127.0.0.3").kind, "unknown-answer");
  assert.equal(read("uribl", "link", "127.0.0.16").kind, "unknown-answer");
  assert.equal(read("uribl", "link", "127.0.1.2").kind, "unknown-answer");
});

test("127.0.0.1 is no listing on any list", () => {
  for (const profile of Object.keys(PROFILES))
    assert.notEqual(read(profile, "link", "127.0.0.1").kind, "listed", profile);
});

test("a reply can name where to look", () => {
  check("spamhaus-zen", "client", ["127.0.0.2"], { lookUpUrl: "https://check.spamhaus.org/results/?query=192.0.2.5" });
  const outcome = readAnswer(listOf("spamcop"), { role: "client", value: "2001:db8::1" }, records("127.0.0.2"));
  assert.ok(outcome.kind === "listed" && outcome.lookUpUrl.endsWith("?2001%3Adb8%3A%3A1"));
});

test("an error beside any answers of any list wins", () => {
  const documented = fc.constantFrom(...ALL.flatMap(({ answers }) => Object.keys(answers.meanings)));
  const errors = fc.oneof(
    fc.constantFrom("127.255.255.252", "127.255.255.254", "127.255.255.255"),
    fc.ipV4().filter((address) => !address.startsWith("127.")),
    fc.nat(255).map((octet) => `127.255.255.${octet}`),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...ALL),
      fc.array(documented, { maxLength: 5 }),
      errors,
      fc.nat(5),
      (list, good, bad, at) => {
        const answers = good.toSpliced(at, 0, bad);
        const outcome = readAnswer(list, { role: "client", value: "192.0.2.5" }, records(...answers));
        assert.equal(outcome.kind, "refused-to-serve", `${list.list}: ${answers.join(", ")}`);
      },
    ),
    { numRuns: 300 },
  );
});

test("only documented answers are listings, whatever a list says", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALL), fc.array(fc.ipV4(), { maxLength: 4 }), (list, answers) => {
      const outcome = readAnswer(list, { role: "client", value: "192.0.2.5" }, records(...answers));
      if (outcome.kind !== "listed") return;
      assert.ok(outcome.meanings.every(({ answer }) => answer.startsWith("127.0.")));
    }),
    { numRuns: 300 },
  );
});
