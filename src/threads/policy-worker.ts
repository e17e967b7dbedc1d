/**
 * The thread that the policy file runs in: loads it from the text it is given, asks its functions, and makes a small plain
 * answer of whatever they return. What it cannot survive, the one that started it does.
 */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { Check } from "#evidence/policy/check.ts";
import { POLICY_STAGES, type PolicyStage, type StageAnswer } from "#evidence/policy/evidence.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";
import { readAnswer } from "#evidence/policy/read-answer.ts";
import { systemClock } from "#platform/system-clock.ts";
import { failureDetail, fileProblem } from "./policy-failure.ts";
import type { PolicyOrder, PolicyReport, PolicyThreadData } from "./policy-messages.ts";

const { file, source, running } = workerData as PolicyThreadData;
const url = pathToFileURL(file).href;
const current = new Int32Array(running);
const port = parentPort;

function report(message: PolicyReport): void {
  port?.postMessage(message);
}

/** The text that was read with the settings is what runs, whatever the disk holds by now. `postern/policy` is types alone. */
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === url) return { url, shortCircuit: true };
    if (specifier === "postern/policy") return { url: "data:text/javascript,export%20{}", shortCircuit: true };
    return next(specifier, context);
  },
  load: (address, context, next) => {
    if (address !== url) return next(address, context);
    return { format: file.endsWith("ts") ? "module-typescript" : "module", source, shortCircuit: true };
  },
});

// Neither ends the thread: the questions that are asked meanwhile have nothing to do with it.
process.on("unhandledRejection", (error) => report({ kind: "stray", detail: failureDetail(error, url) }));
process.on("uncaughtException", (error) => report({ kind: "stray", detail: failureDetail(error, url) }));

async function load(): Promise<Check | undefined> {
  try {
    const { default: check } = (await import(url)) as { readonly default?: unknown };
    if (typeof check === "object" && check !== null && stagesOf(check).length > 0) return check;
    const message = check === undefined ? "It has no default export" : "Its default export has none of the functions";
    const remedy = `Write \`export default { … } satisfies Check\` with ${POLICY_STAGES.join(", ")} or some of them.`;
    report({ kind: "unusable", problem: { line: 0, message, remedy } });
  } catch (error) {
    report({ kind: "unusable", problem: fileProblem(error, url, source) });
  }
  return undefined;
}

function stagesOf(check: Check): readonly PolicyStage[] {
  return POLICY_STAGES.filter((stage) => typeof check[stage] === "function");
}

async function answer(check: Check, { id, question }: PolicyOrder): Promise<void> {
  report({ kind: "started", id });
  const frozen = deepFrozen(question);
  const answers: StageAnswer[] = [];
  for (const stage of question.stages) answers.push(await answerStage(check, stage, frozen, id));
  report({ kind: "answered", id, answers });
}

async function answerStage(
  check: Check,
  stage: PolicyStage,
  question: PolicyQuestion,
  id: number,
): Promise<StageAnswer> {
  const sinceMs = systemClock.monotonicMs();
  const done = (rest: Pick<StageAnswer, "outcome" | "headers">): StageAnswer => ({
    stage,
    ...rest,
    tookMs: systemClock.monotonicMs() - sinceMs,
  });
  try {
    Atomics.store(current, 0, id);
    const promised = call(check, stage, question);
    Atomics.store(current, 0, 0);
    const returned: unknown = await promised;
    Atomics.store(current, 0, id);
    const read = readAnswer(returned);
    if (read.ok) return done(read.value);
    return done({ outcome: { kind: "failed", why: "bad-answer", detail: read.problem }, headers: [] });
  } catch (error) {
    return done({ outcome: { kind: "failed", why: "threw", detail: failureDetail(error, url) }, headers: [] });
  } finally {
    Atomics.store(current, 0, 0);
  }
}

function call(check: Check, stage: PolicyStage, question: PolicyQuestion): unknown {
  const { connection, sender, recipients, message } = question;
  switch (stage) {
    case "connection":
      return check.connection?.(connection);
    case "sender":
      return check.sender?.(sender, { connection });
    case "recipient":
      return recipients[0] === undefined ? undefined : check.recipient?.(recipients[0], { connection, sender });
    case "message":
      return message === null ? undefined : check.message?.(message, { connection, sender, recipients });
  }
}

/** A tree, as structured clone makes it of what JSON could hold. */
function deepFrozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}

async function begin(): Promise<void> {
  const check = await load();
  if (check === undefined) return;
  port?.on("message", (order: PolicyOrder) => void answer(check, order));
  report({ kind: "ready", stages: stagesOf(check) });
}

void begin();
