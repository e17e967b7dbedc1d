/** Answers from the thread of the policy file, looked at once more on this side: the file may have changed what that thread is made of. */
import type { StageAnswer } from "#evidence/policy/evidence.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";
import { readAnswer } from "#evidence/policy/read-answer.ts";
import { asRecord, asText } from "./read-policy-report.ts";

/** One for each stage of the question, in its order. Nothing that is `said` is an error here. */
export function checkedAnswers(
  { stages }: Pick<PolicyQuestion, "stages">,
  said: readonly unknown[],
): readonly StageAnswer[] {
  const answers = said.map(asRecord);
  return stages.map((stage) => {
    const found = answers.find((answer) => answer["stage"] === stage) ?? {};
    const { tookMs } = found;
    const isTime = typeof tookMs === "number" && Number.isFinite(tookMs) && tookMs >= 0;
    return { stage, tookMs: isTime ? tookMs : 0, ...checked(found) };
  });
}

function checked({ outcome, headers }: Readonly<Record<string, unknown>>): Pick<StageAnswer, "outcome" | "headers"> {
  const { kind, why, detail, ...rest } = asRecord(outcome);
  if (kind === "failed") {
    const known = why === "threw" ? "threw" : "bad-answer";
    return { outcome: { kind, why: known, detail: asText(detail) }, headers: [] };
  }
  const read = readAnswer(asReturned(kind, rest, Array.isArray(headers) ? headers.map(asRecord) : []));
  if (read.ok) return read.value;
  return { outcome: { kind: "failed", why: "bad-answer", detail: read.problem }, headers: [] };
}

/** As the file would have returned it, so that one place alone knows what an answer is. */
function asReturned(
  kind: unknown,
  { score, text }: Readonly<Record<string, unknown>>,
  headers: readonly Readonly<Record<string, unknown>>[],
): unknown {
  // Never String(name): a name may be an object, whose toString is then the file's.
  const named = headers.map(({ name, value }) => [typeof name === "string" ? name : "", value] as const);
  const fields = named.length === 0 ? {} : { headers: Object.fromEntries(named) };
  switch (kind) {
    case "nothing":
      return named.length === 0 ? undefined : fields;
    case "score":
      return { score, reason: text, ...fields };
    case "junk":
    case "quarantine":
    case "defer":
    case "reject":
      return { [kind]: text, ...fields };
    default:
      return "something else";
  }
}
