import { loadSettings } from "#config/load.ts";
import { formatProblem, type Problem } from "#config/problem.ts";
import type { Settings } from "#config/settings.ts";
import { systemClock } from "#platform/system-clock.ts";
import { policyFileProblem } from "#threads/policy-file.ts";
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
    const policy = loaded.ok ? await policyFileProblems(loaded.value.settings) : [];
    const problems = loaded.ok ? [...loaded.value.warnings, ...policy] : loaded.problem;
    const isSound = loaded.ok && policy.length === 0;
    if (json) out.json({ ok: true, value: { file, sound: isSound, problems } });
    else {
      for (const problem of problems) out.line(formatProblem(problem));
      const count = problems.filter(({ severity }) => severity === "error").length;
      out.line(isSound ? `${file} is in order.` : `${file} has ${count} ${count === 1 ? "error" : "errors"}.`);
    }
    return isSound ? 0 : 1;
  },
};

/** Whether the policy file can be run is seen by running it. */
async function policyFileProblems({ policyFile }: Settings): Promise<readonly Problem[]> {
  if (policyFile === undefined) return [];
  const problem = await policyFileProblem(policyFile, systemClock);
  return problem === undefined ? [] : [{ ...problem, file: policyFile.file, severity: "error" }];
}
