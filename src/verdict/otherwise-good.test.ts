import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import { asked, evidence, helo, listed, policy, reverseDns } from "../../test/fakes/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { otherwiseGood } from "./otherwise-good.ts";

function check(changes: Partial<Evidence>, expected: boolean): void {
  const good = { reverseDns: reverseDns("confirmed"), helo: helo(), dnsbl: { findings: [listed(4, { list: "a" })] } };
  assert.equal(otherwiseGood(evidence({ ...good, ...changes }), policy())("a"), expected);
}

test("good is who has names that lead both ways, and nothing against it but that list", () => {
  check({}, true);
  check({ helo: helo({ match: "pointer" }) }, true);
  check({ helo: helo({ match: "differs" }) }, false);
  check({ reverseDns: reverseDns("not-checked") }, false);
  check({ helo: null }, false);
  check({ dnsbl: { findings: [listed(4, { list: "a" }), listed(4, { list: "b" })] } }, false);
  check({ dnsbl: { findings: [asked({ kind: "clean", ttlSeconds: 60 }, { list: "b" })] } }, true);
});

test("a word from an allow list will do for a name", () => {
  const findings = [listed(4, { list: "a" }), listed(-0.1, { list: "dnswl" })];
  check({ reverseDns: reverseDns("not-checked"), dnsbl: { findings } }, true);
});

test("what speaks against it in shadow speaks against it here", () => {
  const findings = [listed(4, { list: "a" }), listed(4, { list: "b" })];
  const all = evidence({ reverseDns: reverseDns("confirmed"), helo: helo(), dnsbl: { findings } });
  assert.equal(otherwiseGood(all, policy({ dnsbl: "shadow" }))("a"), false);
});

test("what the list says about links is left out like what it says about the client", () => {
  const findings = [listed(7.5, { list: "a", role: "link", value: "good.example" })];
  const uriLists = { findings, names: [], namesLeftOut: 0 };
  check({ uriLists }, true);
  check({ uriLists: { ...uriLists, findings: [...findings, listed(7.5, { list: "b", role: "link" })] } }, false);
});

test("lists are told apart: each that names the client, and those that name nobody", () => {
  const clean = asked({ kind: "clean", ttlSeconds: 60 }, { list: "c" });
  const good = { reverseDns: reverseDns("confirmed"), helo: helo() };
  const isGood = (findings: readonly ListFinding[]): readonly boolean[] => {
    const without = otherwiseGood(evidence({ ...good, dnsbl: { findings } }), policy());
    return ["a", "b", "c", "a"].map(without);
  };
  assert.deepEqual(isGood([clean]), [true, true, true, true]);
  assert.deepEqual(isGood([listed(4, { list: "a" }), clean]), [true, false, false, true]);
  assert.deepEqual(isGood([listed(4, { list: "a" }), listed(4, { list: "b" }), clean]), [false, false, false, false]);
});
