/** Commands whose names are fixed and that this version does not have yet. */
import type { Command } from "./command.ts";

const NAMES: readonly (readonly [name: string, summary: string])[] = [
  ["import", "takes mail from elsewhere"],
  ["export", "gives mail to elsewhere"],
];

export const notBuiltCommands: readonly Command[] = NAMES.map(([name, summary]) => ({
  name,
  operands: ["[…]…"],
  summary: `${summary} (not in this version)`,
  run({ out, json }) {
    const message = `postern ${name} is not in this version.`;
    if (json) out.json({ ok: false, problem: "not-in-this-version", message });
    else out.problem(message);
    return Promise.resolve(2);
  },
}));
