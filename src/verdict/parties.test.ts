import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { evidence, listed, met, policy, senders } from "../../test/fakes/evidence.ts";
import { judge } from "./judge.ts";
import { type Filing, filingOf, forRecipient, type Judged, judgeFor, mildest } from "./parties.ts";
import { policyFor } from "./policies.ts";
import type { Policy, Thresholds } from "./policy.ts";

function under(thresholds: Partial<Thresholds>): Policy {
  return { ...policy(), thresholds: { ...policy().thresholds, ...thresholds } };
}

function scored(score: number) {
  const half = score / 2;
  return evidence({ dnsbl: { findings: [listed(half, { list: "a" }), listed(half, { list: "b" })] } });
}

suite("thresholds", () => {
  const keeping = under({ junk: 6, quarantine: 10, reject: 15 });

  test("Junk, quarantine and refusal, each from its score on", () => {
    for (const [score, expected] of [
      [5.8, "accept"],
      [6, "junk"],
      [9.8, "junk"],
      [10, "quarantine"],
      [14.8, "quarantine"],
      [15, "reject"],
    ] as const) {
      const { disposition, reply } = judge(scored(score), keeping);
      assert.deepEqual([score, disposition, reply === null], [score, expected, expected !== "reject"]);
    }
  });

  test("without a score for it nothing is kept back, and nothing refused", () => {
    assert.equal(judge(scored(14.8), policy()).disposition, "junk");
    assert.equal(judge(scored(19), under({ reject: null })).disposition, "junk");
    assert.equal(judge(scored(19), under({ reject: null, quarantine: 15 })).disposition, "quarantine");
  });

  test("what decided is named", () => {
    assert.deepEqual(judge(scored(10), keeping).reasons, ["score-quarantine", "listed"]);
  });
});

/** From mild to severe. */
const ORDER: readonly Filing[] = ["inbox", "junk", "quarantine"];

function judged(policies: readonly Policy[], score: number): readonly Judged[] {
  return policies.map((one) => ({ policy: one, verdict: judge(scored(score), one) }));
}

function filings(policies: readonly Policy[], score: number): readonly Filing[] {
  return judged(policies, score).map(filingOf);
}

suite("several recipients", () => {
  const strict = under({ junk: 3, reject: 5 });
  const lenient = under({ junk: 12, quarantine: 14, reject: null });

  test("there is one reply, the mildest: only what all would refuse is refused", () => {
    assert.equal(mildest(judged([strict, lenient], 8))?.verdict.disposition, "accept");
    assert.equal(mildest(judged([strict, policy()], 18))?.verdict.disposition, "reject");
    assert.equal(mildest([]), undefined);
  });

  test("whose own verdict is worse has it in Junk, or in quarantine where that is on", () => {
    assert.deepEqual(filings([strict, lenient, policy()], 8), ["junk", "inbox", "junk"]);
    assert.deepEqual(filings([under({ quarantine: 10, reject: 12 }), lenient], 13), ["quarantine", "junk"]);
    assert.deepEqual(filings([lenient], 14), ["quarantine"]);
  });

  test("who is only made to wait has it where it would be without the wait", () => {
    const keeping = under({ quarantine: 10 });
    const waits = (score: number): Judged => {
      const enforced = { ...keeping, modes: { ...keeping.modes, greylist: "enforce" } } as const;
      return { policy: enforced, verdict: judge({ ...scored(score), greylist: met("first-met") }, enforced) };
    };
    assert.deepEqual(
      [8, 12].map((score) => [waits(score).verdict.disposition, filingOf(waits(score))]),
      [
        ["defer", "junk"],
        ["defer", "quarantine"],
      ],
    );
  });

  test("whatever the policies: nobody is refused who would take it, and nobody has it better than alone", () => {
    const thresholds = fc
      .tuple(fc.nat(12), fc.nat(6), fc.nat(6), fc.boolean(), fc.boolean())
      .map(([junk, more, most, keeps, refuses]) =>
        under({ junk, quarantine: keeps ? junk + more : null, reject: refuses ? junk + more + most : null }),
      );
    fc.assert(
      fc.property(fc.array(thresholds, { minLength: 1, maxLength: 5 }), fc.nat(19), (policies, score) => {
        const parties = judged(policies, score);
        const reply = mildest(parties)?.verdict.reply ?? null;
        assert.equal(
          reply === null,
          parties.some(({ verdict }) => verdict.reply === null),
        );
        for (const party of parties) {
          const { disposition } = party.verdict;
          const filing = filingOf(party);
          assert.equal(filing === "inbox", disposition === "accept");
          if (disposition === "quarantine") assert.equal(filing, "quarantine");
        }
        const worse = judged(policies, score + 1).map(filingOf);
        for (const [index, filing] of parties.map(filingOf).entries()) {
          assert.ok(ORDER.indexOf(worse[index] ?? "inbox") >= ORDER.indexOf(filing));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("sender lists of one account say nothing about another's mail", () => {
    const all = evidence({ senderLists: senders({ deny: true, scope: "user@local.test", writtenTo: true }) });
    assert.equal(judgeFor(all, policy(), "user@local.test").disposition, "reject");
    assert.equal(judgeFor(all, policy(), "other@local.test").disposition, "accept");
    assert.deepEqual(forRecipient(all, "other@local.test").senderLists?.writtenTo, []);
    const ofDomain = evidence({ senderLists: senders({ deny: true, scope: "@local.test" }) });
    assert.equal(judgeFor(ofDomain, policy(), "other@local.test").disposition, "reject");
    assert.equal(judgeFor(ofDomain, policy(), "other@sub.local.test").disposition, "accept");
  });

  test("the account's policy comes before its domain's, and that before everybody's", () => {
    const [ofAccount, ofDomain, standard] = [strict, lenient, policy()];
    const policies = { standard, byDomain: { "local.test": ofDomain }, byAccount: { "user@local.test": ofAccount } };
    assert.equal(policyFor(policies, "user@local.test"), ofAccount);
    assert.equal(policyFor(policies, "other@local.test"), ofDomain);
    assert.equal(policyFor(policies, "user@elsewhere.test"), standard);
    assert.equal(policyFor(policies, "postmaster"), standard);
    assert.equal(policyFor(policies, "constructor"), standard);
  });
});
