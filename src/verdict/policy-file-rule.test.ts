import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { PolicyEvidence, PolicyOutcome } from "#evidence/policy/evidence.ts";
import { evidence, policy, policyAnswers } from "../../test/fakes/evidence.ts";
import { judge } from "./judge.ts";
import { forRecipient } from "./parties.ts";
import type { Policy } from "./policy.ts";

const enforced: Policy = policy({ policy: "enforce" });

/** `reject 550 5.7.1 Refused by …` */
function said(found: PolicyEvidence | null, under = enforced, account = "user@local.test"): string {
  const { disposition, sum, reply } = judge(forRecipient(evidence({ policy: found }), account), under);
  return reply === null ? `${disposition} ${sum}` : `${disposition} ${reply.code} ${reply.status} ${reply.text}`;
}

const score = (value: number): PolicyOutcome => ({ kind: "score", score: value, text: "odd" });

function check(outcomes: readonly PolicyOutcome[], expected: string, under = enforced): void {
  assert.equal(said(policyAnswers(...outcomes), under), expected);
}

suite("a policy file's answer", () => {
  test("is an outcome of its own", () => {
    check([{ kind: "nothing" }], "accept 0");
    check([{ kind: "junk", text: "odd" }], "junk 0");
    check([{ kind: "quarantine", text: "odd" }], "quarantine 0");
    check([{ kind: "defer", text: "Later" }], "defer 451 4.7.1 Deferred by policy: Later");
    check([{ kind: "reject", text: "No" }], "reject 550 5.7.1 Refused by policy: No");
  });

  test("adds its scores up", () => {
    check([score(4), score(4)], "junk 8");
    check([score(4), score(-5)], "accept -1");
  });

  test("that is not there is a failure of ours, by the settings", () => {
    const failed: PolicyOutcome = { kind: "failed", why: "timed-out", detail: "secret of ours" };
    check(
      [failed],
      "defer 451 4.3.0 Deferred by policy: this server's own policy could not be asked about the message (no answer in time); try again later",
    );
    check([failed], "accept 0", { ...enforced, whenPolicyFails: "accept" });
    check([failed, { kind: "reject", text: "No" }], "reject 550 5.7.1 Refused by policy: No");
  });

  test("counts nothing in shadow, and where the rule is off", () => {
    check([{ kind: "reject", text: "No" }], "accept 0", policy({ policy: "shadow" }));
    check([{ kind: "reject", text: "No" }], "accept 0", policy({ policy: "off" }));
  });

  test("about one recipient counts for that one alone", () => {
    const [answer] = policyAnswers({ kind: "reject", text: "No" }).answers;
    assert.ok(answer);
    const found = { answers: [{ ...answer, accounts: ["user@local.test"] }] };
    assert.match(said(found), /^reject/);
    assert.equal(said(found, enforced, "carol@local.test"), "accept 0");
  });
});
