/** The server as a service: the systemd unit, and starting it with or without systemd. */
import { closeSync, existsSync, fchownSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { ask } from "#platform/net/ask-control.ts";
import { dialControlSocket } from "#platform/net/control-dial.ts";
import { runProgram, startDetached } from "#platform/run-program.ts";
import { sleep } from "#platform/sleep.ts";
import { systemClock } from "#platform/system-clock.ts";
import { CONTROL_SOCKET } from "../administer.ts";
import type { ControlOutcome, ControlValue } from "../control-commands.ts";
import type { ServerStatus } from "../status-report.ts";
import { LOOK_AGAIN_MS, PROGRAM_MS, STARTED_MS } from "./limits.ts";
import { isRoot, type Owner, userNamed } from "./place-files.ts";
import type { SetupPlan } from "./plan.ts";
import type { Step } from "./report.ts";

/** Of the package or the checkout. */
const ROOT = join(import.meta.dirname, "../../..");
export const UNIT_FILE = "/etc/systemd/system/postern.service";
const LOG_FILE = "postern.log";

/** The words that run this very program. */
function program(settingsFile: string): readonly string[] {
  return [process.execPath, join(ROOT, "bin/postern.js"), "serve", "--config", settingsFile];
}

/** The packaged unit with this installation's folders, user and program: one source for both. */
export function unitText({ user, dataDir }: Pick<SetupPlan, "user" | "dataDir">, settingsFile: string): string {
  const words = program(settingsFile);
  const isAtHome = [...words, dataDir].some((word) => /^\/(?:home|root|run\/user)\//.test(word));
  const own: Readonly<Record<string, string>> = {
    User: user,
    Group: user,
    ExecStart: words.map(unitWord).join(" "),
    ReadWritePaths: unitWord(dataDir),
    // Hidden where nothing of ours is there.
    ...(isAtHome ? { ProtectHome: "read-only" } : {}),
  };
  return readFileSync(join(ROOT, "packaging/postern.service"), "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("# Used as it stands"))
    .map((line) => {
      const [key = ""] = line.split("=", 1);
      return own[key] === undefined ? line : `${key}=${own[key]}`;
    })
    .join("\n");
}

/** systemd.syntax(7): quotes around blanks, `%` twice. */
function unitWord(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(escaped) ? `"${escaped.replace(/["\\]/g, "\\$&")}"` : escaped;
}

export function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

/** Over its socket alone: to open the store ourselves would stand in the way of a server that starts. */
export async function runningServer(settings: Settings): Promise<ServerStatus | undefined> {
  const dialled = await dialControlSocket(join(settings.dataDir, CONTROL_SOCKET)).catch(() => undefined);
  if (dialled?.ok !== true) return undefined;
  const outcome = (await ask(dialled.value, "status", {}).catch(() => undefined)) as
    | ControlOutcome<ControlValue<"status">>
    | undefined;
  return outcome?.ok === true ? (outcome.value.running ?? undefined) : undefined;
}

export async function startServer(plan: SetupPlan, settings: Settings): Promise<Step> {
  const name = "server";
  const running = await runningServer(settings);
  if (running !== undefined)
    return { kind: "kept", name, says: `the server, which runs as process ${running.processId}` };
  const byHand = `Start it: ${program(settings.file).join(" ")}`;
  const started = plan.usesSystemd && hasSystemd() ? await startUnit() : startBySelf(plan, settings);
  if (!started.ok) return { kind: "fail", name, says: started.problem, remedy: byHand };
  const untilMs = systemClock.monotonicMs() + STARTED_MS;
  while (systemClock.monotonicMs() < untilMs) {
    await sleep(LOOK_AGAIN_MS);
    const now = await runningServer(settings);
    if (now !== undefined) return { kind: "made", name, says: `the server runs as process ${now.processId}` };
  }
  const remedy = plan.usesSystemd && hasSystemd() ? "journalctl -u postern says why." : `${started.value} says why.`;
  return { kind: "fail", name, says: "The server was started and does not answer", remedy };
}

async function startUnit(): Promise<Result<string, string>> {
  for (const words of [["daemon-reload"], ["enable", "postern.service"], ["restart", "postern.service"]]) {
    const run = await runProgram("systemctl", words, { timeoutMs: PROGRAM_MS });
    if (!run.ok) return run;
  }
  return ok("");
}

/** Where it writes what it says. */
function startBySelf({ user }: SetupPlan, { dataDir, file }: Settings): Result<string, string> {
  const log = join(dataDir, LOG_FILE);
  const owner = userNamed(user);
  const output = openSync(log, "a", 0o600);
  try {
    if (!isRoot()) startDetached(process.execPath, program(file).slice(1), output);
    else if (owner === undefined) return failed(`there is no user ${user}`);
    else {
      fchownSync(output, owner.userId, owner.groupId);
      startDetached("setpriv", [...asUser(owner), ...program(file)], output);
    }
    return ok(log);
  } finally {
    closeSync(output);
  }
}

/** setpriv(1): what the unit's AmbientCapabilities do. */
function asUser({ userId, groupId }: Owner): readonly string[] {
  const capabilities = ["--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service"];
  return [`--reuid=${userId}`, `--regid=${groupId}`, "--clear-groups", ...capabilities, "--no-new-privs", "--"];
}
