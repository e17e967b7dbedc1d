import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { ANSWER_TEXT_MAX, HEADERS_MAX, SCORE_MAX } from "./limits.ts";
import { readAnswer } from "./read-answer.ts";

/** `score 3: why`, `reject: no, X-…=…`, or `? ` and the problem. */
function read(answer: unknown): string {
  const found = readAnswer(answer);
  if (!found.ok) return `? ${found.problem}`;
  const { outcome, headers } = found.value;
  const fields = headers.map(({ name, value }) => `, ${name}=${value}`).join("");
  if (outcome.kind === "failed") return "failed";
  if (outcome.kind === "nothing") return `nothing${fields}`;
  return `${outcome.kind}${outcome.kind === "score" ? ` ${outcome.score}` : ""}: ${outcome.text}${fields}`;
}

function check(answer: unknown, expected: string): void {
  assert.equal(read(answer), expected);
}

suite("an answer of a policy file", () => {
  test("is nothing, or one thing with its text", () => {
    check(undefined, "nothing");
    check(null, "nothing");
    check({ score: 2.5, reason: "odd" }, "score 2.5: odd");
    check({ junk: "odd" }, "junk: odd");
    check({ quarantine: "odd" }, "quarantine: odd");
    check({ defer: "later" }, "defer: later");
    check({ reject: "no", score: undefined }, "reject: no");
  });

  test("has a score between its bounds, in tenths", () => {
    check({ score: 1e9, reason: "r" }, `score ${SCORE_MAX}: r`);
    check({ score: Number.NEGATIVE_INFINITY, reason: "r" }, `score ${-SCORE_MAX}: r`);
    check({ score: 0.25, reason: "r" }, "score 0.3: r");
    check({ score: Number.NaN, reason: "r" }, "? score is to be a number");
    check({ score: "5", reason: "r" }, "? score is to be a number");
    check({ score: 5 }, "? reason is to be a text");
  });

  test("has one line of printable ASCII, whatever the file says: it stands in a reply", () => {
    check({ reject: "no\r\n250 2.0.0 ok" }, "reject: no 250 2.0.0 ok");
    check({ reject: "für\u0000dich\u202e\u{1f600}" }, "reject: f?r?dich??");
    check({ reject: "x".repeat(1_000_000) }, `reject: ${"x".repeat(ANSWER_TEXT_MAX)}`);
    check({ reject: " \n " }, "? reject is to be a text");
    check({ reject: 5 }, "? reject is to be a text");
  });

  test("grants nothing: there is no such word", () => {
    check({ accept: true }, '? "accept" is no part of an answer');
    check({ relay: true }, '? "relay" is no part of an answer');
    check({ junk: "a", relay: true }, '? "relay" is no part of an answer');
    check(true, "? a boolean is no answer");
    check("accept", "? a string is no answer");
    check(() => true, "? a function is no answer");
    check([{ junk: "a" }], "? an array is no answer");
    check({}, "? an object without score, action or headers");
    check({ junk: "a", reject: "b" }, "? an answer says one thing, not junk and reject");
    check({ junk: "a", reason: "b" }, "? reason belongs to score, not to junk");
  });

  test("counts what it has itself, and nothing of its prototype", () => {
    check(Object.create({ reject: "inherited" }), "? an object without score, action or headers");
    check(JSON.parse('{"__proto__":{"reject":"no"}}'), '? "__proto__" is no part of an answer');
    check(Object.assign(Object.create(null), { junk: "bare" }), "junk: bare");
  });

  test("writes fields under names of its own, in one line each", () => {
    const name = "X-Postern-Policy-Team";
    check({ headers: { [name]: "sales" } }, `nothing, ${name}=sales`);
    check({ junk: "odd", headers: { [name]: "a\r\nBcc: b" } }, `junk: odd, ${name}=a Bcc: b`);
    check({ headers: { Bcc: "b" } }, '? "Bcc" is no name for a header: X-Postern-Policy-…');
    check({ headers: { "X-Spam-Flag": "NO" } }, '? "X-Spam-Flag" is no name for a header: X-Postern-Policy-…');
    check(
      { headers: { "X-Postern-Policy-A:\r\nB": "b" } },
      '? "X-Postern-Policy-A: B" is no name for a header: X-Postern-Policy-…',
    );
    check({ headers: { [name]: 5 } }, `? the header ${name} is to be a text`);
    check({ headers: "a" }, "? headers is to be an object");
    const many = Object.fromEntries(Array.from({ length: HEADERS_MAX + 1 }, (_, index) => [`${name}-${index}`, "v"]));
    check({ headers: many }, `? more than ${HEADERS_MAX} headers`);
  });

  test("is read once: a getter cannot say something else the second time", () => {
    let times = 0;
    const changing = {
      get reject() {
        return times++ === 0 ? "first" : 7;
      },
    };
    check(changing, "reject: first");
    assert.equal(times, 1);
  });

  test("of any shape is read without an error, and what is read is safe in a reply", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.anything());
    const answers = fc.oneof(
      fc.anything(),
      fc.record(
        { score: fc.oneof(fc.double(), fc.anything()), reason: text, junk: text, reject: text, headers: fc.anything() },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(answers, (answer) => {
        const found = readAnswer(answer);
        const shown = found.ok ? JSON.stringify(found.value) : found.problem;
        assert.match(shown.replaceAll("…", ""), /^[\x20-\x7e]*$/);
        assert.ok(shown.length < 3000);
      }),
      { numRuns: 100 },
    );
  });
});
