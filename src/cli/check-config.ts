import { loadSettings } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import type { Command } from "./command.ts";
import { settingsFile, TRIAL_SETTINGS_FILE } from "./settings-file.ts";

export const checkConfig: Command = {
  name: "check-config",
  operands: [],
  summary: "reads the settings; every problem with file, line and what to do",
  async run(invocation) {
    const { out, json } = invocation;
    const file = settingsFile(invocation) ?? TRIAL_SETTINGS_FILE;
    const loaded = await loadSettings(file);
    const problems = loaded.ok ? loaded.value.warnings : loaded.problem;
    if (json) out.json({ file, ok: loaded.ok, problems });
    else {
      for (const problem of problems) out.line(formatProblem(problem));
      const count = problems.filter(({ severity }) => severity === "error").length;
      out.line(loaded.ok ? `${file} is in order.` : `${file} has ${count} ${count === 1 ? "error" : "errors"}.`);
    }
    return loaded.ok ? 0 : 1;
  },
};
