/** What one command of `postern` is: its words, what it takes, and what it does. */
import type { Output } from "./output.ts";

/** 0 fine · 1 found something wrong · 2 wrong use · 3 could not find out. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface OptionText {
  readonly type: "string" | "boolean";
  /** Name of the value in the help text; absent for a boolean. */
  readonly value?: string;
  readonly text: string;
}

export interface Command {
  /** `account app-password add` */
  readonly name: string;
  /** Names of what follows: `ADDRESS`, `[LABEL]` may be left out, `TARGET…` once or more. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly options?: Readonly<Record<string, OptionText>>;
  run(invocation: Invocation): Promise<ExitCode>;
}

/** One use of a command. */
export interface Invocation {
  readonly operands: readonly string[];
  /** The value of an option, `true` for a boolean that is there. */
  option(name: string): string | undefined;
  flag(name: string): boolean;
  readonly json: boolean;
  readonly out: Output;
}

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionText>> = {
  config: {
    type: "string",
    value: "FILE",
    text: "settings; default: $POSTERN_CONFIG, ./postern-data/postern.toml, /etc/postern/postern.toml",
  },
  json: { type: "boolean", text: "print JSON" },
  help: { type: "boolean", text: "print this" },
};
