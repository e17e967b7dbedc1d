import { QUOTED_CHARACTERS_MAX } from "./limits.ts";
import type { Finding } from "./verdict.ts";

/** A finding that counts by its weight alone, unless `more` says otherwise. */
export function finding(
  reason: string,
  weight: number,
  text: Pick<Finding, "detail" | "remedy">,
  more: Partial<Pick<Finding, "asks" | "asksWithAnother" | "lookUpUrl">> = {},
): Finding {
  const { asks = "accept" } = more;
  return { reason, weight, ...text, ...more, asks, asksWithAnother: more.asksWithAnother ?? asks };
}

/** Something that could not be established. It never counts. */
export function unknown(reason: string, detail: string): Finding {
  return finding(reason, 0, { detail, remedy: "" });
}

/** What others wrote, cut so that it fits into one line of ours. */
export function short(text: string): string {
  return text.length <= QUOTED_CHARACTERS_MAX ? text : `${text.slice(0, QUOTED_CHARACTERS_MAX)}...`;
}
