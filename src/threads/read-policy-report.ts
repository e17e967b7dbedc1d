/**
 * What came from the thread of the policy file, as far as it is a report. The file shares that thread with us and can send
 * whatever it likes: nothing that it sends may be an error on this side.
 */
import { POLICY_STAGES } from "#evidence/policy/evidence.ts";
import { FAILURE_DETAIL_MAX } from "#evidence/policy/limits.ts";
import type { PolicyReport } from "./policy-messages.ts";

/** Undefined for all else. Answers are looked at by `checkedAnswers`. */
export function readPolicyReport(message: unknown): PolicyReport | undefined {
  const { kind, id, stages, problem, detail, answers } = asRecord(message);
  switch (kind) {
    case "ready":
      return { kind, stages: POLICY_STAGES.filter((stage) => Array.isArray(stages) && stages.includes(stage)) };
    case "unusable": {
      const { line, message: text, remedy } = asRecord(problem);
      const place = typeof line === "number" && Number.isInteger(line) && line > 0 ? line : 0;
      return { kind, problem: { line: place, message: asText(text), remedy: asText(remedy) } };
    }
    case "started":
      return typeof id === "number" ? { kind, id } : undefined;
    case "answered":
      return typeof id === "number" ? { kind, id, answers: Array.isArray(answers) ? answers : [] } : undefined;
    case "stray":
      return { kind, detail: asText(detail) };
    default:
      return undefined;
  }
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value.slice(0, FAILURE_DETAIL_MAX) : "";
}
