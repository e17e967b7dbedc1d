/** Our own table of DMARC: who aligns with whom, which policy holds, and what is known when the DNS fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type FakeNames, FakeResolver } from "../../../test/fakes/resolver.ts";
import type { ArcEvidence } from "../arc/evidence.ts";
import { parseClaims } from "../authentication-results/parse-claims.ts";
import type { SignatureEvidence } from "../dkim/evidence.ts";
import type { SpfEvidence } from "../spf/evidence.ts";
import { authorOf } from "./author.ts";
import { evaluateDmarc } from "./evaluate-dmarc.ts";
import type { DmarcEvidence } from "./evidence.ts";
import { PolicyTree } from "./tree-walk.ts";

interface Message {
  readonly from: string;
  /** Domains whose signatures pass. */
  readonly dkim?: readonly string[];
  /** Domain for which SPF passes. */
  readonly spf?: string;
  readonly arc?: ArcEvidence;
  readonly trustedSealers?: readonly string[];
}

async function check(names: FakeNames, message: Message, expected: Partial<DmarcEvidence>): Promise<DmarcEvidence> {
  const resolver = new FakeResolver(names);
  const dmarc = await evaluateDmarc({
    author: authorOf(message.from),
    spf: message.spf === undefined ? null : ({ result: "pass", domain: message.spf } as SpfEvidence),
    dkim: (message.dkim ?? []).map(
      (domain) => ({ result: "pass", domain, unsignedBodyOctets: 0 }) as SignatureEvidence,
    ),
    arc: message.arc ?? { result: "none", problem: undefined, sets: [] },
    trustedSealers: message.trustedSealers ?? [],
    tree: new PolicyTree(resolver, { deadlineMs: 3000 }),
  });
  assert.deepEqual({ ...dmarc, ...expected }, dmarc);
  assert.deepEqual(structuredClone(dmarc), dmarc);
  return dmarc;
}

function zone(records: Readonly<Record<string, string>>): FakeNames {
  return Object.fromEntries(Object.entries(records).map(([name, text]) => [`_dmarc.${name}`, { TXT: [text] }]));
}

async function checkRecord(text: string | readonly string[], expected: Partial<DmarcEvidence>): Promise<DmarcEvidence> {
  return await check({ "_dmarc.example.com": { TXT: [text].flat() } }, { from: "a@example.com" }, expected);
}

const REJECT = zone({ "example.com": "v=DMARC1; p=reject" });

test("who aligns with whom, by the organizational domain", async () => {
  const table: readonly (readonly [from: string, authenticated: string, aligns: boolean])[] = [
    ["a@example.com", "example.com", true],
    ["a@example.com", "mail.example.com", true],
    ["a@news.example.com", "example.com", true],
    ["a@news.example.com", "mail.example.com", true],
    ["a@EXAMPLE.com", "example.com", true],
    ["a@example.com", "example.org", false],
    ["a@example.com", "notexample.com", false],
    ["a@example.com", "com", false],
    ["a@example.com", "example.com.evil.example", false],
  ];
  for (const [from, domain, aligns] of table) {
    const expected = {
      result: aligns ? "pass" : "fail",
      policy: "reject",
      organizationalDomain: "example.com",
    } as const;
    await check(REJECT, { from, dkim: [domain] }, expected);
    await check(REJECT, { from, spf: domain }, expected);
  }
});

test("strict alignment wants the very domain, for each method by its own tag", async () => {
  const names = zone({ "example.com": "v=DMARC1; p=reject; adkim=s; aspf=r" });
  await check(names, { from: "a@example.com", dkim: ["mail.example.com"] }, { result: "fail" });
  await check(names, { from: "a@example.com", dkim: ["example.com"] }, { result: "pass" });
  await check(names, { from: "a@example.com", spf: "mail.example.com" }, { result: "pass" });
});

test("public suffixes that say so part their customers from each other (RFC 9989 §4.7 psd)", async () => {
  const names = zone({ example: "v=DMARC1; p=none; psd=y", "bank.example": "v=DMARC1; p=reject" });
  const bank = { organizationalDomain: "bank.example", policy: "reject" } as const;
  await check(names, { from: "a@bank.example", dkim: ["shop.example"] }, { ...bank, result: "fail" });
  await check(names, { from: "a@bank.example", dkim: ["mail.bank.example"] }, { ...bank, result: "pass" });
  await check(
    names,
    { from: "a@shop.example" },
    { result: "fail", policy: "none", organizationalDomain: "shop.example" },
  );
  const own = zone({ "example.com": "v=DMARC1; p=reject", "unit.example.com": "v=DMARC1; p=quarantine; psd=n" });
  await check(own, { from: "a@unit.example.com", dkim: ["example.com"] }, { result: "fail", policy: "quarantine" });
  await check(own, { from: "a@unit.example.com", dkim: ["x.unit.example.com"] }, { result: "pass" });
});

test("a domain that is on the public suffix list itself aligns with itself (R40)", async () => {
  const names = zone({ "github.io": "v=DMARC1; p=reject" });
  await check(names, { from: "a@github.io", dkim: ["github.io"] }, { result: "pass" });
  await check({}, { from: "a@github.io", dkim: ["github.io"] }, { result: "none" });
});

test("the policy of a subdomain: its own, sp, np where it does not exist, or p", async () => {
  const names = {
    ...zone({ "example.com": "v=DMARC1; p=none; sp=quarantine; np=reject", "own.example.com": "v=DMARC1; p=none" }),
    "there.example.com": { A: ["192.0.2.1"] },
    "empty.example.com": {},
    "dark.example.com": "timed-out",
  } satisfies FakeNames;
  await check(names, { from: "a@example.com" }, { result: "fail", policy: "none" });
  await check(names, { from: "a@own.example.com" }, { result: "fail", policy: "none" });
  await check(names, { from: "a@there.example.com" }, { result: "fail", policy: "quarantine" });
  await check(names, { from: "a@empty.example.com" }, { result: "fail", policy: "quarantine" });
  await check(names, { from: "a@gone.example.com" }, { result: "fail", policy: "reject" });
  await check(names, { from: "a@dark.example.com" }, { result: "temperror", policy: "unknown", failure: "timed-out" });
  await check(names, { from: "a@dark.example.com", dkim: ["example.com"] }, { result: "pass" });
});

test("t=y asks for one step less", async () => {
  for (const [policy, inEffect] of [
    ["reject", "quarantine"],
    ["quarantine", "none"],
    ["none", "none"],
  ] as const) {
    const { record } = await check(
      zone({ "example.com": `v=DMARC1; p=${policy}; t=y` }),
      { from: "a@example.com" },
      { result: "fail", policy: inEffect },
    );
    assert.deepEqual([record?.p, record?.isTesting, record?.differsForOldReaders], [policy, true, true]);
  }
});

test("what counts as a record (RFC 9989 §4.7, §4.10.1)", async () => {
  await checkRecord("v=DMARC1;p=reject", { policy: "reject" });
  await checkRecord("V = DMARC1 ; p = REJECT", { policy: "reject" });
  await checkRecord("v=DMARC1; unknown; x=y; p=reject", { policy: "reject" });
  await checkRecord(["unrelated", "v=DMARC1; p=reject"], { policy: "reject" });
  await checkRecord("v=DMARC1; rua=mailto:a@example.com", { policy: "none", result: "fail" });
  await checkRecord("v=DMARC1; p=rejct; rua=mailto:a@example.com", { policy: "none", result: "fail" });
  await checkRecord("v=DMARC1; p=reject; sp=?; rua=nobody", { policy: "none", result: "none" });
  for (const text of ["v=DMARC1", "v=dmarc1; p=reject", "v=DMARC2; p=reject", "p=reject; v=DMARC1"]) {
    await checkRecord(text, { policy: "none", result: "none", record: undefined });
  }
  await checkRecord("v=DMARC1; p=none; p=reject", { result: "none" });
  const { walk } = await checkRecord(["v=DMARC1; p=none", "v=DMARC1; p=reject"], { result: "none" });
  assert.deepEqual(walk[0], { name: "_dmarc.example.com", answer: "ignored" });
});

test("an error of the DNS is no domain without a policy", async () => {
  for (const failure of ["timed-out", "server-failure", "refused"] as const) {
    const names = { "_dmarc.example.com": failure } as const;
    const unknown = { result: "temperror", policy: "unknown", record: undefined, failure } as const;
    await check(names, { from: "a@example.com" }, unknown);
    await check(names, { from: "a@example.com", dkim: ["example.com"] }, unknown);
    await check(names, { from: "a@news.example.com" }, unknown);
    // The author's own record is known; what it may be aligned with is not.
    const above = { ...REJECT, "_dmarc.com": failure } as const;
    await check(above, { from: "a@example.com", dkim: ["example.com"] }, { result: "pass" });
    await check(
      above,
      { from: "a@example.com", dkim: ["mail.example.com"] },
      { result: "temperror", policy: "reject" },
    );
    await check(above, { from: "a@example.com", dkim: ["example.org"] }, { result: "fail", policy: "reject" });
  }
});

test("without one author there is nobody to ask: never a pass, never a domain without a policy", async () => {
  for (const [from, kind] of [
    ["", "none"],
    ["undisclosed:;", "none"],
    ["a@example.com, b@example.com", "several-addresses"],
    ["<a@example.com> <b@example.org>", "malformed"],
    ["a@[192.0.2.1]", "malformed"],
  ] as const) {
    const expected = { result: "permerror", policy: "unknown" } as const;
    const { author, walk } = await check(REJECT, { from, dkim: ["example.com"], spf: "example.com" }, expected);
    assert.deepEqual([author.kind, walk.length], [kind, 0]);
  }
});

test("one walk asks eight names at most, and each name once", async () => {
  const long = Array.from({ length: 30 }, (_, index) => `l${index}`).join(".");
  const { walk } = await check(
    {},
    { from: `a@${long}.example.com`, dkim: [`x.${long}.example.com`] },
    { result: "none" },
  );
  assert.equal(walk.length, 8);
  assert.equal(walk[1]?.name.split(".").length, 8);
  const many = Array.from({ length: 40 }, (_, index) => `s${index}.example.com`);
  const { walk: questions, dkim } = await check(REJECT, { from: "a@example.com", dkim: many }, { result: "pass" });
  assert.equal(dkim.filter(({ state }) => state === "not-checked").length, 30);
  assert.equal(new Set(questions.map(({ name }) => name)).size, questions.length);
});

function chain(sealers: readonly string[], firstClaims: string, result: ArcEvidence["result"] = "pass"): ArcEvidence {
  const sets = sealers.map((sealer, index) => ({
    instance: index + 1,
    sealer,
    selector: "s",
    claims: parseClaims(index === 0 ? firstClaims : "i=2; mx; dmarc=fail"),
  }));
  return { result, problem: undefined, sets };
}

test("p=reject with a chain: only trusted sealers, all of them, that saw the author's domain pass", async () => {
  const failing = { from: "a@example.com", dkim: ["list.example"], trustedSealers: ["list.example", "relay.example"] };
  const expect = async (arc: ArcEvidence, kind: DmarcEvidence["arc"]["kind"]): Promise<void> => {
    const dmarc = await check(REJECT, { ...failing, arc }, { result: "fail", policy: "reject" });
    assert.equal(dmarc.arc.kind, kind);
  };
  const saw = "i=1; mx.list.example; dmarc=pass (p=reject) header.from=example.com";
  await expect(chain(["list.example"], saw), "vouched");
  await expect(chain(["list.example", "relay.example"], saw), "vouched");
  await expect(chain(["list.example"], "i=1; mx; dkim=pass header.d=example.com"), "vouched");
  await expect(chain(["stranger.example"], saw), "untrusted");
  await expect(chain(["stranger.example", "list.example"], saw), "untrusted");
  await expect(chain(["list.example"], saw, "fail"), "no-chain");
  await expect(chain(["list.example"], "i=1; mx; dmarc=fail header.from=example.com"), "trusted-without-proof");
  await expect(chain(["list.example"], "i=1; mx; dmarc=pass header.from=other.example"), "trusted-without-proof");
  await expect(chain(["list.example"], "i=1; mx; dkim=pass header.d=other.example"), "trusted-without-proof");
  await expect(chain(["list.example"], 'i=1; mx; spf=pass smtp.mailfrom="dmarc=pass"'), "trusted-without-proof");
  await expect(
    chain(["list.example"], "i=1; mx; none (; dmarc=pass header.from=example.com;)"),
    "trusted-without-proof",
  );
  await expect({ result: "none", problem: undefined, sets: [] }, "no-chain");
});

test("no record and no domain makes it throw", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.oneof(fc.string(), fc.domain()), fc.string(), async (text, domain, from) => {
      const names = { "_dmarc.example.com": { TXT: [`v=DMARC1; p=reject;${text}`] } };
      await check(names, { from: "a@example.com", dkim: [domain], spf: domain }, {});
      await check(names, { from, dkim: [domain] }, {});
    }),
    { numRuns: 200 },
  );
});
