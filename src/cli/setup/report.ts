/** What setup says while it works: line by line for people, one value at the end for scripts; and what is left to do. */
import { wrapped } from "#verdict/page.ts";
import type { Output } from "../output.ts";

/**
 * - `pass`, `warn`, `fail`, `unknown`: what was looked at. What could not be looked at is never a finding.
 * - `made`, `kept`: what was done, and what was right already.
 */
export type StepKind = "pass" | "warn" | "fail" | "unknown" | "made" | "kept";

export interface Step {
  readonly kind: StepKind;
  /** Stable word for scripts: `resolver`, `settings`. */
  readonly name: string;
  readonly says: string;
  /** What to do; then it is on the list of what is left. */
  readonly remedy?: string;
}

const WORDS: Readonly<Record<StepKind, string>> = {
  pass: "ok",
  warn: "WARN",
  fail: "FAIL",
  unknown: "?",
  made: "made",
  kept: "kept",
};
const WORD_WIDTH = 6;

export class SetupReport {
  readonly #out: Output;
  readonly #isJson: boolean;
  readonly #steps: Step[] = [];
  /** Of an account that was just made. */
  secret: { readonly account: string; readonly password: string } | undefined;

  constructor(out: Output, isJson: boolean) {
    this.#out = out;
    this.#isJson = isJson;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  heading(text: string): void {
    if (this.#isJson) return;
    this.#out.line("");
    this.#out.line(this.#out.colour ? `\u001B[1m${text}\u001B[0m` : text);
  }

  add(step: Step): void {
    this.#steps.push(step);
    const { kind, says, remedy } = step;
    const indent = " ".repeat(WORD_WIDTH + 2);
    this.lines(wrapped(`${WORDS[kind].padEnd(WORD_WIDTH)}${says}`, "  ", indent));
    if (remedy !== undefined) this.lines(wrapped(`→ ${remedy}`, indent, `${indent}  `));
  }

  lines(lines: readonly string[]): void {
    if (!this.#isJson) for (const line of lines) this.#out.line(line);
  }

  has(kind: StepKind): boolean {
    return this.#steps.some((step) => step.kind === kind);
  }

  /** Steps with something to do, each once. */
  left(): readonly Step[] {
    return this.#steps.filter(({ remedy }) => remedy !== undefined);
  }
}
