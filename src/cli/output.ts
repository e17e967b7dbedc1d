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
