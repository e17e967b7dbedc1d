/** What the client remembers, shares and bounds: answers over time, callers and crowds. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Clock } from "#ports/clock.ts";
import type { DnsAnswer } from "#ports/resolver.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type FakeDnsServer, startDnsServer } from "../../../test/fakes/dns-server.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { systemClock } from "../system-clock.ts";
import { AnswerCache } from "./answer-cache.ts";
import { createDnsClient, type DnsClientOptions } from "./client.ts";

const TIMEOUT_MS = 3000;

function world(servers: readonly { readonly address: string }[], options: Partial<DnsClientOptions> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const client = createDnsClient({
    servers: servers.map(({ address }) => address),
    clock,
    random: new FakeRandom(),
    log,
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
  return { client, clock, log, in: (ms = TIMEOUT_MS) => ({ deadlineMs: clock.monotonicMs() + ms }) };
}

function check(answer: DnsAnswer<unknown>, expected: Partial<DnsAnswer<unknown>>): void {
  assert.deepEqual({ ...answer, ...expected }, answer);
}

const ZONE = { "mail.test": { A: ["192.0.2.5"], ttl: 100 } };
const FOUND = { kind: "records", records: ["192.0.2.5"] } as const;

test("an answer is remembered for its TTL, and says how much of it is left", async () => {
  await using server = await startDnsServer(ZONE);
  const { client, clock, ...here } = world([server]);
  check(await client.a("mail.test", here.in()), { ...FOUND, ttlSeconds: 100 });
  clock.advance(40_000);
  check(await client.a("MAIL.test", here.in()), { ...FOUND, ttlSeconds: 60 });
  assert.equal(server.queries.length, 1);
  clock.advance(60_000);
  check(await client.a("mail.test", here.in()), { ...FOUND, ttlSeconds: 100 });
  assert.equal(server.queries.length, 2);
});

test("negative answers are remembered as long as their SOA says (RFC 2308)", async () => {
  await using server = await startDnsServer(ZONE);
  const { client, clock, ...here } = world([server]);
  const ask = async () => {
    check(await client.a("none.test", here.in()), { kind: "no-such-name" });
    check(await client.mx("mail.test", here.in()), { kind: "no-data" });
    return server.queries.length;
  };
  assert.equal(await ask(), 2);
  clock.advance(59_000);
  assert.equal(await ask(), 2);
  clock.advance(1000);
  assert.equal(await ask(), 4);
});

test("a TTL of nothing is a few seconds, one of days an hour", async () => {
  await using server = await startDnsServer({
    "short.test": { A: ["192.0.2.5"], ttl: 0 },
    "long.test": { A: ["192.0.2.5"], ttl: 604_800 },
  });
  const { client, clock, ...here } = world([server]);
  const ask = async (name: string) => {
    check(await client.a(name, here.in()), FOUND);
    return server.queries.length;
  };
  assert.deepEqual([await ask("short.test"), await ask("short.test")], [1, 1]);
  clock.advance(5000);
  assert.deepEqual([await ask("short.test"), await ask("long.test")], [2, 3]);
  clock.advance(3_599_000);
  assert.equal(await ask("long.test"), 3);
  clock.advance(1000);
  assert.equal(await ask("long.test"), 4);
});

test("who believes an answer longer than its TTL gets it, and nobody else", async () => {
  await using server = await startDnsServer({ "mail.test": { A: ["192.0.2.5"], ttl: 1 } });
  const { client, clock, ...here } = world([server]);
  await client.a("mail.test", here.in());
  clock.advance(59_000);
  check(await client.a("mail.test", { ...here.in(), ttlSecondsMin: 60 }), { ...FOUND, ttlSeconds: 0 });
  assert.equal(server.queries.length, 1);
  await client.a("mail.test", here.in());
  assert.equal(server.queries.length, 2);
});

test("a failure is remembered for a second, never longer", async () => {
  await using server = await startDnsServer(ZONE, { "*": "servfail" });
  const { client, clock, ...here } = world([server]);
  check(await client.a("mail.test", here.in()), { kind: "unavailable", cause: "server-failure" });
  server.misbehaviour = {};
  clock.advance(999);
  check(await client.a("mail.test", here.in()), { kind: "unavailable" });
  clock.advance(1);
  check(await client.a("mail.test", here.in()), FOUND);
});

test("when the time of day jumps, no answer grows old or stays young", async () => {
  await using server = await startDnsServer(ZONE);
  const real = new FakeClock();
  let timeOfDayMs = 0;
  const clock: Clock = {
    now: () => timeOfDayMs,
    monotonicMs: () => real.monotonicMs(),
    after: (ms, run) => real.after(ms, run),
  };
  const { client } = world([server], { clock });
  const ask = async () => {
    check(await client.a("mail.test", { deadlineMs: real.monotonicMs() + 1000 }), FOUND);
    return server.queries.length;
  };
  assert.equal(await ask(), 1);
  timeOfDayMs = 1e12;
  assert.equal(await ask(), 1);
  timeOfDayMs = -1e12;
  assert.equal(await ask(), 1);
  real.advance(100_000);
  assert.equal(await ask(), 2);
});

test("a machine that slept for a day believes none of its old answers", async () => {
  await using server = await startDnsServer(ZONE);
  const { client, clock, ...here } = world([server]);
  await client.a("mail.test", here.in());
  clock.advance(86_400_000);
  server.zone = { "mail.test": { A: ["192.0.2.77"] } };
  check(await client.a("mail.test", here.in()), { records: ["192.0.2.77"] });
});

test("the same question, asked by many while it is under way, goes out once", async () => {
  await using server = await startDnsServer(ZONE, { "mail.test": "held" });
  const { client, ...here } = world([server]);
  const answers = Array.from({ length: 50 }, () => client.a("mail.test", here.in()));
  await server.received(1);
  server.release();
  for (const answer of await Promise.all(answers)) check(answer, FOUND);
  assert.equal(server.queries.length, 1);
});

test("each caller has a deadline of its own: one gives up, another still gets the answer", async () => {
  await using server = await startDnsServer(ZONE, { "mail.test": "held" });
  const { client, clock, ...here } = world([server]);
  const [hasty, patient] = [client.a("mail.test", here.in(200)), client.a("mail.test", here.in(2000))];
  await server.received(1);
  clock.advance(200);
  check(await hasty, { kind: "unavailable", cause: "timed-out" });
  server.release();
  check(await patient, FOUND);
  check(await client.a("mail.test", { deadlineMs: -1 }), FOUND);
  check(await client.a("other.test", { deadlineMs: 200 }), { kind: "unavailable", cause: "timed-out" });
  assert.equal(server.queries.length, 1);
  assert.equal(clock.pending, 0);
});

test("who joins a question late has its own time, not what was left of the other's", async () => {
  await using server = await startDnsServer(ZONE, { "*": "silence" });
  const { client, clock, ...here } = world([server]);
  const early = client.a("mail.test", here.in());
  await server.received(1);
  clock.advance(TIMEOUT_MS - 1);
  const late = client.a("mail.test", here.in());
  server.misbehaviour = {};
  clock.advance(1);
  check(await early, { kind: "unavailable", cause: "timed-out" });
  check(await late, FOUND);
});

test("for callers who are gone nothing is asked again", async () => {
  await using server = await startDnsServer(ZONE, { "*": "silence" });
  const { client, clock, ...here } = world([server]);
  const answers = Array.from({ length: 5 }, () => client.a("mail.test", here.in()));
  await server.received(1);
  clock.advance(TIMEOUT_MS);
  for (const answer of await Promise.all(answers)) check(answer, { kind: "unavailable", cause: "timed-out" });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([client.load().sockets, clock.pending], [0, 0]);
});

test("CNAMEs that lead out of an answer are followed, and the shortest TTL counts", async () => {
  await using server = await startDnsServer(
    { "a.test": { CNAME: "b.test", ttl: 30 }, "b.test": { CNAME: "mail.test", ttl: 900 }, ...ZONE },
    { "a.test": "one-alias-a-time", "b.test": "one-alias-a-time" },
  );
  const { client, ...here } = world([server]);
  check(await client.a("a.test", here.in()), { ...FOUND, ttlSeconds: 30 });
  assert.deepEqual(
    server.queries.map(({ name }) => name),
    ["a.test", "b.test", "mail.test"],
  );
});

test("CNAMEs in circles end, whether they come at once or one at a time", async () => {
  await using server = await startDnsServer({ "a.test": { CNAME: "b.test" }, "b.test": { CNAME: "a.test" } });
  check(await askOnce(server), { kind: "unavailable", cause: "too-many-aliases" });
  assert.equal(server.queries.length, 1);
  server.misbehaviour = { "*": "one-alias-a-time" };
  check(await askOnce(server), { kind: "unavailable", cause: "too-many-aliases" });
  assert.ok(server.queries.length <= 12);
});

function askOnce(server: FakeDnsServer): Promise<DnsAnswer<string>> {
  const { client, ...here } = world([server]);
  return client.a("a.test", here.in());
}

test("a name that cannot be asked for does not exist, and nobody is asked", async () => {
  await using server = await startDnsServer();
  const { client, ...here } = world([server]);
  for (const name of ["", "a..test", "a b.test", `${"x".repeat(64)}.test`, "x.".repeat(130), "é.test"]) {
    check(await client.a(name, here.in()), { kind: "no-such-name" });
  }
  assert.equal(server.queries.length, 0);
});

test("the AD bit is believed from this machine, and only when every answer of a chain bears it", async () => {
  await using server = await startDnsServer(
    { "a.test": { CNAME: "mail.test" }, ...ZONE },
    { "a.test": "one-alias-a-time" },
  );
  server.authenticated = true;
  const all = world([server]);
  check(await all.client.a("a.test", all.in()), { ...FOUND, authenticated: true });
  server.misbehaviour = { "a.test": "one-alias-a-time", "mail.test": "held" };
  const { client, ...here } = world([server]);
  const answer = client.a("a.test", here.in());
  // Twice two: the second answer of this chain waits.
  await server.received(4);
  server.authenticated = false;
  server.release();
  check(await answer, { ...FOUND, authenticated: false });
});

test("the AD bit of a server elsewhere is believed only when that is set", async () => {
  await using server = await startDnsServer(ZONE);
  server.authenticated = true;
  // Another way to this machine, and no loopback address by its look.
  const elsewhere = { address: server.address.replace("127.0.0.1", "0.0.0.0") };
  const plain = world([elsewhere]);
  check(await plain.client.a("mail.test", plain.in()), { ...FOUND, authenticated: false });
  const trusting = world([elsewhere], { trustAd: true });
  check(await trusting.client.a("mail.test", trusting.in()), { ...FOUND, authenticated: true });
});

test("in mixed case (0x20) an answer that does not repeat the letters is not taken", async () => {
  await using server = await startDnsServer({ "quite-a-long-name.test": { A: ["192.0.2.5"] } });
  const { client, clock, ...here } = world([server], { mixCase: true });
  check(await client.a("quite-a-long-name.test", here.in()), FOUND);
  assert.match(server.queries[0]?.name ?? "", /[A-Z]/);
  server.misbehaviour = { "*": "lower-case" };
  const answer = client.a("another-long-name.test", here.in());
  await server.received(2);
  clock.advance(TIMEOUT_MS);
  check(await answer, { kind: "unavailable", cause: "timed-out" });
});

test("two thousand questions at once are all answered, over a bounded number of sockets", async () => {
  await using server = await startDnsServer({}, {});
  const names = Array.from({ length: 2000 }, (_, i) => `n${i}.test`);
  server.zone = Object.fromEntries(names.map((name, i) => [name, { A: [`192.0.2.${i % 256}`] }]));
  const { client } = world([server], { clock: systemClock, timeoutMs: 60_000 });
  const deadlineMs = systemClock.monotonicMs() + 60_000;
  const asked = names.map((name) => client.a(name, { deadlineMs }));
  let socketsMost = 0;
  const answers = asked.map(async (answer, i) => {
    check(await answer, { kind: "records", records: [`192.0.2.${i % 256}`] });
    socketsMost = Math.max(socketsMost, client.load().sockets);
  });
  await Promise.all(answers);
  assert.ok(socketsMost > 1 && socketsMost <= 256, `${socketsMost} sockets`);
  assert.deepEqual({ ...client.load(), answersRemembered: 0 }, { sockets: 0, waiting: 0, answersRemembered: 0 });
});

test("when the line is full a question is turned away at once, as overloaded, and that is not remembered", async () => {
  await using server = await startDnsServer({}, { "*": "held" });
  const { client, log, ...here } = world([server], { socketsMax: 2, waitingMax: 3 });
  const first = Array.from({ length: 5 }, (_, i) => client.a(`n${i}.test`, here.in()));
  const late = ["late.test", "later.test"];
  for (const name of late) check(await client.a(name, here.in()), { kind: "unavailable", cause: "overloaded" });
  assert.deepEqual(client.load(), { sockets: 2, waiting: 3, answersRemembered: 0 });
  assert.equal(log.lines.filter(({ event }) => event === "dns-overloaded").length, 1);
  server.misbehaviour = {};
  await server.received(2);
  server.release();
  for (const answer of await Promise.all(first)) check(answer, { kind: "no-such-name" });
  check(await client.a("late.test", here.in()), { kind: "no-such-name" });
});

test("a question that never left the line is not remembered as a silent server", async () => {
  await using server = await startDnsServer(ZONE, { "held.test": "held" });
  const { client, clock, ...here } = world([server], { socketsMax: 1 });
  const first = client.a("held.test", here.in());
  const second = client.a("mail.test", here.in());
  await server.received(1);
  clock.advance(TIMEOUT_MS);
  check(await first, { kind: "unavailable", cause: "timed-out" });
  assert.equal((await second).kind, "unavailable");
  check(await client.a("mail.test", here.in()), FOUND);
});

test("that we have too few sockets is not remembered as an answer", () => {
  const cache = new AnswerCache(new FakeClock());
  cache.set("A a.test", { kind: "unavailable", cause: "overloaded" });
  cache.set("A b.test", { kind: "unavailable", cause: "timed-out" });
  assert.equal(cache.get("A a.test"), undefined);
  assert.deepEqual(cache.get("A b.test"), { kind: "unavailable", cause: "timed-out" });
});

function answerOf(octets: number): DnsAnswer<string> {
  return { kind: "records", records: ["x".repeat(octets)], ttlSeconds: 60, authenticated: false };
}

test("what is remembered is bounded in number and in octets", () => {
  const cache = new AnswerCache(new FakeClock());
  for (let i = 0; i < 30_000; i++) cache.set(`A n${i}.test`, answerOf(1));
  assert.equal(cache.size, 20_000);
  for (let i = 0; i < 5000; i++) cache.set(`TXT n${i}.test`, answerOf(16_000));
  assert.ok(cache.size * 16_000 <= 16 * 1024 * 1024, `${cache.size}`);
  assert.ok(cache.size > 100);
});

test("the system's servers are read again when they have changed, once a minute at most", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "postern-dns-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await using one = await startDnsServer();
  await using two = await startDnsServer();
  const systemServersFile = join(folder, "resolv.conf");
  writeFileSync(systemServersFile, `# made by nobody\nnameserver ${one.address}\noptions edns0\n`);
  const { client, clock, ...here } = world([], { systemServersFile });
  const ask = async (name: string) => {
    await client.a(name, here.in());
    return [one.queries.length, two.queries.length];
  };
  assert.deepEqual(await ask("a.test"), [1, 0]);
  writeFileSync(systemServersFile, `nameserver ${two.address}\n`);
  assert.deepEqual(await ask("b.test"), [2, 0]);
  clock.advance(60_000);
  assert.deepEqual(await ask("c.test"), [2, 1]);
  assert.deepEqual(client.serverNames(), [two.address]);
  rmSync(systemServersFile);
  clock.advance(60_000);
  assert.deepEqual(await ask("d.test"), [2, 2]);
  writeFileSync(systemServersFile, "nameserver nonsense\n");
  clock.advance(60_000);
  assert.deepEqual(await ask("e.test"), [2, 3]);
});
