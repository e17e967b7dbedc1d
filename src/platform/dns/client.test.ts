import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import type { DnsAnswer } from "#ports/resolver.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { type FakeDnsServer, startDnsServer } from "../../../test/fakes/dns-server.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { createDnsClient, type DnsClient, type DnsClientOptions } from "./client.ts";

const TIMEOUT_MS = 3000;

interface World {
  readonly client: DnsClient;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  /** A deadline that many milliseconds from now. */
  in(ms?: number): { deadlineMs: number };
}

function world(servers: readonly (FakeDnsServer | string)[], options: Partial<DnsClientOptions> = {}): World {
  const clock = new FakeClock();
  const log = new FakeLog();
  const addresses = servers.map((server) => (typeof server === "string" ? server : server.address));
  const client = createDnsClient({
    servers: addresses,
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

const ZONE = { "mail.test": { A: ["192.0.2.5"] } };
const FOUND = { kind: "records", records: ["192.0.2.5"] } as const;

/** An address on this machine where nobody listens. */
async function closedPort(): Promise<string> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return `127.0.0.1:${port}`;
}

test("all record types come through", async () => {
  await using server = await startDnsServer({
    "all.test": {
      A: ["192.0.2.5", "192.0.2.6"],
      AAAA: ["2001:db8::5"],
      TXT: [["v=spf1 ", "-all"], "other"],
      MX: [{ preference: 10, exchange: "MX.All.test" }],
      TLSA: [{ usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from([1, 2, 3]) }],
    },
    "5.2.0.192.in-addr.arpa": { PTR: ["Mail.test"] },
  });
  const { client, ...here } = world([server]);
  check(await client.a("all.test", here.in()), {
    kind: "records",
    records: ["192.0.2.5", "192.0.2.6"],
    ttlSeconds: 300,
  });
  check(await client.aaaa("All.Test.", here.in()), { kind: "records", records: ["2001:db8::5"] });
  check(await client.txt("all.test", here.in()), { kind: "records", records: ["v=spf1 -all", "other"] });
  check(await client.mx("all.test", here.in()), { records: [{ preference: 10, exchange: "mx.all.test" }] });
  const tlsa = { usage: 3, selector: 1, matchingType: 1, data: Uint8Array.from([1, 2, 3]) };
  check(await client.tlsa("all.test", here.in()), { records: [tlsa] });
  check(await client.ptr("192.0.2.5", here.in()), { kind: "records", records: ["mail.test"] });
  check(await client.ptr("192.0.2.9", here.in()), { kind: "no-such-name", ttlSeconds: 60 });
  check(await client.mx("5.2.0.192.in-addr.arpa", here.in()), { kind: "no-data" });
});

test("each question goes out from a port and with an ID of its own (RFC 5452 §9)", async () => {
  const names = Array.from({ length: 20 }, (_, i) => `n${i}.test`);
  await using server = await startDnsServer();
  const { client, ...here } = world([server]);
  await Promise.all(names.map((name) => client.a(name, here.in())));
  assert.equal(new Set(server.queries.map(({ id }) => id)).size, names.length);
  assert.equal(new Set(server.queries.map(({ clientPort }) => clientPort)).size, names.length);
});

test("forged and malformed datagrams are as good as not there: the right answer wins", async () => {
  await using server = await startDnsServer(ZONE, { "mail.test": "forged-first" });
  const { client, ...here } = world([server]);
  check(await client.a("mail.test", here.in()), FOUND);
});

test("a forger who sends garbage alone does not end the wait before its time", async () => {
  await using server = await startDnsServer(ZONE, { "mail.test": "forged-only" });
  const { client, clock, ...here } = world([server]);
  let isOver = false;
  const answer = client.a("mail.test", here.in()).finally(() => {
    isOver = true;
  });
  await server.received(1);
  // Datagrams on the same machine are there before the answer to a later question is.
  await client.a("other.test", here.in());
  clock.advance(TIMEOUT_MS / 2);
  await server.received(3);
  await client.a("third.test", here.in());
  assert.equal(isOver, false);
  clock.advance(TIMEOUT_MS / 2);
  check(await answer, { kind: "unavailable", cause: "timed-out" });
});

test("datagrams of anybody but the server do not arrive", async () => {
  await using server = await startDnsServer(ZONE, { "mail.test": "held" });
  const { client, ...here } = world([server]);
  const answer = client.a("mail.test", here.in());
  await server.received(1);
  const [query] = server.queries;
  await using forger = await startDnsServer({ "mail.test": { A: ["203.0.113.66"] } });
  const octets = await forgedAnswer(forger, query?.id ?? 0);
  const stranger = createSocket("udp4");
  await new Promise((resolve) => stranger.send(octets, query?.clientPort, "127.0.0.1", resolve));
  stranger.close();
  server.release();
  check(await answer, FOUND);
});

/** What the forger would answer to that ID. */
async function forgedAnswer(forger: FakeDnsServer, id: number): Promise<Uint8Array> {
  const { encodeQuery } = await import("#protocol/dns/message.ts");
  const socket = createSocket("udp4");
  const [host, port] = forger.address.split(":");
  socket.send(encodeQuery(id, { name: "mail.test", type: "A" }, { edns: false }), Number(port), host);
  const [octets] = (await once(socket, "message")) as [Uint8Array];
  socket.close();
  return octets;
}

test("a lost datagram is sent again, and the late answer to either is taken", async () => {
  await using server = await startDnsServer(ZONE, { "*": "silence" });
  const { client, clock, ...here } = world([server]);
  const answer = client.a("mail.test", here.in());
  await server.received(1);
  server.misbehaviour = {};
  clock.advance(TIMEOUT_MS / 2);
  check(await answer, FOUND);
  assert.equal(new Set(server.queries.map(({ id }) => id)).size, 1);
});

test("a truncated answer is asked for again over TCP", async () => {
  const long = Array.from({ length: 60 }, (_, i) => `v=spf${i} ${"x".repeat(200)}`);
  await using server = await startDnsServer({ "mail.test": { TXT: long } }, { "*": "truncated" });
  const { client, ...here } = world([server]);
  check(await client.txt("mail.test", here.in()), { kind: "records", records: long });
  assert.deepEqual(
    server.queries.map(({ over }) => over),
    ["udp", "tcp"],
  );
});

test("a truncated answer is never taken for the whole, even when TCP stays silent", async () => {
  await using server = await startDnsServer(ZONE, { "*": "truncated-and-no-tcp" });
  const { client, clock, ...here } = world([server]);
  const answer = client.a("mail.test", here.in());
  await server.received(2);
  clock.advance(TIMEOUT_MS);
  check(await answer, { kind: "unavailable", cause: "timed-out" });
});

test("over TCP, too, only a whole answer to the question counts", async () => {
  await using server = await startDnsServer(ZONE);
  for (const [fault, cause] of [
    ["truncated-and-foreign-tcp", "malformed"],
    ["truncated-and-cut-tcp", "server-failure"],
  ] as const) {
    server.misbehaviour = { "*": fault };
    const { client, ...here } = world([server]);
    check(await client.a("mail.test", here.in()), { kind: "unavailable", cause });
  }
});

test("a huge TXT record is malformed, not memory", async () => {
  const huge = Array.from({ length: 200 }, () => "x".repeat(250));
  await using server = await startDnsServer({ "mail.test": { TXT: [huge] } }, { "*": "truncated" });
  const { client, ...here } = world([server]);
  check(await client.txt("mail.test", here.in()), { kind: "unavailable", cause: "malformed" });
});

test("a server that does not know EDNS is asked without it", async () => {
  await using server = await startDnsServer(ZONE, { "*": "no-edns" });
  const { client, ...here } = world([server]);
  check(await client.a("mail.test", here.in()), FOUND);
  assert.deepEqual(
    server.queries.map(({ edns }) => edns),
    [true, false],
  );
});

test("an error is never an answer: SERVFAIL, REFUSED and a referral say neither yes nor no", async () => {
  await using server = await startDnsServer(ZONE);
  for (const [fault, cause] of [
    ["servfail", "server-failure"],
    ["refused", "refused"],
    ["referral", "server-failure"],
  ] as const) {
    server.misbehaviour = { "*": fault };
    const { client, ...here } = world([server]);
    check(await client.a("mail.test", here.in()), { kind: "unavailable", cause });
  }
});

test("what one server cannot answer is asked of the next", async () => {
  await using good = await startDnsServer(ZONE);
  for (const fault of ["servfail", "refused", "referral"] as const) {
    await using bad = await startDnsServer({}, { "*": fault });
    const { client, ...here } = world([bad, good]);
    check(await client.a("mail.test", here.in()), FOUND);
  }
  const { client, ...here } = world([await closedPort(), good]);
  check(await client.a("mail.test", here.in()), FOUND);
});

test("no server at all is a failure at once, not a wait", async () => {
  const { client, ...here } = world([await closedPort()]);
  check(await client.a("mail.test", here.in()), { kind: "unavailable", cause: "server-failure" });
});

test("a silent server has its share of the time, not all of it", async () => {
  await using silent = await startDnsServer({}, { "*": "silence" });
  await using good = await startDnsServer(ZONE);
  const { client, clock, ...here } = world([silent, good]);
  const answer = client.a("mail.test", here.in());
  await silent.received(1);
  clock.advance(TIMEOUT_MS / 2);
  check(await answer, FOUND);
});

test("a server that stays silent is asked last, and first again when it had time to come back", async () => {
  await using silent = await startDnsServer({}, { "*": "silence" });
  await using good = await startDnsServer(ZONE);
  const { client, clock, log, ...here } = world([silent, good]);
  for (let i = 0; i < 3; i++) {
    const answer = client.a(`n${i}.test`, here.in());
    await silent.received(`n${i}.test`);
    clock.advance(TIMEOUT_MS / 2);
    check(await answer, { kind: "no-such-name" });
  }
  check(await client.a("mail.test", here.in()), FOUND);
  assert.ok(!silent.queries.some(({ name }) => name === "mail.test"));
  assert.deepEqual(
    log.lines.map(({ event }) => event),
    ["dns-server-silent"],
  );
  silent.misbehaviour = {};
  clock.advance(30_000);
  check(await client.a("elsewhere.test", here.in()), { kind: "no-such-name" });
  assert.deepEqual(log.lines.at(-1)?.event, "dns-server-answers-again");
});
