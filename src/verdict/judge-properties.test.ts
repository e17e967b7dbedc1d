import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import {
  asked,
  banned,
  content,
  decided,
  dmarc,
  evidence,
  generic,
  helo,
  linksListed,
  listed,
  met,
  milters,
  ownListing,
  policy,
  policyAnswers,
  reverseDns,
  scanned,
  senders,
  spf,
} from "../../test/fakes/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { judge } from "./judge.ts";
import { REPLY_LINE_OCTETS_MAX } from "./limits.ts";
import { type Policy, RULE_NAMES, type RuleMode } from "./policy.ts";
import { rulesInOrder } from "./rules.ts";
import { severity } from "./verdict.ts";

/** From good to bad; each step is worse evidence than the one before. The first is what a check that could not be made says. */
const LADDERS: {
  readonly [Part in Exclude<keyof Evidence, "dnsbl" | "dkim" | "arc" | "urls">]: readonly Evidence[Part][];
} = {
  blockList: [null, banned(Date.UTC(2030, 1)), banned(null)],
  spokeEarly: [false, true],
  spf: [spf("pass"), null, spf("temperror"), spf("fail"), spf("pass", { passesEverybody: true })],
  author: [
    null,
    { kind: "one", address: "a@sender.example", domain: "sender.example" },
    { kind: "several-addresses" },
    { kind: "none" },
  ],
  dmarc: [
    dmarc("pass"),
    null,
    dmarc("temperror", "unknown"),
    dmarc("fail", "none"),
    dmarc("fail", "quarantine"),
    dmarc("fail", "reject"),
  ],
  ownUris: [null, [], [ownListing(0)], [ownListing(2)], [ownListing(9)]],
  // What speaks for a sender is the better end; whether it counts is up to the ladders of its proofs.
  senderLists: [
    senders({ allow: "client" }),
    senders({ allow: "mail-from", writtenTo: true }),
    senders({ writtenTo: true }),
    senders({}),
    null,
    senders({ deny: true }),
  ],
  uriLists: [null, linksListed(), linksListed(2.5), linksListed(7.5), linksListed(7.5, 7.5)],
  antivirus: [
    null,
    scanned({ kind: "clean" }),
    scanned({ kind: "unavailable", why: "slow", detail: "no answer in 100 ms" }),
    scanned({ kind: "found", name: "Eicar" }),
  ],
  milters: [
    null,
    milters(decided("continue")),
    milters(decided("accept", { saysSpam: "X-Spam" })),
    milters(decided("tempfail")),
    milters(decided("reply", { reply: { code: 451, status: "4.7.1", text: "wait" } }), decided("continue")),
    milters(decided("reply", { reply: { code: 554, status: null, text: "spam" } })),
  ],
  content: [
    null,
    content(),
    content({ messageIdIsWellFormed: false }),
    content({ messageIdIsWellFormed: false, ownDomainClaims: ["header-from"] }),
  ],
  policy: [
    policyAnswers({ kind: "score", score: -3, text: "known" }),
    null,
    policyAnswers({ kind: "nothing" }),
    policyAnswers({ kind: "score", score: 5, text: "odd" }),
    policyAnswers({ kind: "score", score: 5, text: "odd" }, { kind: "junk", text: "odd" }),
    policyAnswers({ kind: "score", score: 5, text: "odd" }, { kind: "quarantine", text: "odd" }),
    policyAnswers({ kind: "score", score: 5, text: "odd" }, { kind: "failed", why: "threw", detail: "" }),
    policyAnswers({ kind: "score", score: 5, text: "odd" }, { kind: "reject", text: "no" }),
  ],
  greylist: [null, met("known"), met("came-again"), met("first-met")],
  reverseDns: [
    null,
    reverseDns("not-checked"),
    reverseDns("confirmed"),
    reverseDns("not-confirmed"),
    reverseDns("not-confirmed", generic(0.5)),
    reverseDns("not-confirmed", generic(3)),
  ],
  helo: [
    null,
    helo({ resolution: "not-checked", match: "not-checked" }),
    helo(),
    helo({ match: "differs" }),
    helo({ resolution: "unresolvable", match: "differs" }),
    helo({ resolution: "unresolvable", match: "differs", generic: generic(0.5) }),
    helo({ resolution: "unresolvable", match: "differs", generic: generic(3) }),
    helo({ form: "single-label" }),
    helo({ claimsToBeUs: "name" }),
  ],
};
const pointerLadder = [reverseDns("not-checked"), reverseDns("confirmed"), reverseDns("no-name")];

const listNames = fc.constantFrom("a", "b", "c", "d");
const roles = fc.constantFrom("client", "helo", "mail-from", "earlier-hop");
const weights = fc.integer({ min: 0, max: 200 }).map((tenths) => tenths / 10);
/** A listing, and the same list with a heavier one. */
const worseListings = fc
  .record({ list: listNames, role: roles, weight: weights, more: weights, rejectsAlone: fc.boolean() })
  .map(({ list, role, weight, more, rejectsAlone }) => [
    asked({ kind: "not-checked", why: "timed-out" }, { list, role }),
    listed(weight, { list, role }),
    listed(weight + more, { list, role, rejectsAlone }),
  ]);

/** Two positions on every ladder, the second never better. */
const pairs = fc
  .record({
    steps: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 14, maxLength: 14 }),
    listings: fc.array(fc.tuple(worseListings, fc.nat(2), fc.nat(2)), { maxLength: 6 }),
    pointers: fc.boolean(),
  })
  .map(({ steps, listings, pointers }) => {
    const ladders = { ...LADDERS, reverseDns: pointers ? pointerLadder : LADDERS.reverseDns };
    const parts = Object.keys(ladders) as (keyof typeof ladders)[];
    const at = (worse: boolean): Evidence => {
      const chosen = parts.map((part, index) => {
        const [one = 0, other = 0] = (steps[index] ?? []).map((step) => step % ladders[part].length);
        return [part, ladders[part][worse ? Math.max(one, other) : Math.min(one, other)]];
      });
      const findings = listings.flatMap(([ladder, one, other]) => {
        const found = ladder[worse ? Math.max(one, other) : Math.min(one, other)];
        return found === undefined ? [] : [found];
      });
      return { ...evidence(Object.fromEntries(chosen) as Partial<Evidence>), dnsbl: { findings } };
    };
    return { better: at(false), worse: at(true) };
  });

const modes = fc.constantFrom<RuleMode>("off", "shadow", "enforce");
/** Kept back or not, refused or not, from ascending scores on. */
const thresholds = fc
  .tuple(fc.nat(10), fc.nat(10), fc.nat(10), fc.boolean(), fc.boolean())
  .map(([junk, more, most, quarantines, rejects]) => ({
    ...policy().thresholds,
    greylist: 4,
    junk,
    quarantine: quarantines ? junk + more : null,
    reject: rejects ? junk + more + most : null,
  }));
const policies: fc.Arbitrary<Policy> = fc
  .tuple(thresholds, ...RULE_NAMES.map(() => modes))
  .map(([scores, ...each]) => ({
    ...policy(Object.fromEntries(RULE_NAMES.map((rule, index) => [rule, each[index]]))),
    thresholds: scores,
  }));

const RUNS = { numRuns: 300 };

suite("verdict: properties", () => {
  test("worse evidence never gives a milder verdict", () => {
    fc.assert(
      fc.property(pairs, policies, ({ better, worse }, under) => {
        const [mild, severe] = [judge(better, under), judge(worse, under)];
        assert.ok(severity(severe.disposition) >= severity(mild.disposition));
        // A refusal by itself may leave lesser findings out.
        if (severe.disposition !== "reject") assert.ok(severe.sum >= mild.sum);
      }),
      RUNS,
    );
  });

  test("the order of rules decides nothing but who is named", () => {
    const orders = fc.shuffledSubarray([...rulesInOrder], { minLength: rulesInOrder.length });
    fc.assert(
      fc.property(pairs, policies, orders, ({ worse }, under, inOrder) => {
        const [one, other] = [judge(worse, under), judge(worse, under, inOrder)];
        assert.deepEqual([other.disposition, other.sum], [one.disposition, one.sum]);
        assert.deepEqual(other.reply?.code.toString()[0], one.reply?.code.toString()[0]);
      }),
      RUNS,
    );
  });

  test("a rule in shadow is worth as much as one that is off", () => {
    fc.assert(
      fc.property(pairs, policies, fc.constantFrom(...RULE_NAMES), ({ worse }, under, rule) => {
        const set = (mode: RuleMode): Policy => ({ ...under, modes: { ...under.modes, [rule]: mode } });
        const { rules: _, ...shadow } = judge(worse, set("shadow"));
        const { rules: __, ...off } = judge(worse, set("off"));
        assert.deepEqual(shadow, off);
      }),
      RUNS,
    );
  });

  test("no single list rejects without an answer that is marked so (R52)", () => {
    const oneList = fc.array(fc.tuple(weights, roles), { maxLength: 8 });
    fc.assert(
      fc.property(oneList, (listings) => {
        const findings = listings.map(([weight, role]) => listed(weight, { role }));
        assert.notEqual(judge(evidence({ dnsbl: { findings } }), policy()).disposition, "reject");
      }),
      RUNS,
    );
  });

  test("a refusal is 4yz or 5yz as it is meant, fits its lines, and says what to do", () => {
    const longNames = fc.string({ minLength: 60, maxLength: 600, unit: "binary" });
    fc.assert(
      fc.property(pairs, policies, longNames, ({ worse }, under, name) => {
        const said = worse.helo === null ? null : { ...worse.helo, helo: name };
        const { disposition, reply } = judge({ ...worse, helo: said }, under);
        if (reply === null) return assert.ok(severity(disposition) <= severity("quarantine"));
        const digit = disposition === "defer" ? "4" : "5";
        assert.deepEqual([String(reply.code)[0], reply.status?.[0]], [digit, digit]);
        assert.match(reply.text, new RegExp([...RULE_NAMES, "reject_score"].join("|")));
        for (const line of reply.text.split("\n")) assert.ok(line.length <= REPLY_LINE_OCTETS_MAX);
        assert.ok(Buffer.byteLength(reply.text) > 0);
      }),
      RUNS,
    );
  });

  test("what was written down as JSON is judged the same", () => {
    fc.assert(
      fc.property(pairs, policies, ({ worse }, under) => {
        assert.deepEqual(judge(JSON.parse(JSON.stringify(worse)) as Evidence, under), judge(worse, under));
      }),
      RUNS,
    );
  });
});
