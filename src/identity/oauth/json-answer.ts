/** What a provider answers, as an object. Its words are nobody's to believe before they are looked at one by one. */
import { failed, ok, type Result } from "#mail/result.ts";
import type { HttpsPage, HttpsProblem } from "#ports/https-client.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The problem is for the log. */
export function jsonAnswer(page: Result<HttpsPage, HttpsProblem>): Result<JsonObject, string> {
  if (!page.ok) return failed(`${page.problem.kind}: ${page.problem.text}`);
  if (page.value.status !== 200) return failed(`it answers with status ${page.value.status}`);
  try {
    const value: unknown = JSON.parse(page.value.text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return ok(value as JsonObject);
  } catch {
    // Said below.
  }
  return failed("it answers with something else than a JSON object");
}
