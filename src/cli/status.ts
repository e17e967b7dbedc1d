import { systemClock } from "#platform/system-clock.ts";
import { askWhereItBelongs, sayUnanswered } from "./administer.ts";
import type { Command } from "./command.ts";
import { pairFacts } from "./pair.ts";
import { readSettings } from "./settings-file.ts";
import { type StatusReport, statusLines } from "./status-report.ts";
import { tenProtections } from "./ten-protections.ts";
import { postern } from "./version.ts";

export const status: Command = {
  name: "status",
  operands: [],
  summary: "the ten protections, listeners, queue, store, load",
  async run(invocation) {
    const { out, json } = invocation;
    const settings = await readSettings(invocation);
    if (settings === undefined) return 1;
    const asked = await askWhereItBelongs(settings, "status", {});
    if (asked.kind === "unanswered" || !asked.outcome.ok) {
      const isAnswer = asked.kind === "answered";
      return sayUnanswered(invocation, isAnswer ? "The server could not say how it is." : asked.message);
    }
    const answer = asked.outcome.value;
    const message = otherVersion(answer.running?.version, postern.version);
    if (message !== undefined) {
      if (json) out.json({ ok: false, problem: "other-version", message });
      else out.problem(message);
      return 1;
    }
    // A server that could relay would not have started.
    const pair = pairFacts(answer.pair, systemClock.now());
    const facts = answer.running === null ? { pair } : { relaySelfTest: "passed" as const, pair };
    const report: StatusReport = { ...answer, protections: tenProtections(settings, facts) };
    if (json) out.json({ ok: true, value: report });
    else for (const line of statusLines(report, settings)) out.line(line);
    return report.running === null || report.protections.some(({ state }) => state === "failed") ? 1 : 0;
  },
};

/** After an upgrade the old server goes on until it is restarted, and what it says may have another form. */
export function otherVersion(running: string | undefined, own: string): string | undefined {
  if (running === undefined || running === own) return undefined;
  return `Postern ${running} runs, and this is the command of ${own}: restart the server.`;
}
