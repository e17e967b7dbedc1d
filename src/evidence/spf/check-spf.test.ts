import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import { renderSpfRecord, renderSpfTree } from "../../verdict/spf-tree.ts";
import { checkSpf, walkSpf } from "./check-spf.ts";
import type { SpfEvidence } from "./evidence.ts";

interface Envelope {
  readonly client?: string;
  readonly helo?: string;
  readonly mailFrom?: string;
}

interface Checked {
  readonly spf: SpfEvidence;
  readonly resolver: FakeResolver;
}

const CLIENT = "192.0.2.5";

/** @param record of the sender's domain, or a whole zone. */
async function check(
  record: string | FakeNames,
  expected: Partial<SpfEvidence>,
  envelope: Envelope = {},
): Promise<Checked> {
  const names = typeof record === "string" ? { "example.com": { TXT: [record] } } : record;
  const resolver = new FakeResolver(names);
  const spf = await checkSpf({
    client: envelope.client ?? CLIENT,
    helo: envelope.helo ?? "mail.example.com",
    mailFrom: envelope.mailFrom ?? "alice@example.com",
    receiver: "mx.receiver.example",
    nowSeconds: 1_700_000_000,
    resolver,
    deadlineMs: 3000,
  });
  assert.deepEqual({ ...spf, ...expected }, spf);
  assert.deepEqual(JSON.parse(JSON.stringify(spf)), JSON.parse(JSON.stringify(structuredClone(spf))));
  assert.ok(resolver.questions.every(({ deadlineMs }) => deadlineMs === 3000));
  return { spf, resolver };
}

test("MAIL FROM is checked, and HELO for the null reverse-path (RFC 7208 §2.4)", async () => {
  const zone = { "example.com": { TXT: ["v=spf1 -all"] }, "mail.example.com": { TXT: ["v=spf1 a -all"], A: [CLIENT] } };
  await check(zone, { result: "fail", identity: "mail-from", domain: "example.com", sender: "alice@example.com" });
  await check(
    zone,
    { result: "pass", identity: "helo", domain: "mail.example.com", sender: "postmaster@mail.example.com" },
    { mailFrom: "" },
  );
});

test("a name in capitals, with a final dot, or beyond ASCII is the same domain", async () => {
  const zone = { "xn--bcher-kva.example": { TXT: ["v=spf1 +ip4:192.0.2.5 -all"] } };
  for (const domain of ["xn--BCHER-kva.example", "bücher.example", "BÜCHER.example"]) {
    await check(zone, { result: "pass", domain: "xn--bcher-kva.example" }, { mailFrom: `alice@${domain}` });
  }
  await check(zone, { result: "pass" }, { mailFrom: "", helo: "xn--bcher-kva.example." });
});

test("an IPv4 client in IPv6 clothes is that IPv4 client", async () => {
  await check("v=spf1 ip4:192.0.2.5 -all", { result: "pass", client: CLIENT }, { client: "::ffff:192.0.2.5" });
});

test("an error of the DNS is a temperror at every place, never a record that is not there", async () => {
  const record = { TXT: ["v=spf1 include:a.example mx:b.example a:c.example exists:d.example redirect=e.example"] };
  for (const failure of [
    "timed-out",
    "server-failure",
    "refused",
    "malformed",
    "too-many-aliases",
    "overloaded",
  ] as const) {
    const temporary = { result: "temperror", problem: { kind: "dns", failure } } as const;
    const { spf } = await check({ "example.com": failure }, { result: "temperror" });
    assert.deepEqual({ ...spf.problem, text: "" }, { ...temporary.problem, text: "" });
    for (const name of ["a.example", "b.example", "c.example", "d.example", "e.example"]) {
      const fine = { TXT: ["v=spf1 ?all"], A: ["203.0.113.1"], MX: [{ preference: 1, exchange: "a.example" }] };
      const others = Object.fromEntries(["a", "b", "c", "e"].map((label) => [`${label}.example`, fine]));
      const { spf: found } = await check(
        { ...others, "example.com": record, [name]: failure },
        { result: "temperror" },
      );
      assert.equal(found.problem?.failure, failure);
    }
  }
});

test("IPv6 with three hosts that have IPv4 alone is three voids: a permerror, as RFC 7208 §4.6.4 counts (R30)", async () => {
  const record = "v=spf1 a:one.example a:two.example a:three.example -all";
  const hosts = ["one", "two", "three"].map((name) => [`${name}.example`, { A: ["203.0.113.1"] }]);
  const zone: FakeNames = { "example.com": { TXT: [record] }, ...Object.fromEntries(hosts) };
  await check(zone, { result: "fail", voids: 0 });
  const { spf } = await check(zone, { result: "permerror", voids: 3 }, { client: "2001:db8::5" });
  assert.equal(spf.problem?.kind, "too-many-voids");
});

test("macros of a HELO that is empty or a literal end in a defined result (R31)", async () => {
  const record = "v=spf1 include:%{i}._ip.%{h}._ehlo.%{d}._spf.example.com -all";
  for (const helo of ["", "[192.0.2.5]", "[IPv6:2001:db8::1]", ".", "a..b", "x".repeat(300)]) {
    const { spf } = await check(record, { result: "permerror" }, { helo });
    assert.equal(spf.problem?.kind, "no-record-there");
    await check("v=spf1 exists:%{i}._ip.%{h}._ehlo.%{d} -all", { result: "fail" }, { helo });
  }
});

test("the transformer keeps what a delimiter that is not there does not part (R32)", async () => {
  for (const [localPart, expanded] of [
    ["strong", "strong"],
    ["strong-bad", "strong"],
    ["a-b-c", "a"],
  ] as const) {
    const { resolver } = await check(
      "v=spf1 exists:%{l1r-}.lp.example.com -all",
      {},
      { mailFrom: `${localPart}@example.com` },
    );
    assert.ok(resolver.asked.includes(`A ${expanded}.lp.example.com`));
  }
});

test("the examples of RFC 7208 §7.4", async () => {
  const mailFrom = "strong-bad@email.example.com";
  const expansions = {
    "%{d4}": "email.example.com",
    "%{d2}": "example.com",
    "%{dr}": "com.example.email",
    "%{d2r}": "example.email",
    "%{l}": "strong-bad",
    "%{l-}": "strong.bad",
    "%{lr-}": "bad.strong",
    "%{l1r-}": "strong",
    "%{ir}.%{v}._spf.%{d2}": "3.2.0.192.in-addr._spf.example.com",
  };
  for (const [macro, expanded] of Object.entries(expansions)) {
    const zone = { "email.example.com": { TXT: [`v=spf1 exists:${macro}.x.example -all`] } };
    const { resolver } = await check(zone, { result: "fail" }, { mailFrom, client: "192.0.2.3" });
    assert.ok(resolver.asked.includes(`A ${expanded}.x.example`), macro);
  }
});

test("a host with both families matches by the one of the client (R33)", async () => {
  const zone = { "example.com": { TXT: ["v=spf1 a -all"], A: ["203.0.113.1"], AAAA: ["2001:db8::5"] } };
  await check(zone, { result: "pass", voids: 0, lookups: 1 }, { client: "2001:db8::5" });
  await check(zone, { result: "fail" });
});

test("the tree that is shown carries the running count of the evaluation, included records among it (R34)", async () => {
  const zone = {
    "example.com": { TXT: ["v=spf1 a:one.example include:two.example ?exists:%{d}.no.example ~all exp=why.example"] },
    "one.example": { A: ["203.0.113.1"] },
    "two.example": {
      TXT: ["v=spf1 mx -ip4:192.0.2.0/24 include:never.example"],
      MX: [{ preference: 5, exchange: "one.example" }],
    },
  };
  const { spf } = await check(zone, { result: "softfail", lookups: 4, voids: 1 });
  assert.deepEqual(renderSpfTree(spf), [
    "spf=softfail for mail-from example.com, client 192.0.2.5 by “~all” of example.com (4 of 10 look-ups, 1 of 2 without an answer)",
    "  example.com: v=spf1 a:one.example include:two.example ?exists:%{d}.no.example ~all exp=why.example → softfail",
    "    · a:one.example [1]",
    "        A one.example: 203.0.113.1",
    "    · include:two.example [3]",
    "      two.example: v=spf1 mx -ip4:192.0.2.0/24 include:never.example → fail",
    "        · mx [3]",
    "            MX two.example: 5 one.example",
    "            A one.example: 203.0.113.1",
    "        ✓ -ip4:192.0.2.0/24",
    "          include:never.example (not-reached)",
    "    · ?exists:%{d}.no.example [4]",
    "        A example.com.no.example: no-such-name",
    "    ✓ ~all",
    "      exp=why.example (modifier)",
  ]);
});

test("a walk shows the whole record and counts past the limit, by the same evaluator (R34)", async () => {
  const includes = Array.from({ length: 12 }, (_, index) => `include:i${index}.example`);
  const zone: FakeNames = {
    "example.com": { TXT: [`v=spf1 ${includes.join(" ")} -all`] },
    ...Object.fromEntries(
      includes.map((term) => [term.slice("include:".length), { TXT: ["v=spf1 ip4:192.0.2.1 ?all"] }]),
    ),
  };
  await check(zone, { result: "permerror", lookups: 11 });
  const options = {
    resolver: new FakeResolver(zone),
    deadlineMs: 1,
    receiver: "mx.example",
    nowSeconds: 1,
    family: 4,
  } as const;
  const tree = await walkSpf("example.com", options);
  assert.equal(tree.terms.at(-1)?.lookups, 12);
  const lines = renderSpfRecord(tree);
  assert.ok(lines.includes("    · include:i9.example [10]"));
  assert.ok(lines.includes("    · include:i10.example [11, over the limit of 10]"));
});

test("a record that passes everybody is told, wherever it says so", async () => {
  await check("v=spf1 +all", { passesEverybody: true });
  await check("v=spf1 ip4:192.0.2.5 all", { passesEverybody: true });
  await check("v=spf1 ip4:0.0.0.0/0 -all", { passesEverybody: true });
  await check("v=spf1 ip6:::/0 -all", { passesEverybody: true });
  await check("v=spf1 -all +all", { passesEverybody: false });
  await check("v=spf1 ?all", { passesEverybody: false });
  const open = { "open.example": { TXT: ["v=spf1 +all"] } };
  await check({ ...open, "example.com": { TXT: ["v=spf1 include:open.example -all"] } }, { passesEverybody: true });
  await check({ ...open, "example.com": { TXT: ["v=spf1 redirect=open.example"] } }, { passesEverybody: true });
  await check({ ...open, "example.com": { TXT: ["v=spf1 -include:open.example -all"] } }, { passesEverybody: false });
});

test("loops and forks of records end at the tenth look-up", async () => {
  const loop = { "example.com": { TXT: ["v=spf1 include:example.com -all"] } };
  const { resolver } = await check(loop, { result: "permerror", lookups: 11 });
  assert.equal(resolver.questions.length, 11);
  const fork = { "example.com": { TXT: ["v=spf1 include:example.com include:example.com redirect=example.com"] } };
  const { spf } = await check(fork, { result: "permerror" });
  assert.equal(spf.problem?.kind, "too-many-lookups");
});

test("more hosts than ten are refused, none of them asked for", async () => {
  const exchanges = Array.from({ length: 11 }, (_, index) => ({ preference: index, exchange: `mx${index}.example` }));
  const { resolver, spf } = await check(
    { "example.com": { TXT: ["v=spf1 mx -all"], MX: exchanges } },
    { result: "permerror" },
  );
  assert.equal(spf.problem?.kind, "too-many-exchanges");
  assert.equal(resolver.questions.length, 2);
});

test("the local-part is told only where it took part (RFC 8601 §2.7.2)", async () => {
  await check("v=spf1 exists:%{l}.x.example -all", { usesLocalPart: true });
  await check("v=spf1 exists:%{o}.x.example -all", { usesLocalPart: false });
  // RFC 8616 §4: such a term finds nothing, not even where escapes would make a name of it.
  for (const macro of ["%{l}", "%{L}", "%{S}"]) {
    const record = `v=spf1 exists:${macro}.x.example ?all`;
    const { resolver } = await check(record, { result: "neutral" }, { mailFrom: "ä@example.com" });
    assert.equal(resolver.questions.length, 1);
  }
});

test("records of thousands of terms are evaluated whole and shown in part", async () => {
  const many = Array.from({ length: 5000 }, (_, index) => `ip4:10.${index >> 8}.${index & 255}.1`).join(" ");
  const { spf } = await check(`v=spf1 ${many} ip4:192.0.2.5 -all`, { result: "pass" });
  assert.deepEqual(spf.matched, { domain: "example.com", term: "ip4:192.0.2.5" });
  assert.equal(spf.tree?.terms.at(-1)?.outcome, "match");
  assert.equal(spf.tree.terms.length + spf.tree.termsLeftOut, 5002);
  assert.ok(JSON.stringify(spf).length < 20_000);
});

test("nothing that a client says or a domain publishes makes it throw, or ask without bound", async () => {
  const terms = fc.constantFrom(
    "a",
    "mx",
    "ptr",
    "+all",
    "-all",
    "include:%{d}",
    "include:%{p}.%{d}",
    "exists:%{S}.%{h}",
    "exists:%{ir}.%{l4r+-}._x.%{d2}",
    "redirect=%{d}",
    "exp=%{d}",
    "a:%{d}/24//64",
    "ip4:192.0.2.0/24",
    "ip6:::1.2.3.4/0",
    "x=%{t}",
    "%",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 4, arbitrary: terms }, { weight: 1, arbitrary: fc.string() }), { maxLength: 12 }),
      fc.oneof(fc.string(), fc.domain()),
      fc.oneof(fc.constantFrom("a@example.com", "@example.com", ""), fc.string(), fc.emailAddress()),
      fc.constantFrom(CLIENT, "2001:db8::5", "nonsense", ""),
      async (list, helo, mailFrom, client) => {
        const records = {
          TXT: [`v=spf1 ${list.join(" ")}`],
          A: ["192.0.2.9"],
          PTR: ["example.com"],
          MX: Array.from({ length: 10 }, () => ({ preference: 1, exchange: "example.com" })),
        };
        const zone = { "example.com": records, [CLIENT]: { PTR: ["example.com"] } };
        const { resolver } = await check(zone, {}, { helo, mailFrom, client });
        // Ten terms of at most eleven questions each, the record itself, and an explanation.
        assert.ok(resolver.questions.length <= 135);
      },
    ),
    { numRuns: 300 },
  );
});
