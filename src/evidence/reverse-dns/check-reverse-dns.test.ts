import assert from "node:assert/strict";
import { test } from "node:test";
import { createDnsClient } from "#platform/dns/client.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { startDnsServer } from "../../../test/fakes/dns-server.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { checkReverseDns } from "./check-reverse-dns.ts";
import type { ReverseDnsEvidence } from "./evidence.ts";

const CLIENT = "192.0.2.5";

async function check(
  names: FakeNames,
  expected: Partial<ReverseDnsEvidence>,
  client = CLIENT,
): Promise<{ readonly evidence: ReverseDnsEvidence; readonly resolver: FakeResolver }> {
  const resolver = new FakeResolver(names);
  const evidence = await checkReverseDns({ client, resolver, deadlineMs: 3000 });
  assert.deepEqual({ ...evidence, ...expected }, evidence);
  assert.deepEqual(structuredClone(evidence), evidence);
  return { evidence, resolver };
}

test("a name that points back confirms", async () => {
  const { resolver } = await check(
    { [CLIENT]: { PTR: ["mail.example.com"] }, "mail.example.com": { A: [CLIENT] } },
    { state: "confirmed", confirmedName: "mail.example.com", namesLeftOut: 0, generic: undefined },
  );
  assert.deepEqual(resolver.asked, ["A mail.example.com", `PTR ${CLIENT}`]);
  assert.ok(resolver.questions.every(({ deadlineMs }) => deadlineMs === 3000));
});

test("one of several names is enough, and of several that confirm the least generic counts", async () => {
  const names = { "a.example.com": { A: ["192.0.2.9"] }, "b.example.com": { A: ["192.0.2.1", CLIENT] } };
  await check(
    { ...names, [CLIENT]: { PTR: ["a.example.com", "b.example.com"] } },
    { state: "confirmed", confirmedName: "b.example.com" },
  );
  const generic = { "192-0-2-5.dyn.example.net": { A: [CLIENT] } };
  await check(
    { ...names, ...generic, [CLIENT]: { PTR: ["192-0-2-5.dyn.example.net", "b.example.com"] } },
    { state: "confirmed", confirmedName: "b.example.com", generic: undefined },
  );
});

test("no PTR record is a fact: the name does not exist, or has no such record", async () => {
  await check({}, { state: "no-name", names: [] });
  await check({ [CLIENT]: {} }, { state: "no-name", names: [] });
});

test("names that do not point back, or have no address, do not confirm", async () => {
  const { evidence } = await check(
    {
      [CLIENT]: { PTR: ["a.example.com", "b.example.com", "c.example.com"] },
      "a.example.com": { A: ["192.0.2.9"] },
      "b.example.com": {},
    },
    { state: "not-confirmed", confirmedName: undefined },
  );
  assert.deepEqual(
    evidence.names.map(({ name, forward }) => [name, forward]),
    [
      ["a.example.com", "differs"],
      ["b.example.com", "no-address"],
      ["c.example.com", "no-address"],
    ],
  );
});

test("an error is neither: a resolver that fails costs nobody anything", async () => {
  for (const cause of ["timed-out", "server-failure", "refused", "overloaded", "malformed"] as const) {
    await check({ [CLIENT]: cause }, { state: "not-checked", generic: undefined });
    const forward = { [CLIENT]: { PTR: ["a.example.com", "b.example.com"] }, "a.example.com": { A: ["192.0.2.9"] } };
    await check({ ...forward, "b.example.com": cause }, { state: "not-checked" });
    // What is certain stays certain.
    await check(
      { ...forward, "a.example.com": cause, "b.example.com": { A: [CLIENT] } },
      { state: "confirmed", confirmedName: "b.example.com" },
    );
  }
});

test("ten names are followed, always the same ones, and the rest confirms nothing", async () => {
  const PTR = Array.from({ length: 14 }, (_, i) => `n${String(i).padStart(2, "0")}.example.com`);
  const last = { "n13.example.com": { A: [CLIENT] } };
  for (const order of [PTR, PTR.toReversed()]) {
    const { resolver } = await check(
      { [CLIENT]: { PTR: order }, ...last },
      { state: "not-confirmed", namesLeftOut: 4 },
    );
    assert.equal(resolver.questions.length, 11);
  }
});

test("what is no host name is not asked for", async () => {
  const PTR = [
    "",
    "localhost",
    "192.0.2.5",
    "a b.example.com",
    "x..example.com",
    "<script>.example.com",
    "-a.example.com",
  ];
  const { resolver, evidence } = await check({ [CLIENT]: { PTR } }, { state: "not-confirmed" });
  assert.equal(resolver.questions.length, 1);
  assert.ok(evidence.names.every(({ forward }) => forward === "not-a-host-name"));
});

test("a name with an underscore is against the rules, and confirms", async () => {
  await check(
    { [CLIENT]: { PTR: ["mail_1.example.com"] }, "mail_1.example.com": { A: [CLIENT] } },
    { state: "confirmed" },
  );
});

test("an IPv6 address is confirmed by AAAA, in whatever form the client's address came", async () => {
  const { resolver } = await check(
    { "2001:db8::5": { PTR: ["mail.example.com"] }, "mail.example.com": { A: [CLIENT], AAAA: ["2001:db8::5"] } },
    { state: "confirmed", client: "2001:db8::5" },
    "2001:DB8:0::5",
  );
  assert.deepEqual(resolver.asked, ["AAAA mail.example.com", "PTR 2001:db8::5"]);
  await check(
    { [CLIENT]: { PTR: ["mail.example.com"] }, "mail.example.com": { A: [CLIENT] } },
    { state: "confirmed", client: CLIENT },
    "::ffff:192.0.2.5",
  );
});

test("a name made from the address is generic, confirmed or not; one good name among them excuses", async () => {
  const name = "192-0-2-5.dyn.example.net";
  const generic = { name, weight: 3, signs: ["holds-the-address", "dynamic-word"] as const };
  await check({ [CLIENT]: { PTR: [name] }, [name]: { A: [CLIENT] } }, { state: "confirmed", generic });
  await check({ [CLIENT]: { PTR: [name] } }, { state: "not-confirmed", generic });
  await check({ [CLIENT]: { PTR: [name, "mail.example.com"] } }, { state: "not-confirmed", generic: undefined });
});

test("through the real client: a reverse zone handed on by CNAMEs, slash and all (RFC 2317)", async () => {
  await using server = await startDnsServer({
    "5.2.0.192.in-addr.arpa": { CNAME: "5.0/25.2.0.192.in-addr.arpa", ttl: 100 },
    "5.0/25.2.0.192.in-addr.arpa": { PTR: ["Mail.Example.COM"] },
    "mail.example.com": { A: [CLIENT] },
  });
  for (const fault of [undefined, "one-alias-a-time"] as const) {
    server.misbehaviour = fault === undefined ? {} : { "5.2.0.192.in-addr.arpa": fault };
    const clock = new FakeClock();
    const resolver = createDnsClient({
      servers: [server.address],
      clock,
      random: new FakeRandom(),
      log: new FakeLog(),
      timeoutMs: 3000,
    });
    const evidence = await checkReverseDns({ client: CLIENT, resolver, deadlineMs: 3000 });
    assert.equal(evidence.confirmedName, "mail.example.com");
    assert.ok(evidence.pointer.kind === "records" && evidence.pointer.ttlSeconds === 100);
  }
});
