/** What is wrong with the settings, in words that say what to do. */
import { stringify } from "smol-toml";
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { notes } from "./setting.ts";
import type { KeyPath, TomlLines } from "./toml-lines.ts";

export interface Problem {
  readonly file: string;
  /** Counted from 1; 0 where no line is to blame. */
  readonly line: number;
  /** Names the key. */
  readonly message: string;
  readonly remedy: string;
  /** A warning does not stop the server. */
  readonly severity: "error" | "warning";
}

export function formatProblem({ file, line, message, remedy, severity }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}`;
  return `${place}: ${severity}: ${message}. ${remedy}`;
}

/** Collects problems of one file. */
export class ProblemList {
  readonly problems: Problem[] = [];
  readonly #file: string;
  readonly #lines: TomlLines;

  constructor(file: string, lines: TomlLines) {
    this.#file = file;
    this.#lines = lines;
  }

  error(path: KeyPath, message: string, remedy: string): void {
    this.#add("error", path, message, remedy);
  }

  warning(path: KeyPath, message: string, remedy: string): void {
    this.#add("warning", path, message, remedy);
  }

  #add(severity: Problem["severity"], path: KeyPath, message: string, remedy: string): void {
    this.problems.push({ file: this.#file, line: this.#lines.lineOf(path), message, remedy, severity });
  }
}

/** Turns what the schema found into problems. */
export function reportIssues(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  schema: z.ZodType,
  list: ProblemList,
  prefix: KeyPath = [],
): void {
  for (const issue of issues) {
    const path = [...prefix, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) reportUnknownKey(path, key, schema, list);
      continue;
    }
    const deeper = issue.code === "invalid_union" ? deepest(issue.errors) : undefined;
    if (deeper !== undefined) {
      reportIssues(deeper, input, schema, list, path);
      continue;
    }
    reportWrongValue(path, issue.message, input, schema, list);
  }
}

function reportWrongValue(path: KeyPath, message: string, input: unknown, schema: z.ZodType, list: ProblemList): void {
  const about = describe(path, schema);
  const value = valueAt(input, path);
  const key = formatPath(path);
  if (value === undefined) {
    list.error(path, `${key} is missing`, `Add it: it ${message}.`);
    return;
  }
  const shown = about?.secret === true ? "" : `, not ${show(value)}`;
  const remedy =
    about?.default === undefined
      ? `Change it; docs/settings.md tells what it does.`
      : `Change it, or take the line out for the default, ${show(about.default)}.`;
  list.error(path, `${key} ${message}${shown}`, remedy);
}

function reportUnknownKey(path: KeyPath, key: string, schema: z.ZodType, list: ProblemList): void {
  const here = Object.keys(shapeAt(path, schema));
  const near = nearest(key, here);
  const elsewhere = near === undefined ? tableWith(key, schema) : undefined;
  const table = path.length === 0 ? "at the top of the file" : `in ${formatTable(path)}`;
  const remedy =
    near !== undefined
      ? `Did you mean ${near}?`
      : elsewhere !== undefined
        ? `It belongs in [${elsewhere}].`
        : `Known there: ${here.join(", ")}.`;
  list.error([...path, key], `${formatPath([...path, key])} is not a setting ${table}`, remedy);
}

/** The branch of a union that came furthest, where one got past the outermost value. */
function deepest(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  return branches.find((branch) => branch.length > 0 && branch.every((issue) => issue.path.length > 0));
}

function describe(path: KeyPath, schema: z.ZodType): { default?: unknown; secret?: boolean } | undefined {
  const type = typeAt(path, schema);
  if (type === undefined) return undefined;
  const secret = notes.get(type)?.secret === true;
  return type instanceof z.ZodDefault ? { default: type.def.defaultValue, secret } : { secret };
}

/** The type of the setting at a path, with its default still around it. */
function typeAt(path: KeyPath, schema: z.ZodType): z.ZodType | undefined {
  let type: z.ZodType | undefined = schema;
  for (const step of path) {
    const inner: z.ZodType | undefined = type === undefined ? undefined : bare(type);
    if (inner instanceof z.ZodArray) type = inner.element as z.ZodType;
    else if (inner instanceof z.ZodObject) type = (inner.shape as Record<string, z.ZodType>)[String(step)];
    else return undefined;
  }
  return type;
}

function shapeAt(path: KeyPath, schema: z.ZodType): Record<string, z.ZodType> {
  const type = typeAt(path, schema);
  const inner = type === undefined ? undefined : bare(type);
  return inner instanceof z.ZodObject ? inner.shape : {};
}

/** A type without default and "may be left out"; of a union the part with an inner structure. */
export function bare(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodDefault || type instanceof z.ZodOptional || type instanceof z.ZodPrefault) {
    return bare(type.unwrap() as z.ZodType);
  }
  if (type instanceof z.ZodUnion) {
    const structured = (type.options as z.ZodType[]).find((option) => option instanceof z.ZodArray);
    return structured ?? type;
  }
  return type;
}

/** The table, other than the one looked at, that has the key. */
function tableWith(key: string, schema: z.ZodType): string | undefined {
  const top = shapeAt([], schema);
  return Object.keys(top).find((name) => {
    const type = bare(top[name] ?? schema);
    return type instanceof z.ZodObject && Object.hasOwn(type.shape, key);
  });
}

export function valueAt(input: unknown, path: KeyPath): unknown {
  let value = input;
  for (const step of path) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value;
}

/** `limits.connections_total`, `domain 2: name`. */
export function formatPath(path: KeyPath): string {
  return path
    .map((step, position) => {
      if (typeof step === "number") return ` ${step + 1}`;
      if (position === 0) return step;
      return typeof path[position - 1] === "number" ? `: ${step}` : `.${step}`;
    })
    .join("");
}

function formatTable(path: KeyPath): string {
  const names = path.filter((step) => typeof step === "string").join(".");
  return path.some((step) => typeof step === "number") ? `[[${names}]]` : `[${names}]`;
}

/** A value as TOML writes it, shortened. */
function show(value: unknown): string {
  const SHOWN_CHARACTERS_MAX = 60;
  const written = stringify({ v: value }).replace(/^v = /, "").trim();
  const isTable = typeof value === "object" && !Array.isArray(value);
  if (isTable) return "a table";
  return written.length > SHOWN_CHARACTERS_MAX ? `${written.slice(0, SHOWN_CHARACTERS_MAX)}…` : written;
}
