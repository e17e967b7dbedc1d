/** Runs a control command where it belongs: in the running server, or without one over the store itself. */
import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import { ask } from "#platform/net/ask-control.ts";
import { dialControlSocket } from "#platform/net/control-dial.ts";
import { sleep } from "#platform/sleep.ts";
import { systemClock } from "#platform/system-clock.ts";
import type { ExitCode, Invocation } from "./command.ts";
import type { ControlArgs, ControlCommand, ControlOutcome, ControlValue } from "./control-commands.ts";
import { problemSentence, problemWord } from "./problem-words.ts";
import { readSettings } from "./settings-file.ts";

export const CONTROL_SOCKET = "control.sock";

/** A server that has its data folder and does not answer yet is starting, as right after `systemctl restart`. Milliseconds. */
const STARTING_MS = 10_000;
const LOOK_AGAIN_MS = 200;

type Asked<Name extends ControlCommand> =
  | { readonly kind: "answered"; readonly outcome: ControlOutcome<ControlValue<Name>> }
  /** One line that says what to do. */
  | { readonly kind: "unanswered"; readonly message: string };

export async function askWhereItBelongs<Name extends ControlCommand>(
  settings: Settings,
  command: Name,
  args: ControlArgs<Name>,
): Promise<Asked<Name>> {
  const giveUpMs = systemClock.now() + STARTING_MS;
  for (;;) {
    const asked = await askServer(settings, command, args);
    if (asked !== undefined) return asked;
    // Loaded only here: a command that a server answers starts in half the time without the store and its rooms.
    const { askStore } = await import("./ask-store.ts");
    const answer = await askStore(settings, command, args);
    if (answer.ok) return { kind: "answered", outcome: answer.value as ControlOutcome<ControlValue<Name>> };
    const { message, remedy, isHeld } = answer.problem;
    if (!isHeld || systemClock.now() > giveUpMs) {
      return { kind: "unanswered", message: `${sentence(message)} ${sentence(remedy)}` };
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Undefined where no server answers. */
async function askServer<Name extends ControlCommand>(
  settings: Settings,
  command: Name,
  args: ControlArgs<Name>,
): Promise<Asked<Name> | undefined> {
  const path = join(settings.dataDir, CONTROL_SOCKET);
  try {
    const dialled = await dialControlSocket(path);
    if (dialled.ok) {
      return {
        kind: "answered",
        outcome: (await ask(dialled.value, command, args)) as ControlOutcome<ControlValue<Name>>,
      };
    }
    if (dialled.problem === "not-allowed") {
      return {
        kind: "unanswered",
        message: `${path} belongs to another user. Run this as the user the server runs as.`,
      };
    }
  } catch (error) {
    return { kind: "unanswered", message: `The running server could not do it: ${messageOf(error)}.` };
  }
  return undefined;
}

/**
 * The whole of most commands: settings, question, and the answer printed by `print`, or as JSON.
 * @param subject what a problem is said of: an address, a domain.
 * @param isFine whether an answer is good news; where it is not, the command ends with 1.
 */
export async function administer<Name extends ControlCommand>(
  invocation: Invocation,
  command: Name,
  args: ControlArgs<Name>,
  subject: string,
  print: (value: ControlValue<Name>) => void,
  isFine: (value: ControlValue<Name>) => boolean = () => true,
): Promise<ExitCode> {
  const { out, json } = invocation;
  const settings = await readSettings(invocation);
  if (settings === undefined) return 1;
  const asked = await askWhereItBelongs(settings, command, args);
  if (asked.kind === "unanswered") return sayUnanswered(invocation, asked.message);
  const { outcome } = asked;
  if (!outcome.ok) return sayRefused(invocation, subject, outcome.problem);
  if (json) out.json(outcome);
  else print(outcome.value);
  return isFine(outcome.value) ? 0 : 1;
}

/** Nobody answered: nothing was found out. */
export function sayUnanswered({ out, json }: Invocation, message: string): ExitCode {
  if (json) out.json({ ok: false, problem: "unanswered", message });
  else out.problem(message);
  return 3;
}

/** @param problem the stable word of the answer, with its particulars. */
export function sayRefused({ out, json }: Invocation, subject: string, problem: string): ExitCode {
  const message = problemSentence(subject, problem);
  if (json) out.json({ ok: false, problem: problemWord(problem), message });
  else out.problem(message);
  return 1;
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
