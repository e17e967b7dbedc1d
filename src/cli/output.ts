import { wrapped } from "#verdict/page.ts";
import type { ExitCode } from "./command.ts";

/**
 * What `--json` prints, of every command. `ok` tells whether the command could do its work: what it found is in `value`, also
 * where that is bad news, of which the exit code tells. `problem` is a stable word for scripts, `message` is for people.
 */
export type JsonAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string; readonly message: string };

/** What commands print: results on standard output, complaints on standard error. */
export interface Output {
  /** A line of the result. */
  line(text: string): void;
  /** The whole result, with `--json`. */
  json(answer: JsonAnswer): void;
  /** One line about what is wrong, and what to do. */
  problem(text: string): void;
  /** May the result be coloured? */
  readonly colour: boolean;
}

/** @param stream where results go. */
export function streamOutput(stream: NodeJS.WriteStream, errors: NodeJS.WritableStream): Output {
  return {
    line: (text) => void stream.write(`${text}\n`),
    json: (answer) => void stream.write(`${JSON.stringify(answer, null, 2)}\n`),
    problem: (text) => void errors.write(`${text}\n`),
    colour: stream.isTTY && process.env["NO_COLOR"] === undefined,
  };
}

/** The word for a complaint that has none of its own. */
const PROBLEMS: Readonly<Record<Exclude<ExitCode, 0>, string>> = { 1: "failed", 2: "wrong-use", 3: "unanswered" };

/** With `--json` a complaint is JSON, too: where a command fails and has printed none, what it said to people becomes one. */
export async function withJson(out: Output, run: (out: Output) => Promise<ExitCode>): Promise<ExitCode> {
  let hasPrinted = false;
  const problems: string[] = [];
  const code = await run({
    colour: out.colour,
    line: (text) => {
      hasPrinted = true;
      out.line(text);
    },
    json: (answer) => {
      hasPrinted = true;
      out.json(answer);
    },
    problem: (text) => {
      problems.push(text);
      out.problem(text);
    },
  });
  if (code !== 0 && !hasPrinted) {
    out.json({ ok: false, problem: PROBLEMS[code], message: problems.join(" ") });
  }
  return code;
}

/** Width of the first column, in characters: a longer name has a line of its own. */
const NAME_WIDTH_MAX = 30;

/** Names with what there is to say about each, in lines of 80 characters. */
export function explained(rows: readonly (readonly [name: string, text: string])[]): readonly string[] {
  const width = Math.min(NAME_WIDTH_MAX, Math.max(0, ...rows.map(([name]) => name.length + 2)));
  const indent = " ".repeat(width);
  return rows.flatMap(([name, text]) =>
    name.length + 2 > width
      ? [name, ...wrapped(text, indent, indent)]
      : wrapped(`${name.padEnd(width)}${text}`, "", indent),
  );
}

/** Rows in columns that are as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>(
    (soFar, row) => row.map((cell, column) => Math.max(cell.length, soFar[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
