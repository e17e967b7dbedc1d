/** Every row of the list vectors, from the question on the wire to what is done about the list. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { createDnsClient } from "#platform/dns/client.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type FakeDnsServer, startDnsServer } from "../../../test/fakes/dns-server.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import type { ListAlert } from "./alerts.ts";
import type { ListOutcome, ListSubject } from "./evidence.ts";
import { LEFT_ALONE_MS, LISTS_BUDGET_MS, TIMEOUTS_MAX } from "./limits.ts";
import { ListWatch } from "./list-watch.ts";
import { queryLists } from "./query-lists.ts";
import { type DnsListSettings, dnsLists } from "./settings.ts";

const ZEN: DnsListSettings = { profile: "spamhaus-zen", key: "", kind: "address", answers: {} };
const shipped = (profile: string): DnsListSettings => ({ ...ZEN, profile });
const OWN_DOMAINS: DnsListSettings = {
  key: "",
  zone: "list.test",
  kind: "domain",
  answers: { "127.0.0.2": { means: "spam", weight: 4 } },
};

const CLIENT: ListSubject = { role: "client", value: "192.0.2.5" };
const QUESTION = "5.2.0.192.zen.spamhaus.org";
const ZEN_CANARIES = { "2.0.0.127.zen.spamhaus.org": { A: ["127.0.0.2", "127.0.0.4", "127.0.0.10"] } };

interface World extends AsyncDisposable {
  readonly server: FakeDnsServer;
  readonly clock: FakeClock;
  readonly watch: ListWatch;
  readonly alerts: ListAlert[];
  /** Outcomes for a subject, by default the client. */
  ask(subject?: ListSubject): Promise<readonly ListOutcome[]>;
  state(): string | undefined;
}

/** One list, asked through the real client from a server in this process, after the first round of canaries. */
async function world(settings: DnsListSettings, zone: FakeDnsServer["zone"]): Promise<World> {
  const server = await startDnsServer(zone);
  const clock = new FakeClock();
  const random = new FakeRandom();
  const servers = [server.address];
  const resolver = createDnsClient({ servers, clock, random, log: new FakeLog(), timeoutMs: LISTS_BUDGET_MS });
  const lists = dnsLists([settings]);
  assert.ok(lists.ok);
  const alerts: ListAlert[] = [];
  const watch = new ListWatch({
    lists: lists.value,
    resolver,
    resolverName: "the resolver of this test",
    clock,
    random,
    onAlert: (alert) => alerts.push(alert),
  });
  await watch.start();
  return {
    server,
    clock,
    watch,
    alerts,
    async ask(subject = CLIENT) {
      const deadlineMs = clock.monotonicMs() + LISTS_BUDGET_MS;
      const { findings } = await queryLists({
        subjects: [subject],
        lists: lists.value,
        guard: watch,
        resolver,
        deadlineMs,
      });
      return findings.map(({ outcome }) => outcome);
    },
    state: () => watch.report()[0]?.state,
    async [Symbol.asyncDispose]() {
      watch.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The client's answers from ZEN, whose canaries are well. */
async function zenSays(...answers: string[]): Promise<World & { readonly outcome: ListOutcome | undefined }> {
  const zen = await world(ZEN, { ...ZEN_CANARIES, [QUESTION]: { A: answers } });
  assert.equal(zen.state(), "healthy");
  const [outcome] = await zen.ask();
  return Object.assign(zen, { outcome });
}

async function checkRefused(answers: readonly string[], refusal: string): Promise<void> {
  await using zen = await zenSays(...answers);
  assert.deepEqual(zen.outcome, { kind: "refused-to-serve", refusal, answers });
  assert.equal(zen.state(), "refuses-us");
  assert.deepEqual(await zen.ask({ role: "client", value: "192.0.2.6" }), [{ kind: "skipped", why: "refuses-us" }]);
  assert.deepEqual(
    zen.alerts.map(({ kind, list }) => [kind, list]),
    [["refuses-us", "spamhaus-zen"]],
  );
  assert.match(zen.alerts[0]?.text ?? "", /the resolver of this test/);
  assert.match(zen.alerts[0]?.remedy ?? "", /resolver of your own.*DQS/s);
}

async function checkNeverProven(zone: FakeDnsServer["zone"], state: ListAlert["kind"]): Promise<void> {
  await using zen = await world(ZEN, { ...zone, [QUESTION]: { A: ["127.0.0.2"] } });
  assert.equal(zen.state(), state);
  assert.deepEqual(await zen.ask(), [{ kind: "skipped", why: state }]);
  assert.deepEqual(
    zen.alerts.map(({ kind }) => kind),
    [state],
  );
}

/** By what the vector says of the answers. */
const rows: Readonly<Record<string, () => Promise<void>>> = {
  "2.0.0.127.zen -> 127.0.0.2, .4, .10; 1.0.0.127.zen -> NXDOMAIN; random -> NXDOMAIN": async () => {
    await using zen = await world(ZEN, ZEN_CANARIES);
    assert.equal(zen.state(), "healthy");
    assert.deepEqual(zen.alerts, []);
    const asked = zen.server.queries.map(({ name }) => name);
    assert.ok(asked.includes("1.0.0.127.zen.spamhaus.org"));
    assert.equal(asked.filter((name) => /^[0-9a-z]{26}\.zen\.spamhaus\.org$/.test(name)).length, 1);
  },
  "2.0.0.127 -> NXDOMAIN; 1.0.0.127 -> NXDOMAIN": () => checkNeverProven({}, "dead"),
  "2.0.0.127 -> 127.0.0.2; 1.0.0.127 -> 127.0.0.2": () =>
    checkNeverProven({ ...ZEN_CANARIES, "1.0.0.127.zen.spamhaus.org": { A: ["127.0.0.2"] } }, "lists-the-world"),
  "client -> 127.255.255.254": () => checkRefused(["127.255.255.254"], "public-resolver"),
  "client -> 127.255.255.252 / .255": async () => {
    await checkRefused(["127.255.255.252"], "wrong-zone");
    await checkRefused(["127.255.255.255"], "too-many-questions");
  },
  "client -> 91.195.240.117": () => checkRefused(["91.195.240.117"], "outside-127"),
  "client -> 127.0.0.99 (not documented)": async () => {
    await using zen = await zenSays("127.0.0.99");
    assert.deepEqual(zen.outcome, { kind: "unknown-answer", answers: ["127.0.0.99"], ttlSeconds: 300 });
    assert.equal(zen.state(), "healthy");
    assert.equal(zen.watch.report()[0]?.lastAnswer, "127.0.0.99");
  },
  "client -> SERVFAIL": async () => {
    await using zen = await world(ZEN, ZEN_CANARIES);
    zen.server.misbehaviour = { [QUESTION]: "servfail" };
    // The clock stands still: no time passes before the answer.
    assert.deepEqual(await zen.ask(), [{ kind: "not-checked", why: "server-failure" }]);
    assert.equal(zen.state(), "healthy");
  },
  "client -> no answer": async () => {
    await using zen = await world(ZEN, ZEN_CANARIES);
    zen.server.misbehaviour = { "*": "silence" };
    for (let i = 1; i <= TIMEOUTS_MAX; i++) {
      assert.equal(zen.state(), "healthy");
      const outcomes = zen.ask({ role: "client", value: `192.0.2.${i}` });
      await zen.server.received(`${i}.2.0.192.zen.spamhaus.org`);
      zen.clock.advance(LISTS_BUDGET_MS);
      assert.deepEqual(await outcomes, [{ kind: "not-checked", why: "timed-out" }]);
    }
    assert.equal(zen.state(), "skipped");
    assert.deepEqual(await zen.ask(), [{ kind: "skipped", why: "timing-out" }]);
    assert.deepEqual(
      zen.alerts.map(({ kind }) => kind),
      ["timing-out"],
    );
    zen.server.misbehaviour = {};
    zen.clock.advance(LEFT_ALONE_MS);
    assert.equal((await zen.ask({ role: "client", value: "192.0.2.77" }))[0]?.kind, "clean");
  },
  "client -> 127.0.0.2 and 127.255.255.254 together": () =>
    checkRefused(["127.0.0.2", "127.255.255.254"], "public-resolver"),
  "client ::ffff:1.2.3.4": async () => {
    await using zen = await world(ZEN, { ...ZEN_CANARIES, "4.3.2.1.zen.spamhaus.org": { A: ["127.0.0.4"] } });
    const [outcome] = await zen.ask({ role: "client", value: "::ffff:1.2.3.4" });
    assert.ok(outcome?.kind === "listed" && outcome.weight === 4);
  },
  "client 2001:db8::1 on a list that serves IPv6": async () => {
    const canary = "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.spamhaus.org";
    const question = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.spamhaus.org";
    const zone = { ...ZEN_CANARIES, [canary]: { A: ["127.0.0.2"] }, [question]: { A: ["127.0.0.3"] } };
    await using zen = await world(ZEN, zone);
    const client: ListSubject = { role: "client", value: "2001:db8::1" };
    const [outcome] = await zen.ask(client);
    assert.ok(outcome?.kind === "listed" && outcome.weight === 2);
    await using without = await world(shipped("spamcop"), { "2.0.0.127.bl.spamcop.net": { A: ["127.0.0.2"] } });
    assert.deepEqual(await without.ask(client), [{ kind: "skipped", why: "no-ipv6" }]);
  },
  "domain list: TEST -> 127.0.0.2, INVALID -> NXDOMAIN": async () => {
    await using list = await world(OWN_DOMAINS, { "test.list.test": { A: ["127.0.0.2"] } });
    assert.equal(list.state(), "healthy");
    assert.ok(list.server.queries.some(({ name }) => name === "invalid.list.test"));
    await using ended = await world(OWN_DOMAINS, {
      "test.list.test": { A: ["127.0.0.2"] },
      "invalid.list.test": { A: ["127.0.0.2"] },
    });
    assert.equal(ended.state(), "lists-the-world");
  },
  "domain list asked for an address": async () => {
    await using list = await world(OWN_DOMAINS, { "test.list.test": { A: ["127.0.0.2"] } });
    const before = list.server.queries.length;
    for (const value of ["192.0.2.5", "[192.0.2.5]", "2001:db8::1", "[IPv6:2001:db8::1]"]) {
      assert.deepEqual(await list.ask({ role: "helo", value }), []);
    }
    assert.equal(list.server.queries.length, before);
  },
  "SURBL multi -> 127.0.0.1, URIBL -> 127.0.0.1": async () => {
    for (const [profile, zone, canary] of [
      ["surbl", "multi.surbl.org", "surbl-org-permanent-test-point.com"],
      ["uribl", "multi.uribl.com", "test.uribl.com"],
    ] as const) {
      const names = { [`${canary}.${zone}`]: { A: ["127.0.0.14"] }, [`evil.example.${zone}`]: { A: ["127.0.0.1"] } };
      await using list = await world(shipped(profile), names);
      assert.equal(list.state(), "healthy");
      const [outcome] = await list.ask({ role: "link", value: "evil.example" });
      assert.ok(outcome?.kind === "refused-to-serve" && outcome.refusal === "public-resolver");
      assert.equal(list.state(), "refuses-us");
      assert.equal(list.alerts.length, 1);
    }
  },
  "SURBL multi -> 127.0.0.24": async () => {
    await using surbl = await world(shipped("surbl"), {
      "surbl-org-permanent-test-point.com.multi.surbl.org": { A: ["127.0.0.254"] },
      "evil.example.multi.surbl.org": { A: ["127.0.0.24"] },
    });
    const [outcome] = await surbl.ask({ role: "link", value: "evil.example" });
    assert.ok(outcome?.kind === "listed");
    assert.deepEqual(
      outcome.meanings.map(({ meaning }) => meaning),
      ["phishing", "malware"],
    );
    assert.equal(outcome.weight, 7.5);
  },
  "DBL -> 127.0.1.255": async () => {
    await using dbl = await world(shipped("spamhaus-dbl"), {
      "test.dbl.spamhaus.org": { A: ["127.0.1.2"] },
      "mail.example.dbl.spamhaus.org": { A: ["127.0.1.255"] },
    });
    const outcomes = await dbl.ask({ role: "helo", value: "mail.example" });
    assert.deepEqual(outcomes, [{ kind: "refused-to-serve", refusal: "misuse", answers: ["127.0.1.255"] }]);
    assert.equal(dbl.state(), "healthy");
    await dbl.ask({ role: "mail-from", value: "mail.example" });
    assert.deepEqual(
      dbl.alerts.map(({ kind }) => kind),
      ["misuse"],
    );
  },
};

suite("vectors: DNS lists", () => {
  const { vectors } = JSON.parse(readFileSync("test/vectors/dns-lists.json", "utf8")) as {
    vectors: readonly { readonly answers: string; readonly means: string }[];
  };
  for (const { answers, means } of vectors) {
    test(`${answers}: ${means}`, async () => {
      const row = rows[answers];
      assert.ok(row, "a vector without a test");
      await row();
    });
  }
  test("every test belongs to a vector", () => {
    assert.deepEqual(Object.keys(rows).toSorted(), vectors.map(({ answers }) => answers).toSorted());
  });
});
