import type { ListReport } from "#evidence/dnsbl/list-watch.ts";
import { wrapped } from "#verdict/page.ts";
import { duration } from "./wording.ts";

/** `Spamhaus ZEN: healthy; 3 of 80 listed (4 %); last 127.0.0.10, 2 min ago; 1 of 3 were good mail` */
export function listLines(lists: readonly ListReport[], nowMs: number): readonly string[] {
  return lists.flatMap((report) =>
    wrapped(`${report.title}: ${STATES[report.state]}; ${figures(report, nowMs)}`, "  ", "    "),
  );
}

const STATES: Readonly<Record<ListReport["state"], string>> = {
  unproven: "not proven to work yet",
  healthy: "healthy",
  dead: "DEAD: counts for nothing",
  "lists-the-world": "LISTS THE WORLD: counts for nothing",
  "refuses-us": "REFUSES US: counts for nothing",
  suspended: "SUSPENDED: it names good senders",
  skipped: "skipped: too many time-outs",
};

function figures(
  { listed, clean, unusable, lastAtMs, lastAnswer, judged, disagreed }: ListReport,
  nowMs: number,
): string {
  if (lastAtMs === undefined) return "not asked yet";
  const answers = listed + clean;
  const rate = answers === 0 ? "" : ` (${Math.round((listed / answers) * 100)} %)`;
  return [
    `${listed} of ${answers} listed${rate}`,
    ...(unusable === 0 ? [] : [`${unusable} without a usable answer`]),
    `last ${lastAnswer}, ${duration(nowMs - lastAtMs)} ago`,
    ...(judged === 0 ? [] : [`${disagreed} of ${judged} were good mail`]),
  ].join("; ");
}
