import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { checkHelo } from "./check-helo.ts";
import type { HeloEvidence, ReverseDnsEvidence } from "./evidence.ts";

const CLIENT = "192.0.2.5";
const OWN = { names: ["mx1.Postern.example"], addresses: ["198.51.100.1", "2001:db8:99::1"] };

interface Situation {
  readonly names?: FakeNames;
  readonly client?: string;
  readonly reverseDns?: Pick<ReverseDnsEvidence, "state" | "confirmedName">;
}

async function check(
  helo: string,
  expected: Partial<HeloEvidence>,
  { names = {}, client = CLIENT, reverseDns }: Situation = {},
): Promise<FakeResolver> {
  const resolver = new FakeResolver(names);
  const whole: ReverseDnsEvidence | undefined =
    reverseDns === undefined
      ? undefined
      : {
          client,
          pointer: { kind: "unavailable", cause: "refused" },
          names: [],
          namesLeftOut: 0,
          generic: undefined,
          ...reverseDns,
        };
  const evidence = await checkHelo({ helo, client, own: OWN, reverseDns: whole, resolver, deadlineMs: 3000 });
  assert.deepEqual({ ...evidence, ...expected }, evidence);
  assert.deepEqual(structuredClone(evidence), evidence);
  return resolver;
}

test("forms: a name, one label, a literal, a bare address, and what is none of them", async () => {
  await check("mail.example.com", { form: "name" });
  await check("MAIL_1.example.com", { form: "name" });
  await check("localhost", { form: "single-label", resolution: "not-asked", match: "not-asked" });
  await check("[192.0.2.5]", { form: "literal", address: { value: CLIENT, isPrivate: false, isClient: true } });
  await check("[IPv6:2001:DB8::5]", {
    form: "literal",
    address: { value: "2001:db8::5", isPrivate: false, isClient: false },
  });
  await check("192.0.2.5", { form: "bare-address", address: { value: CLIENT, isPrivate: false, isClient: true } });
  await check("2001:db8::5", { form: "bare-address" });
  for (const helo of ["192.0.2", "010.1.2.3"]) await check(helo, { form: "bare-address", address: undefined });
  for (const helo of [
    "",
    " ",
    "a..b",
    "-a.example",
    "mail.example.com.",
    "[192.0.2]",
    "[tag:x]",
    "a b",
    "<a>",
    "ex%ample",
  ]) {
    await check(helo, { form: "malformed", address: undefined, resolution: "not-asked" });
  }
});

test("only names are asked for, each for both families, by one deadline", async () => {
  const resolver = await check("mail.example.com", {});
  assert.deepEqual(resolver.asked, ["A mail.example.com", "AAAA mail.example.com"]);
  assert.ok(resolver.questions.every(({ deadlineMs }) => deadlineMs === 3000));
  for (const helo of ["localhost", "[192.0.2.5]", "192.0.2.5", "a..b"]) {
    assert.deepEqual((await check(helo, {})).asked, []);
  }
});

test("our own name or address in a stranger's mouth, however it is written", async () => {
  await check("MX1.postern.EXAMPLE", { claimsToBeUs: "name" });
  await check("[198.51.100.1]", { claimsToBeUs: "address" });
  await check("198.51.100.1", { claimsToBeUs: "address" });
  await check("[IPv6:2001:DB8:99:0::1]", { claimsToBeUs: "address" });
  await check("[IPv6:::ffff:198.51.100.1]", { claimsToBeUs: "address" });
  for (const helo of ["postern.example", "a.mx1.postern.example", "[192.0.2.5]", "", "localhost"]) {
    await check(helo, { claimsToBeUs: "no" });
  }
});

test("a program on this very host may say our name", async () => {
  await check("mx1.postern.example", { claimsToBeUs: "no" }, { client: "198.51.100.1" });
  await check("[198.51.100.1]", { claimsToBeUs: "no" }, { client: "::ffff:198.51.100.1" });
});

test("private and loopback literals are told from public ones", async () => {
  for (const [helo, value] of [
    ["[127.0.0.1]", "127.0.0.1"],
    ["[10.0.0.7]", "10.0.0.7"],
    ["[IPv6:fe80::1]", "fe80::1"],
    ["192.168.1.4", "192.168.1.4"],
  ] as const) {
    await check(helo, { address: { value, isPrivate: true, isClient: false } });
  }
});

test("a name resolves when either family has an address, and does not when the DNS says so for both", async () => {
  const helo = "mail.example.com";
  await check(helo, { resolution: "resolves" }, { names: { [helo]: { A: ["192.0.2.9"], AAAA: "timed-out" } } });
  await check(helo, { resolution: "resolves" }, { names: { [helo]: { AAAA: ["2001:db8::9"] } } });
  await check(helo, { resolution: "unresolvable", match: "differs" }, { names: { [helo]: {} } });
  await check(helo, { resolution: "unresolvable", match: "differs" });
});

test("an error is no evidence: what could not be asked is neither resolved nor unresolvable", async () => {
  const helo = "mail.example.com";
  for (const cause of ["timed-out", "server-failure", "refused", "overloaded"] as const) {
    await check(helo, { resolution: "not-checked", match: "not-checked" }, { names: { [helo]: cause } });
    await check(helo, { resolution: "not-checked", match: "not-checked" }, { names: { [helo]: { A: cause } } });
    const elsewhere = { names: { [helo]: { A: ["192.0.2.9"], AAAA: cause } } };
    await check(helo, { resolution: "resolves", match: "not-checked" }, elsewhere);
  }
});

test("the name leads to the client by its address, or by the client's confirmed name", async () => {
  const helo = "mail.example.com";
  const elsewhere = { [helo]: { A: ["192.0.2.9"] } };
  await check(helo, { match: "address" }, { names: { [helo]: { A: ["192.0.2.9", CLIENT] } } });
  await check(helo, { match: "address" }, { names: { [helo]: { AAAA: ["2001:db8::5"] } }, client: "2001:db8:0::5" });
  const confirmed = (confirmedName: string) =>
    ({ names: elsewhere, reverseDns: { state: "confirmed", confirmedName } }) as const;
  await check(helo, { match: "pointer" }, confirmed("mail.example.com"));
  await check(helo, { match: "pointer" }, confirmed("out-7.mail.example.com"));
  await check(helo, { match: "pointer" }, confirmed("mx.example.com"));
  await check(helo, { match: "differs" }, confirmed("mail.example.org"));
  await check("mail.example.co.uk", { match: "differs" }, confirmed("mail.other.co.uk"));
});

test("neighbours at one provider are not one owner", async () => {
  const reverseDns = { state: "confirmed", confirmedName: "bob.github.io" } as const;
  await check("alice.github.io", { match: "differs" }, { reverseDns });
});

test("a name that differs is not held against a client whose own name could not be checked", async () => {
  const names = { "mail.example.com": { A: ["192.0.2.9"] } };
  const notChecked = { state: "not-checked", confirmedName: undefined } as const;
  const noName = { state: "no-name", confirmedName: undefined } as const;
  await check("mail.example.com", { match: "not-checked" }, { names, reverseDns: notChecked });
  await check("mail.example.com", { match: "differs" }, { names, reverseDns: noName });
});

test("a name that a provider made is seen as generic", async () => {
  const helo = "192-0-2-5.dyn.example.net";
  await check(helo, { generic: { name: helo, weight: 3, signs: ["holds-the-address", "dynamic-word"] } });
});

test("nothing that a client says makes it throw", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.domain(), fc.ipV6(), fc.stringMatching(/^\[.{0,40}\]$/)),
      async (helo) => {
        await check(helo, { helo });
      },
    ),
    { numRuns: 300 },
  );
});
