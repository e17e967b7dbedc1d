import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { POLICY_STAGES, type StageAnswer } from "#evidence/policy/evidence.ts";
import { checkedAnswers } from "./policy-answers.ts";
import { readPolicyReport } from "./read-policy-report.ts";

const message = { stages: ["message"] } as const;

/** Something that looks like what is expected, and is not quite. */
const nearly = fc.anything({ maxDepth: 2 });
const outcomes = fc.record(
  {
    kind: fc.oneof(fc.constantFrom("nothing", "score", "junk", "failed", "accept"), nearly),
    text: nearly,
    score: nearly,
  },
  { requiredKeys: [] },
);
const answers = fc.oneof(
  nearly,
  fc.record(
    {
      stage: fc.oneof(fc.constantFrom(...POLICY_STAGES), nearly),
      outcome: fc.oneof(outcomes, nearly),
      headers: fc.oneof(fc.array(fc.oneof(fc.record({ name: nearly, value: nearly }), nearly)), nearly),
      tookMs: nearly,
    },
    { requiredKeys: [] },
  ),
);
const reports = fc.oneof(
  nearly,
  fc.record(
    {
      kind: fc.constantFrom("ready", "unusable", "started", "answered", "stray", "other"),
      id: nearly,
      stages: nearly,
      problem: nearly,
      detail: nearly,
      answers: fc.oneof(fc.array(answers), nearly),
    },
    { requiredKeys: [] },
  ),
);

suite("what the thread of a policy file sends", () => {
  test("comes through as it was read there", () => {
    const headers = [{ name: "X-Postern-Policy-Team", value: "sales" }];
    const sound: readonly StageAnswer[] = [
      { stage: "message", outcome: { kind: "nothing" }, headers: [], tookMs: 0 },
      { stage: "message", outcome: { kind: "nothing" }, headers, tookMs: 1 },
      { stage: "message", outcome: { kind: "score", score: -2.5, text: "known" }, headers, tookMs: 2.5 },
      { stage: "message", outcome: { kind: "quarantine", text: "odd" }, headers: [], tookMs: 1 },
      { stage: "message", outcome: { kind: "failed", why: "threw", detail: "so" }, headers: [], tookMs: 1 },
    ];
    for (const answer of sound) assert.deepEqual(checkedAnswers(message, [answer]), [answer]);
  });

  test("is one answer for each that was asked, in that order", () => {
    const [first, second] = checkedAnswers({ stages: ["sender", "recipient"] }, [
      { stage: "recipient", outcome: { kind: "nothing" } },
      { stage: "connection", outcome: { kind: "nothing" } },
    ]);
    assert.deepEqual([first?.stage, first?.outcome.kind], ["sender", "failed"]);
    assert.deepEqual([second?.stage, second?.outcome.kind], ["recipient", "nothing"]);
  });

  test("a header's name that is an object with a toString of its own is a bad answer", () => {
    const said = [{ stage: "message", outcome: { kind: "nothing" }, headers: [{ name: { toString: "" }, value: "" }] }];
    const [answer] = checkedAnswers({ stages: ["message"] }, said);
    assert.deepEqual([answer?.outcome.kind, answer?.headers], ["failed", []]);
  });

  test("is no error on this side, whatever it is", () => {
    fc.assert(
      fc.property(reports, fc.array(answers), (sent, said) => {
        const report = readPolicyReport(sent);
        assert.doesNotThrow(() => JSON.stringify(report?.kind === "answered" ? report.kind : report));
        for (const read of [said, report?.kind === "answered" ? report.answers : []]) {
          const checked = checkedAnswers({ stages: POLICY_STAGES }, read);
          assert.deepEqual(
            checked.map(({ stage }) => stage),
            POLICY_STAGES,
          );
          assert.ok(JSON.stringify(checked).length < 10_000);
        }
      }),
      { numRuns: 200 },
    );
  });
});
