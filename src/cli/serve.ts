/** `postern serve`: settings, first run, server, signals. Whatever keeps it from running is one line that says what to do. */
import { join, relative } from "node:path";
import { loadSettings } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import type { Settings } from "#config/settings.ts";
import { scramHashes } from "#identity/scram-derivation.ts";
import type { RunningServer } from "#main.ts";
import type { LogLevel, LogOptions, LogStyle } from "#platform/json-log.ts";
import { leaveSoon } from "#platform/leave-soon.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { sentence } from "./administer.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";
import type { ControlContext } from "./control-commands.ts";
import { makeTrialAccounts, makeTrialSettings } from "./first-run.ts";
import { firstRunPage } from "./first-run-page.ts";
import { settingsFile, TRIAL_SETTINGS_FILE } from "./settings-file.ts";
import type { ServerStatus } from "./status-report.ts";
import { tenProtections } from "./ten-protections.ts";
import type { TlsStatus } from "./tls-status.ts";
import { postern } from "./version.ts";

const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const LOG_STYLES: readonly LogStyle[] = ["json", "pretty"];

export const serve: Command = {
  name: "serve",
  operands: [],
  summary: "runs the server; SIGTERM or Ctrl-C drains and ends it",
  options: {
    log: { type: "string", value: "STYLE", text: "json (default), or pretty for people" },
    "log-level": { type: "string", value: "LEVEL", text: "debug, info (default), warn, error or silent" },
  },
  async run(invocation) {
    const { out } = invocation;
    const level = LOG_LEVELS.find((known) => known === (invocation.option("log-level") ?? "info"));
    const style = LOG_STYLES.find((known) => known === (invocation.option("log") ?? "json"));
    if (level === undefined || style === undefined) {
      out.problem(`--log-level is one of ${LOG_LEVELS.join(", ")}; --log is json or pretty.`);
      return 2;
    }
    try {
      const settings = await settingsToServe(invocation);
      return settings === undefined ? 1 : await serveUntilStopped(settings, { level, style }, invocation);
    } catch (error) {
      const line = lineAbout(error);
      if (line === undefined) throw error;
      out.problem(line);
      return 1;
    }
  },
};

async function settingsToServe(invocation: Invocation): Promise<Settings | undefined> {
  const { out } = invocation;
  const file = settingsFile(invocation) ?? TRIAL_SETTINGS_FILE;
  if (file === TRIAL_SETTINGS_FILE) makeTrialSettings(file);
  const loaded = await loadSettings(file);
  // What keeps it from starting is not to be looked for among warnings.
  const errors = loaded.ok ? [] : loaded.problem.filter(({ severity }) => severity === "error");
  for (const problem of loaded.ok ? loaded.value.warnings : errors) out.problem(formatProblem(problem));
  return loaded.ok ? loaded.value.settings : undefined;
}

async function serveUntilStopped(settings: Settings, log: LogOptions, invocation: Invocation): Promise<ExitCode> {
  const { out } = invocation;
  // From here on, so that a signal during the start is not lost.
  const stopAsked = signalled(["SIGTERM", "SIGINT"]);
  // Unheard, a SIGHUP ends a process; until the server is there, it waits.
  const isThere = Promise.withResolvers<RunningServer>();
  process.on("SIGHUP", () => void isThere.promise.then((server) => reload(server, invocation)));
  const { serve: startServer } = await import("#main.ts");
  const { controlHandler } = await import("./control-commands.ts");
  const started = await startServer({
    settings,
    version: postern.version,
    log,
    control: (server) => controlHandler(contextOf(server)),
  });
  if (!started.ok) {
    out.problem(`${sentence(started.problem.message)} ${sentence(started.problem.remedy)}`);
    return 1;
  }
  const server = started.value;
  isThere.resolve(server);
  const accounts = await makeTrialAccounts(settings, controlHandler(contextOf(server)));
  sayThatItRuns(server, settings, accounts, invocation);
  const failure = await Promise.race([server.failed, stopAsked]);
  await server.stop();
  leaveSoon();
  if (failure === undefined) return 0;
  out.problem(`Postern stopped, as a part of it failed: ${sentence(failure)} The log says more.`);
  return 1;
}

/** SIGHUP: the settings are read again. With a problem the old ones stay in force. */
async function reload(server: RunningServer, invocation: Invocation): Promise<void> {
  const { out } = invocation;
  const settings = await settingsToServe(invocation);
  const problem =
    settings === undefined ? undefined : await server.reload(settings).catch((error: unknown) => problemOf(error));
  if (problem !== undefined) out.problem(`${sentence(problem.message)} ${sentence(problem.remedy)}`);
  if (settings === undefined || problem !== undefined) out.problem("The old settings stay in force.");
  else if (!invocation.json) out.line("The settings were read again and are in force for new connections.");
}

/** A thread that died while it started: nothing to be told of but what it said. */
function problemOf(error: unknown): { readonly message: string; readonly remedy: string } {
  const message = `the new settings could not be put in force: ${error instanceof Error ? error.message : String(error)}`;
  return { message, remedy: "look at the log, and try again" };
}

/** @param accounts those that were just made, with their passwords. */
function sayThatItRuns(
  server: RunningServer,
  settings: Settings,
  accounts: Awaited<ReturnType<typeof makeTrialAccounts>>,
  { out, json }: Invocation,
): void {
  if (json) {
    out.json({ ok: true, value: { version: postern.version, listeners: server.listening(), accounts } });
    return;
  }
  if (accounts.length === 0) {
    out.line(`Postern ${postern.version} is running. \`postern status\` tells how it is.`);
    return;
  }
  const page = {
    settings,
    listening: server.listening(),
    accounts,
    settingsFile: fromHere(settings.file),
    certificateFile: fromHere(server.certificates()[0]?.certificatePath ?? join(settings.dataDir, "tls")),
    protections: tenProtections(settings, { relaySelfTest: "passed" }),
  };
  out.line(firstRunPage(page, { colour: out.colour }));
}

function contextOf(server: RunningServer): ControlContext {
  return {
    administration: {
      store: server.store,
      clock: systemClock,
      random: systemRandom,
      get domains() {
        return server.settings().domains.map(({ name }) => name);
      },
      get scramHashes() {
        return scramHashes(server.settings().auth);
      },
    },
    get settings() {
      return server.settings();
    },
    protectedReason: (prefix) => server.protectedAddresses().reason(prefix),
    gatekeeper: server.gatekeeper,
    pairing: server.pairing,
    running: () => statusOf(server),
  };
}

async function statusOf(server: RunningServer): Promise<ServerStatus> {
  const { startedAtMs, listening, connections, limitFigures, outcomes, lists, alerts, proofs } = server;
  return {
    version: postern.version,
    processId: process.pid,
    startedAtMs,
    nowMs: systemClock.now(),
    listeners: listening(),
    connectionsOpen: connections(),
    limits: limitFigures(),
    outcomes: outcomes(),
    lists: lists(),
    tls: await tlsStatusOf(server),
    alerts: alerts(),
    proofs: proofs(),
  };
}

async function tlsStatusOf({ certificates, servedCertificates, tls, store }: RunningServer): Promise<TlsStatus> {
  const report = tls();
  const accounts = report.logins.length === 0 ? [] : await store.listAccounts();
  return {
    ...report,
    certificates: certificates().map(({ names, keyType, validToMs, certificatePath }) => {
      return { names, keyType, validToMs, file: certificatePath };
    }),
    served: servedCertificates(),
    accounts: Object.fromEntries(accounts.map(({ id, address }) => [id, address])),
  };
}

/** Resolves at the first of the signals; a second one ends the process at once, as without us. */
function signalled(signals: readonly NodeJS.Signals[]): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(undefined));
  });
}

/** Relative where that is shorter: what is below the folder one works in. */
function fromHere(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") ? file : path;
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Free some space and start again",
  EDQUOT: "the quota of the disk is used up. Free some space and start again",
  EROFS: "the disk is mounted read-only. Mount it writable, or name another data_dir",
  EACCES: "this user may not write there. Run as the owner of the folder, or give the folder to this user",
  EPERM: "this user may not do that. Run as the owner of the folder",
};

/** What `node:sqlite` says in `errcode` when it could not write. */
const SQLITE_FULL = 13;

/** One line for what the system refused; undefined for what is a bug of ours. */
function lineAbout(error: unknown): string | undefined {
  const { code = "", path, errcode } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const words = SYSTEM_ERRORS[errcode === SQLITE_FULL ? "ENOSPC" : code];
  if (words === undefined) return undefined;
  return `Postern cannot start: ${path === undefined ? "" : `${path}: `}${words}.`;
}
