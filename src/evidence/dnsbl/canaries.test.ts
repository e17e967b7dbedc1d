import assert from "node:assert/strict";
import { test } from "node:test";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { askCanaries, type CanaryResult } from "./canaries.ts";
import { dnsLists } from "./settings.ts";

const RANDOM = "k7x2m9q4w1";
const LISTED = "2.0.0.127.zen.spamhaus.org";
const UNLISTED = "1.0.0.127.zen.spamhaus.org";
const IPV6_LISTED = "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.spamhaus.org";
const IPV6_UNLISTED = `1${IPV6_LISTED.slice(1)}`;
const YES = { A: ["127.0.0.2"] };

async function check(names: FakeNames, expected: CanaryResult, profile = "spamhaus-zen"): Promise<FakeResolver> {
  const lists = dnsLists([{ profile, key: "", kind: "address", answers: {} }]);
  assert.ok(lists.ok && lists.value[0]);
  const resolver = new FakeResolver(names);
  assert.deepEqual(await askCanaries(lists.value[0], { resolver, deadlineMs: 1000, randomLabel: RANDOM }), expected);
  return resolver;
}

test("test entries of both families and a random name are asked for (RFC 5782 §5)", async () => {
  const resolver = await check({ [LISTED]: YES, [IPV6_LISTED]: YES }, { kind: "healthy", ipv6: true });
  assert.deepEqual(
    resolver.questions.map(({ name }) => name),
    [LISTED, UNLISTED, `${RANDOM}.zen.spamhaus.org`, IPV6_LISTED, IPV6_UNLISTED],
  );
});

test("without the IPv6 test entry the list is healthy for IPv4", async () => {
  await check({ [LISTED]: YES }, { kind: "healthy", ipv6: false });
  await check({ [LISTED]: YES, [IPV6_LISTED]: "timed-out" }, { kind: "healthy", ipv6: false });
});

test("an answer for a random name or for what must not be there is a list of the world, in either family", async () => {
  for (const name of [`${RANDOM}.zen.spamhaus.org`, UNLISTED, IPV6_UNLISTED]) {
    await check({ [LISTED]: YES, [name]: YES }, { kind: "lists-the-world" });
    await check({ [LISTED]: "timed-out", [name]: YES }, { kind: "lists-the-world" });
    await check({ [name]: YES }, { kind: "lists-the-world" });
  }
});

test("a refusal tells more than everything else", async () => {
  const refusal = { kind: "refuses-us", refusal: "public-resolver", answers: ["127.255.255.254"] } as const;
  const NO = { A: ["127.255.255.254"] };
  await check({ [LISTED]: NO, [UNLISTED]: NO, [`${RANDOM}.zen.spamhaus.org`]: NO }, refusal);
  await check({ [LISTED]: YES, [UNLISTED]: NO }, refusal);
  await check({ [LISTED]: "timed-out", [UNLISTED]: NO }, refusal);
});

test("a wildcard of whoever bought the domain is a refusal: outside 127/8", async () => {
  const parked = { A: ["91.195.240.117"] };
  await check(
    { [LISTED]: parked, [UNLISTED]: parked },
    { kind: "refuses-us", refusal: "outside-127", answers: ["91.195.240.117"] },
  );
});

test("an error says nothing about the list, neither that it is dead nor that it is well", async () => {
  for (const cause of ["timed-out", "server-failure", "refused", "overloaded"] as const) {
    await check({ [LISTED]: cause }, { kind: "could-not-check" });
    await check({ [LISTED]: YES, [UNLISTED]: cause }, { kind: "could-not-check" });
  }
});

test("lists of links have test points of their own", async () => {
  await check({ "test.uribl.com.multi.uribl.com": { A: ["127.0.0.14"] } }, { kind: "healthy", ipv6: false }, "uribl");
  await check({}, { kind: "dead" }, "surbl");
});
