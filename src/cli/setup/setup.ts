/**
 * `postern setup`: from a bare machine to mail that works, without a question. Looks first, then makes what is missing,
 * keeps what is right, and ends with the audit. Safe to run again.
 */
import { join } from "node:path";
import { renderText } from "#audit/render-text.ts";
import type { AuditReport } from "#audit/report.ts";
import { loadSettings } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import type { Settings } from "#config/settings.ts";
import { wrapped } from "#verdict/page.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import { publishRecords } from "./dns-step.ts";
import { lastAudit } from "./last-audit.ts";
import { checkMachine } from "./machine-checks.ts";
import { checkNetwork } from "./network-checks.ts";
import { giveAway, isRoot, letRead, othersIn, placeFile, placeFolder, placeUser, userNamed } from "./place-files.ts";
import { readPlan, SETUP_OPTIONS, type SetupPlan } from "./plan.ts";
import { SetupReport, type Step } from "./report.ts";
import { hasSystemd, runningServer, startServer, UNIT_FILE, unitText } from "./service.ts";
import { settingsText } from "./settings-text.ts";
import { placeAccount, placeKeys } from "./store-step.ts";
import { tryMail } from "./try-mail.ts";
import { waitForCertificate } from "./wait-for-certificate.ts";

/** What is in the data folder is nobody else's to read, as under the server itself. */
const OWNER_ONLY_UMASK = 0o077;

export const setup: Command = {
  name: "setup",
  operands: [],
  summary: "makes a real installation, and proves that it works",
  options: SETUP_OPTIONS,
  async run(invocation) {
    const plan = readPlan(invocation);
    if (!plan.ok) {
      invocation.out.problem(plan.problem);
      return 2;
    }
    const report = new SetupReport(invocation.out, invocation.json);
    const audit = await install(plan.value, report).catch((error: unknown) => {
      report.add(notAllowed(error));
      return undefined;
    });
    return conclude(invocation, plan.value, report, audit);
  },
};

/** What the system did not let us do is for people to read. Anything else is a bug: thrown on. */
function notAllowed(error: unknown): Step {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) throw error;
  const remedy = isRoot()
    ? `Look at ${path}.`
    : "Run setup as root, or name folders of this user with --dir and --data.";
  return { kind: "fail", name: "system", says: `${path}: ${syscall ?? "it"} failed (${code})`, remedy };
}

/** The audit at its end; undefined: it did not come so far, and the report says why. */
async function install(plan: SetupPlan, report: SetupReport): Promise<AuditReport | undefined> {
  const settingsFile = join(plan.dir, "postern.toml");
  if (plan.checks) await look(plan, settingsFile, report);
  if (report.has("fail")) return undefined;
  if (!plan.isConfirmed) {
    sayPlan(plan, settingsFile, report);
    return undefined;
  }
  report.heading("Installation");
  const settings = await placeInstallation(plan, settingsFile, report);
  if (settings === undefined) return undefined;
  const keys = await placeStore(plan, settings, report);
  if (keys === undefined) return undefined;
  report.heading("DNS");
  await publishRecords(plan, settings, keys, report);
  report.heading("Service");
  const started = await startServer(plan, settings);
  report.add(started);
  if (started.kind === "fail") return undefined;
  if (settings.tls.source === "acme") report.add(await waitForCertificate(settings));
  report.add(await tryMail(settings, plan.admin));
  const active = keys.filter(({ state }) => state === "active").map(({ selector }) => selector);
  return lastAudit(settings, plan.domain, active);
}

async function look(plan: SetupPlan, settingsFile: string, report: SetupReport): Promise<void> {
  report.heading("Machine and network");
  const loaded = await loadSettings(settingsFile);
  const running = loaded.ok ? await runningServer(loaded.value.settings) : undefined;
  const own = (running?.listeners ?? []).map(({ endpoint }) => Number(/:(\d+)$/.exec(endpoint)?.[1]));
  for (const step of await checkMachine(plan, new Set(own))) report.add(step);
  for (const step of await checkNetwork(plan)) report.add(step);
}

function sayPlan(plan: SetupPlan, settingsFile: string, report: SetupReport): void {
  report.heading("With --yes setup would make, where it is not there");
  const { user, dataDir, admin, domain, hostname } = plan;
  const lines = [
    `the user ${user}, who owns ${dataDir}`,
    `${settingsFile}: ${hostname} takes mail for ${domain}`,
    `keys that sign the mail of ${domain}, and the account ${admin}`,
    ...(plan.usesSystemd && hasSystemd() ? [UNIT_FILE] : []),
    plan.publish.kind === "by-hand" ? "a list of DNS records to publish" : "the DNS records",
  ];
  report.lines(lines.flatMap((line) => wrapped(line, "  ", "    ")));
}

/** User, folders, settings and unit. */
async function placeInstallation(
  plan: SetupPlan,
  settingsFile: string,
  report: SetupReport,
): Promise<Settings | undefined> {
  const others = othersIn(plan.dataDir);
  report.add(
    others === undefined ? await placeUser(plan.user, plan.dataDir) : { kind: "fail", name: "data", ...others },
  );
  if (report.has("fail")) return undefined;
  report.add(placeFile(settingsFile, settingsText(plan), 0o640, "settings"));
  const loaded = await loadSettings(settingsFile);
  if (!loaded.ok) {
    const problems = loaded.problem.filter(({ severity }) => severity === "error").map(formatProblem);
    report.add({ kind: "fail", name: "settings", says: problems.join(" "), remedy: `Correct ${settingsFile}.` });
    return undefined;
  }
  const { settings } = loaded.value;
  if (!settings.domains.some(({ name }) => name === plan.domain)) {
    const remedy = `Add a [[domain]] for it, and run setup again.`;
    report.add({ kind: "fail", name: "settings", says: `${settingsFile} does not have ${plan.domain}`, remedy });
    return undefined;
  }
  report.add(placeFolder(settings.dataDir, "data"));
  if (report.has("fail")) return undefined;
  if (plan.usesSystemd && hasSystemd() && isRoot()) {
    report.add(placeFile(UNIT_FILE, unitText(plan, settingsFile), 0o644, "unit"));
  }
  const owner = userNamed(plan.user);
  if (isRoot() && owner !== undefined) letRead(settingsFile, owner);
  return settings;
}

/** Account and keys: asked of the running server, or in the store itself, which must be ours for as long. */
async function placeStore(plan: SetupPlan, settings: Settings, report: SetupReport) {
  const owner = userNamed(plan.user);
  const isOurs = isRoot() && owner !== undefined && (await runningServer(settings)) === undefined;
  if (isOurs) giveAway(settings.dataDir, { userId: 0, groupId: 0 });
  const umask = process.umask(OWNER_ONLY_UMASK);
  try {
    const password = await placeAccount(plan, settings, report);
    if (password !== undefined) {
      report.lines(["", `  Password of ${plan.admin}, shown this once: ${password}`, ""]);
      report.secret = { account: plan.admin, password };
    }
    return await placeKeys(plan, settings, report);
  } finally {
    process.umask(umask);
    if (isOurs) giveAway(settings.dataDir, owner);
  }
}

function conclude(
  { out, json }: Invocation,
  plan: SetupPlan,
  report: SetupReport,
  audit: AuditReport | undefined,
): ExitCode {
  const open = (audit?.protections ?? []).filter(({ outcome }) => outcome !== "pass");
  const left = [
    ...new Set(report.left().map(({ says, remedy = "" }) => `${says.endsWith(".") ? says : `${says}.`} ${remedy}`)),
  ];
  const isDone = audit !== undefined && open.length === 0 && !report.has("fail");
  if (json) {
    const { steps, secret } = report;
    const made = secret === undefined ? {} : { secret };
    out.json({ ok: true, value: { done: isDone, steps, ...made, audit: audit ?? null, left } });
    return exitCode(plan, report, open);
  }
  if (audit !== undefined) {
    report.lines(["", ...renderText(audit, { all: false })]);
  }
  if (left.length > 0) report.heading("Left to do");
  report.lines(left.flatMap((line, index) => wrapped(`${index + 1}. ${line}`, "  ", "     ")));
  report.lines(["", ...wrapped(lastLine(plan, audit, report, open.length))]);
  return exitCode(plan, report, open);
}

/** @param open protections that the audit did not pass. */
function exitCode({ isConfirmed }: SetupPlan, report: SetupReport, open: AuditReport["protections"]): ExitCode {
  if (report.has("fail")) return 1;
  // It only looked, and nothing stands in the way.
  if (!isConfirmed || open.length === 0) return 0;
  return open.every(({ outcome }) => outcome === "unknown") ? 3 : 1;
}

function lastLine(
  { domain, isConfirmed }: SetupPlan,
  audit: AuditReport | undefined,
  report: SetupReport,
  open: number,
): string {
  if (audit === undefined && report.has("fail"))
    return "Setup ended early: correct what failed, and run it again. What is right stays.";
  if (!isConfirmed) return "Nothing was changed. Add --yes to do it.";
  if (report.has("fail")) return `${domain} is not set up yet: correct what failed, and run setup again.`;
  if (open === 0) return `${domain} is set up: all ten protections are there.`;
  return `${domain} is set up; ${open} of the ten protections are not proven yet. Run setup again when they should be.`;
}
