/** Which settings a command works with. */
import { existsSync } from "node:fs";
import { loadSettings } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import type { Settings } from "#config/settings.ts";
import type { Invocation } from "./command.ts";

export const TRIAL_SETTINGS_FILE = "postern-data/postern.toml";
const SYSTEM_SETTINGS_FILE = "/etc/postern/postern.toml";

/** The file that was named, or the first of the usual ones that is there; undefined when none is. */
export function settingsFile(invocation: Invocation): string | undefined {
  const named = invocation.option("config") ?? process.env["POSTERN_CONFIG"];
  if (named !== undefined && named !== "") return named;
  return [TRIAL_SETTINGS_FILE, SYSTEM_SETTINGS_FILE].find((file) => existsSync(file));
}

/** Reads them, or tells each problem and gives undefined. Warnings are for `serve` and `check-config` alone. */
export async function readSettings(invocation: Invocation): Promise<Settings | undefined> {
  const file = settingsFile(invocation) ?? TRIAL_SETTINGS_FILE;
  const loaded = await loadSettings(file);
  if (loaded.ok) return loaded.value.settings;
  const lines = loaded.problem.map(formatProblem);
  if (invocation.json) invocation.out.json({ ok: false, problem: "bad-settings", message: lines.join(" ") });
  else for (const line of lines) invocation.out.problem(line);
  return undefined;
}
