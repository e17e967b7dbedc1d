import { wrapped } from "#verdict/page.ts";
import type { Command } from "./command.ts";
import { explained } from "./output.ts";
import { optionsOf, usage } from "./parse-arguments.ts";

/** The help for one command, or the list of several. */
export function helpText(commands: readonly Command[]): string {
  const [only, ...others] = commands;
  if (only === undefined || others.length > 0) return listing(commands);
  const options = Object.entries(optionsOf(only)).map(
    ([name, { value = "", text }]) => [`  --${name} ${value}`.trimEnd(), text] as const,
  );
  return [
    ...wrapped(`Usage: ${usage(only)}`, "", "       "),
    "",
    ...wrapped(`${only.summary}.`, "", ""),
    "",
    "Options:",
    ...explained(options),
  ].join("\n");
}

/** The same for programs. */
export function helpValue(commands: readonly Command[]): readonly object[] {
  return commands.map((command) => ({
    name: command.name,
    usage: usage(command),
    summary: command.summary,
    options: optionsOf(command),
  }));
}

function listing(commands: readonly Command[]): string {
  const rows = commands.map(({ name, operands, summary }) => [`  ${[name, ...operands].join(" ")}`, summary] as const);
  return [
    "Usage: postern COMMAND [OPTIONS]",
    "",
    ...explained(rows),
    "",
    "Each takes --config FILE, --json and --help.",
    "Exit codes: 0 fine, 1 found something wrong, 2 wrong use, 3 could not find out.",
  ].join("\n");
}
