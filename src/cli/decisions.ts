/** Decision records as commands read them: page by page, from the server or from the store without one. */
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { askWhereItBelongs } from "./administer.ts";
import type { Invocation } from "./command.ts";
import { DURATION_EXAMPLES, parseDuration } from "./parse-duration.ts";

export interface DecisionsWanted {
  readonly key?: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly order: "oldest-first" | "newest-first";
  /** Of all pages together. */
  readonly limit: number;
}

/** Records of a page: some megabytes. */
const PAGE_RECORDS = 500;

/** Hands over page after page. The problem: one line, for the person at the terminal. */
export async function readDecisions(
  settings: Settings,
  { limit, ...wanted }: DecisionsWanted,
  take: (records: readonly DecisionRecord[]) => void,
): Promise<Result<void, string>> {
  let after: { atMs: number; id: string } | undefined;
  for (let left = limit; left > 0; left -= PAGE_RECORDS) {
    const page = { ...wanted, limit: Math.min(left, PAGE_RECORDS), ...(after === undefined ? {} : { after }) };
    const asked = await askWhereItBelongs(settings, "decision-list", page);
    if (asked.kind === "unanswered") return failed(asked.message);
    if (!asked.outcome.ok) return failed("The server could not say.");
    take(asked.outcome.value.records);
    if (asked.outcome.value.next === null) break;
    after = asked.outcome.value.next;
  }
  return ok(undefined);
}

/** `--since`, in milliseconds; undefined: it was wrong, and that has been said. */
export function readSince(invocation: Invocation, defaultMs: number): number | undefined {
  const text = invocation.option("since");
  const ms = text === undefined ? defaultMs : parseDuration(text);
  if (ms === undefined) invocation.out.problem(`${JSON.stringify(text)} is no time: ${DURATION_EXAMPLES}.`);
  return ms;
}

export const SINCE_OPTION = { type: "string", value: "TIME", text: `how far back, ${DURATION_EXAMPLES}` } as const;
