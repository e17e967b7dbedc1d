/** Settings of the virus scanner and of milters that do not fit each other or others. */
import type { ProblemList } from "./problem.ts";
import type { SettingsFile } from "./settings.ts";

export function checkScanners({ antivirus, rules, limits, milter }: SettingsFile, problems: ProblemList): void {
  if (rules.antivirus !== "off" && antivirus.max_octets < limits.message_size_octets_max) {
    const fate = antivirus.when_unavailable === "defer" ? "deferred until their senders give up" : "taken unscanned";
    problems.warning(
      ["antivirus", "max_octets"],
      `Messages over antivirus.max_octets = ${antivirus.max_octets} are ${fate}`,
      "Raise it to limits.message_size_octets_max, and StreamMaxLength in clamd.conf with it.",
    );
  }
  const seen = new Set<string>();
  for (const [position, { at, listeners }] of milter.entries()) {
    if (listeners.length === 0) {
      problems.error(["milter", position, "listeners"], `The milter ${at} sees no mail`, 'Set listeners = ["smtp"].');
    }
    if (seen.has(at)) problems.error(["milter", position, "at"], `The milter ${at} is there twice`, "Take one out.");
    seen.add(at);
  }
}
