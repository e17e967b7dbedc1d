import { spawn } from "node:child_process";
import { failed, ok, type Result } from "#mail/result.ts";

/** Characters of what a program said that are kept: its end, where it says what went wrong. */
const OUTPUT_CHARACTERS_MAX = 4096;

/** Until what a program said must have arrived after its end: what it started may keep its output open for ever. Milliseconds. */
const LAST_WORDS_MS = 500;

/**
 * Runs a program to its end; no shell is between. The problem is what it said last, or why it could not be run.
 * @param options.env on top of PATH and HOME alone: secrets of ours are no business of others.
 */
export function runProgram(
  program: string,
  words: readonly string[],
  options: { readonly timeoutMs: number; readonly env?: Readonly<Record<string, string>> },
): Promise<Result<string, string>> {
  const { PATH, HOME } = process.env;
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: { PATH, HOME, ...options.env } });
  let said = "";
  const hear = (octets: Buffer): void => {
    said = `${said}${octets.toString("latin1")}`.slice(-OUTPUT_CHARACTERS_MAX);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve) => {
    const timers = [setTimeout(() => child.kill("SIGKILL"), options.timeoutMs)];
    const settle = (outcome: Result<string, string>): void => {
      for (const timer of timers) clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(outcome);
    };
    const ended = (code: number | null, signal: string | null): void => {
      if (code === 0) return settle(ok(said));
      const end = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
      settle(failed(`${program} ${end}: ${said.trim() || "it said nothing"}`));
    };
    child.on("error", ({ message }) => settle(failed(`${program} cannot be run: ${message}`)));
    child.on("close", ended);
    child.on("exit", (code, signal) => timers.push(setTimeout(() => ended(code, signal), LAST_WORDS_MS)));
  });
}

/** Starts a program that outlives us, with what it says in a file. */
export function startDetached(program: string, words: readonly string[], output: number): void {
  const child = spawn(program, words, { stdio: ["ignore", output, output], detached: true, cwd: "/" });
  // That it is not there is seen by nobody answering.
  child.on("error", () => undefined);
  child.unref();
}
