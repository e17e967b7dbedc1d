import { wrapped } from "#verdict/page.ts";
import type { ExitCode } from "./command.ts";

/** What commands print: results on standard output, complaints on standard error. */
export interface Output {
  /** A line of the result. */
  line(text: string): void;
  /** The whole result as one JSON value. */
  json(value: unknown): void;
  /** One line about what is wrong, and what to do. */
  problem(text: string): void;
  /** May the result be coloured? */
  readonly colour: boolean;
}

/** @param stream where results go. */
export function streamOutput(stream: NodeJS.WriteStream, errors: NodeJS.WritableStream): Output {
  return {
    line: (text) => void stream.write(`${text}\n`),
    json: (value) => void stream.write(`${JSON.stringify(value, null, 2)}\n`),
    problem: (text) => void errors.write(`${text}\n`),
    colour: stream.isTTY && process.env["NO_COLOR"] === undefined,
  };
}

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
    json: (value) => {
      hasPrinted = true;
      out.json(value);
    },
    problem: (text) => {
      problems.push(text);
      out.problem(text);
    },
  });
  if (code !== 0 && !hasPrinted) {
    out.json({ ok: false, problem: code === 2 ? "wrong-use" : "failed", message: problems.join(" ") });
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
