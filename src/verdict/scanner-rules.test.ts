import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { decided, evidence, milters, policy, scanned, senders, spf } from "../../test/fakes/evidence.ts";
import type { Evidence } from "./evidence.ts";
import { explainEvidence } from "./explain-evidence.ts";
import { judge } from "./judge.ts";
import type { Policy } from "./policy.ts";
import { rulesForEverybody } from "./rules.ts";
import { whatWouldChange } from "./what-would-change.ts";

const STRICT = policy({ antivirus: "enforce", milter: "enforce" });
const LENIENT: Policy = { ...STRICT, unscanned: { antivirus: "accept", milters: { "127.0.0.1:8890": "accept" } } };
const SLOW = { kind: "unavailable", why: "slow", detail: "no answer in 100 ms" } as const;

/** @param expected disposition, first reason, and the codes of the reply. */
function check(found: Partial<Evidence>, expected: readonly unknown[], under = STRICT): void {
  const { disposition, reasons, reply } = judge(evidence(found), under);
  assert.deepEqual([disposition, reasons[0], ...(reply === null ? [] : [reply.code, reply.status])], expected);
}

suite("verdict: virus scanner", () => {
  test("a virus is refused, a clean message is nothing", () => {
    check({ antivirus: scanned({ kind: "clean" }) }, ["accept", undefined]);
    check({ antivirus: scanned({ kind: "found", name: "Eicar" }) }, ["reject", "virus", 550, "5.7.1"]);
  });

  test("the refusal names what was found, cut, and not where the scanner is", () => {
    const { reply } = judge(evidence({ antivirus: scanned({ kind: "found", name: `E${"x".repeat(500)}` }) }), STRICT);
    assert.match(reply?.text ?? "", /^Refused by antivirus: the message carries Ex{79}\.\.\.; send it without/);
    assert.ok(!(reply?.text ?? "").includes("clamd"));
  });

  test("a message that was not scanned waits, or is taken with a finding, as the settings say", () => {
    check({ antivirus: scanned(SLOW) }, ["defer", "not-scanned", 451, "4.7.1"]);
    check({ antivirus: scanned(SLOW) }, ["accept", undefined], LENIENT);
    const { rules } = judge(evidence({ antivirus: scanned(SLOW) }), LENIENT);
    assert.equal(rules.find(({ rule }) => rule === "antivirus")?.findings[0]?.reason, "not-scanned");
  });

  test("that a virus was not looked for does not make another refusal milder", () => {
    const both = { antivirus: scanned(SLOW), milters: milters(decided("reject")) };
    check(both, ["reject", "milter-reject", 550, "5.7.1"]);
  });

  test("is refused whoever sent it, and is kept back nowhere: nobody but an administrator could let it out", () => {
    const antivirus = scanned({ kind: "found", name: "Eicar" });
    const thresholds = { ...STRICT.thresholds, junk: 1, quarantine: 2, reject: null };
    check({ antivirus, senderLists: senders({ allow: "client", writtenTo: true }) }, ["reject", "virus", 550, "5.7.1"]);
    check({ antivirus }, ["reject", "virus", 550, "5.7.1"], { ...STRICT, thresholds });
  });

  test("what would change it", () => {
    const slow = whatWouldChange({ evidence: evidence({ antivirus: scanned(SLOW) }) }, STRICT).map(({ what }) => what);
    assert.ok(slow.includes('antivirus.when_unavailable = "accept"'));
    assert.ok(slow.includes("/run/clamd.ctl has looked at it"));
    const found = evidence({ antivirus: scanned({ kind: "found", name: "Eicar" }) });
    assert.ok(whatWouldChange({ evidence: found }, STRICT).some(({ what }) => what === "no virus is found in it"));
  });
});

const say = (code: number, status: "5.7.99" | "4.7.0" | null) => ({
  milters: milters(decided("reply", { reply: { code, status, text: "no" } })),
});

suite("verdict: milters", () => {
  test("each answer is applied; accepting is no word in favour", () => {
    check({ milters: milters(decided("continue"), decided("accept")) }, ["accept", undefined]);
    check({ milters: milters(decided("reject")) }, ["reject", "milter-reject", 550, "5.7.1"]);
    check({ milters: milters(decided("tempfail")) }, ["defer", "milter-tempfail", 451, "4.7.1"]);
    check({ milters: milters(decided("continue", { saysSpam: "X-Spam" })) }, ["junk", "milter-spam"]);
    const accepting = { milters: milters(decided("accept")), spf: spf("pass", { passesEverybody: true }) };
    assert.equal(judge(evidence(accepting), STRICT).sum, judge(evidence({ spf: accepting.spf }), STRICT).sum);
  });

  test("replies keep their codes, but none closes the connection", () => {
    check(say(554, "5.7.99"), ["reject", "milter-reply", 554, "5.7.99"]);
    check(say(550, null), ["reject", "milter-reply", 550, "5.7.1"]);
    check(say(452, null), ["defer", "milter-reply", 452, "4.7.1"]);
    check(say(421, "4.7.0"), ["defer", "milter-reply", 451, "4.7.1"]);
  });

  test("what it would discard or keep back is kept back; where it leaves the server it is refused", () => {
    for (const result of [decided("discard"), decided("continue", { quarantine: "odd" })]) {
      const found = milters(result);
      assert.equal(judge(evidence({ milters: found }), STRICT).disposition, "quarantine");
      assert.equal(judge(evidence({ milters: { ...found, leavesServer: true } }), STRICT).disposition, "reject");
    }
  });

  test("without an answer: as the settings of that milter say, and wait where they say nothing", () => {
    check({ milters: milters(SLOW) }, ["defer", "not-filtered", 451, "4.7.1"]);
    check({ milters: milters(SLOW) }, ["accept", undefined], LENIENT);
    check({ milters: milters(SLOW, SLOW) }, ["defer", "not-filtered", 451, "4.7.1"], LENIENT);
  });

  test("in shadow nothing of it has an effect", () => {
    const found = {
      antivirus: scanned({ kind: "found", name: "Eicar" }),
      milters: milters(SLOW, decided("reject")),
    } as const;
    check(found, ["accept", undefined], policy({ antivirus: "shadow", milter: "shadow" }));
  });
});

test("mail of users is asked for nothing else", () => {
  assert.deepEqual(
    rulesForEverybody.map(({ rule }) => rule),
    ["antivirus", "milter"],
  );
});

test("the evidence in words", () => {
  const results = [
    SLOW,
    decided("reply", {
      reply: { code: 451, status: null, text: "later" },
      added: ["X-A: 1"],
      notTaken: ["another body"],
    }),
  ];
  const page = explainEvidence(
    evidence({ antivirus: scanned({ kind: "found", name: "Eicar" }), milters: milters(...results) }),
  ).join(" ");
  assert.match(
    page.replaceAll(/\s+/g, " "),
    /Virus scanner \/run\/clamd\.ctl: Eicar found, 12 ms Milter 127\.0\.0\.1:8890: did not look at it \(slow: no answer in 100 ms\), 5 ms Milter 127\.0\.0\.1:8891: 451 later \(end\), 5 ms; added X-A: 1; not taken over: another body/,
  );
});
