/**
 * What a function of the policy file returned, as the answer it is: known keys, bounded texts, fields that only a policy
 * writes. Whatever else comes is no answer. Reading one twice is reading it once.
 */
import { failed, ok, type Result } from "#mail/result.ts";
import type { PolicyHeader, PolicyOutcome, StageAnswer } from "./evidence.ts";
import { ANSWER_TEXT_MAX, HEADER_NAME_MAX, HEADER_VALUE_MAX, HEADERS_MAX, SCORE_MAX } from "./limits.ts";

type Answered = Pick<StageAnswer, "outcome" | "headers">;

const ACTIONS = ["junk", "quarantine", "defer", "reject"] as const;
const KNOWN = new Set<string>([...ACTIONS, "score", "reason", "headers"]);
/** Those that a sender brings along under such a name are taken off. */
const HEADER_NAME = /^x-postern-policy-[a-z0-9-]+$/i;

/** The problem: one line for the operator. Throws only what getters of the value throw. */
export function readAnswer(answer: unknown): Result<Answered, string> {
  if (answer === undefined || answer === null) return ok({ outcome: { kind: "nothing" }, headers: [] });
  if (typeof answer !== "object" || Array.isArray(answer)) return failed(`${typeName(answer)} is no answer`);
  // Read once: a getter could say something else the second time.
  const said = new Map<string, unknown>();
  for (const key of Object.keys(answer)) {
    if (!KNOWN.has(key)) return failed(`"${printable(key).slice(0, HEADER_NAME_MAX)}" is no part of an answer`);
    const value = (answer as Readonly<Record<string, unknown>>)[key];
    if (value !== undefined) said.set(key, value);
  }
  const outcome = readOutcome(said);
  if (!outcome.ok) return outcome;
  const headers = readHeaders(said.get("headers"));
  if (!headers.ok) return headers;
  return ok({ outcome: outcome.value, headers: headers.value });
}

function readOutcome(said: ReadonlyMap<string, unknown>): Result<PolicyOutcome, string> {
  const actions = [...ACTIONS, "score" as const].filter((action) => said.has(action));
  const [action, another] = actions;
  if (another !== undefined) return failed(`an answer says one thing, not ${actions.join(" and ")}`);
  if (action === undefined) {
    return said.has("headers") ? ok({ kind: "nothing" }) : failed("an object without score, action or headers");
  }
  const text = readText(said.get(action === "score" ? "reason" : action));
  if (text === undefined) return failed(`${action === "score" ? "reason" : action} is to be a text`);
  if (action !== "score") {
    return said.has("reason") ? failed(`reason belongs to score, not to ${action}`) : ok({ kind: action, text });
  }
  const score = said.get("score");
  if (typeof score !== "number" || Number.isNaN(score)) return failed("score is to be a number");
  return ok({ kind: "score", score: Math.max(-SCORE_MAX, Math.min(SCORE_MAX, Math.round(score * 10) / 10)), text });
}

function readText(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  const line = printable(text.slice(0, ANSWER_TEXT_MAX));
  return line === "" ? undefined : line;
}

function readHeaders(headers: unknown): Result<readonly PolicyHeader[], string> {
  if (headers === undefined) return ok([]);
  if (typeof headers !== "object" || headers === null) return failed("headers is to be an object");
  const read: PolicyHeader[] = [];
  for (const name of Object.keys(headers)) {
    if (read.length === HEADERS_MAX) return failed(`more than ${HEADERS_MAX} headers`);
    if (!HEADER_NAME.test(name) || name.length > HEADER_NAME_MAX) {
      return failed(`"${printable(name).slice(0, HEADER_NAME_MAX)}" is no name for a header: X-Postern-Policy-…`);
    }
    const value = (headers as Readonly<Record<string, unknown>>)[name];
    if (typeof value !== "string") return failed(`the header ${name} is to be a text`);
    read.push({ name, value: printable(value.slice(0, HEADER_VALUE_MAX)) });
  }
  return ok(read);
}

/** One line of printable ASCII: it stands in replies and in headers. */
function printable(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]/gu, "?")
    .trim();
}

function typeName(answer: unknown): string {
  return Array.isArray(answer) ? "an array" : `a ${typeof answer}`;
}
