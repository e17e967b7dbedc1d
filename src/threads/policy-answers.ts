/** What came from the thread of the policy file, looked at once more on this side: the file may have changed what its thread is made of. */
import type { StageAnswer } from "#evidence/policy/evidence.ts";
import { FAILURE_DETAIL_MAX } from "#evidence/policy/limits.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";
import { readAnswer } from "#evidence/policy/read-answer.ts";

/** One for each stage of the question, in its order. */
export function checkedAnswers({ stages }: PolicyQuestion, said: unknown): readonly StageAnswer[] {
  const answers = Array.isArray(said) ? (said as readonly (Partial<StageAnswer> | null | undefined)[]) : [];
  return stages.map((stage) => {
    const found = answers.find((one) => one?.stage === stage);
    const tookMs = typeof found?.tookMs === "number" && found.tookMs >= 0 ? found.tookMs : 0;
    return { stage, tookMs, ...checked(found) };
  });
}

function checked(found: Partial<StageAnswer> | null | undefined): Pick<StageAnswer, "outcome" | "headers"> {
  const { outcome, headers } = found ?? {};
  if (outcome?.kind === "failed") {
    const why = outcome.why === "threw" ? "threw" : "bad-answer";
    return {
      outcome: { kind: "failed", why, detail: textOf(outcome.detail) },
      headers: [],
    };
  }
  const read = readAnswer(asReturned(outcome, headers));
  if (read.ok) return read.value;
  return { outcome: { kind: "failed", why: "bad-answer", detail: read.problem }, headers: [] };
}

const SAID = new Set<unknown>(["junk", "quarantine", "defer", "reject"] satisfies StageAnswer["outcome"]["kind"][]);

/** As the file would have returned it. Types say what our own side of that thread sends, and no more than that. */
function asReturned(outcome: StageAnswer["outcome"] | undefined, headers: StageAnswer["headers"] = []): unknown {
  const fields =
    headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])) };
  if (outcome?.kind === "nothing") return headers.length === 0 ? undefined : fields;
  if (outcome?.kind === "score") return { score: outcome.score, reason: outcome.text, ...fields };
  if (outcome !== undefined && SAID.has(outcome.kind) && "text" in outcome) {
    return { [outcome.kind]: outcome.text, ...fields };
  }
  return "something else";
}

function textOf(detail: unknown): string {
  return typeof detail === "string" ? detail.slice(0, FAILURE_DETAIL_MAX) : "";
}
