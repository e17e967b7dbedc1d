/** From the words of the command line to one command and what it was given. */
import { parseArgs } from "node:util";
import { nearest } from "#config/nearest.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { type Command, GLOBAL_OPTIONS, type Invocation, type OptionText } from "./command.ts";

export type Parsed =
  | { readonly kind: "run"; readonly command: Command; readonly given: Omit<Invocation, "out"> }
  /** For all commands, those that begin with `words`, or one. */
  | { readonly kind: "help"; readonly commands: readonly Command[] };

/** The problem is one line for the person who typed. */
export function parseArguments(words: readonly string[], commands: readonly Command[]): Result<Parsed, string> {
  const known = allOptions(commands);
  const { values, positionals, tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(known).map(([name, { type }]) => [name, { type }])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === "option");
  const group = commands.filter(({ name }) => startsWithWords(name.split(" "), positionals));
  const command = longestMatch(positionals, commands);
  if (values["help"] === true) {
    return ok({ kind: "help", commands: command !== undefined ? [command] : group.length > 0 ? group : commands });
  }
  if (command === undefined) return failed(unknownCommand(positionals, group, commands));
  for (const { name, rawName, value } of given) {
    const option = optionOf(command, name);
    if (option === undefined) return failed(unknownOption(command, rawName));
    if (option.type === "string" && value === undefined) return failed(`${rawName} needs a value: ${option.value}.`);
    if (option.type === "boolean" && value !== undefined) return failed(`${rawName} takes no value.`);
  }
  const operands = positionals.slice(command.name.split(" ").length);
  const problem = operandProblem(command, operands);
  if (problem !== undefined) return failed(problem);
  return ok({
    kind: "run",
    command,
    given: {
      operands,
      json: values["json"] === true,
      flag: (name) => values[name] === true,
      option: (name) => {
        const value = values[name];
        return typeof value === "string" ? value : undefined;
      },
    },
  });
}

/** `postern account add ADDRESS [--password-stdin]` */
export function usage({ name, operands, options = {} }: Command): string {
  const own = Object.entries(options).map(([option, { value }]) => `[--${option}${value ? ` ${value}` : ""}]`);
  return ["postern", name, ...operands, ...own].join(" ");
}

export function optionsOf(command: Command): Readonly<Record<string, OptionText>> {
  return { ...command.options, ...GLOBAL_OPTIONS };
}

function optionOf(command: Command, name: string): OptionText | undefined {
  const options = optionsOf(command);
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

/** One parse serves all commands: an option has the same type wherever it is taken. */
function allOptions(commands: readonly Command[]): Readonly<Record<string, OptionText>> {
  return Object.assign({}, ...commands.map((command) => optionsOf(command)));
}

function startsWithWords(name: readonly string[], words: readonly string[]): boolean {
  return words.length > 0 && words.length <= name.length && words.every((word, position) => name[position] === word);
}

function longestMatch(words: readonly string[], commands: readonly Command[]): Command | undefined {
  return commands
    .filter(({ name }) => name.split(" ").every((word, position) => words[position] === word))
    .toSorted((left, right) => right.name.length - left.name.length)
    .at(0);
}

function unknownCommand(words: readonly string[], group: readonly Command[], commands: readonly Command[]): string {
  if (words.length === 0) return "Which command? `postern --help` lists them.";
  if (group.length > 0) {
    const next = new Set(group.map(({ name }) => name.split(" ")[words.length]));
    return `postern ${words.join(" ")}: which one? ${[...next].join(", ")}.`;
  }
  const wordAt = firstWrongWord(words, commands);
  const before = words.slice(0, wordAt);
  const possible = commands.filter(({ name }) => before.length === 0 || startsWithWords(name.split(" "), before));
  const candidates = [...new Set(possible.map(({ name }) => name.split(" ")[wordAt] ?? ""))];
  const near = nearest(words[wordAt] ?? "", candidates);
  const typed = words.slice(0, wordAt + 1).join(" ");
  const hint =
    near === undefined ? "`postern --help` lists the commands." : `Did you mean ${[...before, near].join(" ")}?`;
  return `There is no command ${typed}. ${hint}`;
}

function firstWrongWord(words: readonly string[], commands: readonly Command[]): number {
  let right = 0;
  while (
    right < words.length &&
    commands.some(({ name }) => startsWithWords(name.split(" "), words.slice(0, right + 1)))
  ) {
    right++;
  }
  return Math.min(right, words.length - 1);
}

function unknownOption(command: Command, rawName: string): string {
  const near = nearest(rawName.replace(/^-+/, ""), Object.keys(optionsOf(command)));
  const hint = near === undefined ? `Usage: ${usage(command)}` : `Did you mean --${near}?`;
  return `postern ${command.name} takes no ${rawName}. ${hint}`;
}

function operandProblem(command: Command, operands: readonly string[]): string | undefined {
  const wanted = command.operands.filter((operand) => !operand.startsWith("["));
  const missing = wanted[operands.length];
  if (missing !== undefined) return `${missing.replace("…", "")} is missing. Usage: ${usage(command)}`;
  const unbounded = command.operands.some((operand) => operand.endsWith("…"));
  if (unbounded || operands.length <= command.operands.length) return undefined;
  return `What is ${JSON.stringify(operands[command.operands.length])} for? Usage: ${usage(command)}`;
}
