/** Reads `postern.toml`: text to values, values to settings, and every problem at once. */
import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { acmeSettings } from "./acme.ts";
import { type CamelCased, camelCased } from "./camel-case.ts";
import { checkDelivery } from "./check-delivery.ts";
import { clientCertificateSettings } from "./client-certificates.ts";
import {
  checkDomains,
  checkLimits,
  checkLists,
  checkReports,
  checkScores,
  checkSendingAccounts,
  checkStore,
  warnWithoutEffect,
} from "./cross-checks.ts";
import { configuredListeners, usualListeners } from "./listeners.ts";
import { readOauth } from "./oauth.ts";
import { readPolicyFile } from "./policy-file.ts";
import { type Problem, ProblemList, reportIssues, valueAt } from "./problem.ts";
import { checkScanners } from "./scanner-checks.ts";
import { posternToml } from "./schema.ts";
import type { Settings, SettingsFile, TlsSettings } from "./settings.ts";
import { type Surroundings, thisMachine } from "./surroundings.ts";
import { type KeyPath, tomlLines } from "./toml-lines.ts";
import { checkTrustedNetworks } from "./trusted-networks.ts";
import { readUriList } from "./uri-list-file.ts";

/** A settings file is a few kilobytes; a wrong path must not read a disk image into memory. */
const FILE_OCTETS_MAX = 1024 * 1024;

export interface LoadedSettings {
  readonly settings: Settings;
  readonly warnings: readonly Problem[];
}

/** The problems of a failure hold at least one error, and warnings too. */
export async function loadSettings(
  path: string,
  surroundings: Surroundings = thisMachine,
): Promise<Result<LoadedSettings, readonly Problem[]>> {
  const file = resolve(path);
  let source: string;
  try {
    source = await readFile(file, "utf8");
  } catch (error) {
    return failed([unreadable(path, error)]);
  }
  if (source.length > FILE_OCTETS_MAX) {
    return failed([fileProblem(path, "The file is too large for settings", "Is it the right one?")]);
  }
  return settingsFrom(source, { file, shownAs: path }, surroundings);
}

/** The same for a text that is at hand. `shownAs` stands in messages. */
export function settingsFrom(
  source: string,
  name: { readonly file: string; readonly shownAs: string },
  surroundings: Surroundings,
): Result<LoadedSettings, readonly Problem[]> {
  let written: unknown;
  try {
    written = parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [summary = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    const remedy = "Texts stand in quotes, tables under [name], arrays of tables under [[name]].";
    return failed([
      { file: name.shownAs, line: error.line, message: `This is not TOML: ${summary}`, remedy, severity: "error" },
    ]);
  }
  const problems = new ProblemList(name.shownAs, tomlLines(source));
  let checked = posternToml.safeParse(written);
  if (!checked.success) {
    reportIssues(checked.error.issues, written, posternToml, problems);
    // Without the unknown keys the rest may be sound, so that what does not fit together is told in the same go.
    checked = posternToml.safeParse(withoutKeys(written, checked.error.issues));
    if (!checked.success) return failed(byLine(problems.problems));
  }
  const settings = derive(checked.data, name.file, surroundings, problems);
  warnWithoutEffect(written, checked.data, problems);
  const found = byLine(problems.problems);
  return found.some(({ severity }) => severity === "error") ? failed(found) : ok({ settings, warnings: found });
}

function withoutKeys(written: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(written);
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const table = valueAt(copy, issue.path as KeyPath) as Record<string, unknown>;
    for (const key of issue.keys) delete table[key];
  }
  return copy;
}

function derive(file: SettingsFile, path: string, surroundings: Surroundings, problems: ProblemList): Settings {
  checkDomains(file, problems);
  checkLimits(file, problems);
  checkLists(file, problems);
  checkReports(file, problems);
  checkScanners(file, problems);
  checkDelivery(file, problems);
  checkSendingAccounts(file, problems);
  checkStore(file, problems);
  checkScores(file, camelCased(file), problems);
  checkTrustedNetworks(file.relay, surroundings.defaultGateways(), problems);
  const folder = dirname(path);
  const written = camelCased(file);
  const listeners = configuredListeners(file.listener, problems);
  return {
    file: path,
    hostname: file.hostname,
    dataDir: resolve(folder, file.data_dir),
    admin: canonical(file.admin ?? `postmaster@${file.domain[0]?.name ?? ""}`),
    domains: written.domain.map((domain) => domainSettings(domain, file.hostname)),
    listeners: listeners.length > 0 || file.listener.length > 0 ? listeners : defaultListeners(surroundings),
    tls: certificates(file.tls, folder, problems),
    acme: acmeSettings(file, written.acme, folder, problems),
    dns: written.dns,
    lists: written.list,
    rules: written.rules,
    verdict: written.verdict,
    weights: written.weights,
    accountPolicies: written.accountPolicy.map((one) => ({ ...one, address: canonical(one.address) })),
    quarantine: written.quarantine,
    uriList: readUriList(file, folder, problems),
    policyFile: readPolicyFile(file, folder, problems),
    dmarc: written.dmarc,
    greylist: written.greylist,
    antivirus: written.antivirus,
    milters: written.milter,
    limits: written.limits,
    relay: written.relay,
    threads: written.threads,
    delivery: written.delivery,
    routes: written.route,
    queue: written.queue,
    sending: written.sending,
    sendingAccounts: written.sendingAccount.map((one) => ({ ...one, address: canonical(one.address) })),
    pair: written.pair,
    reports: {
      ...written.reports,
      from: canonical(written.reports.from ?? reportsFrom(file)),
    },
    metrics: written.metrics,
    accounts: written.accounts,
    auth: written.auth,
    clientCertificates: clientCertificateSettings(file, folder, problems),
    oauth: readOauth(written.oauth, folder, problems),
    decisions: written.decisions,
    store: written.store,
  };
}

function domainSettings(
  { mtaStsMode, mtaStsMaxAgeSeconds, mtaStsMx, ...domain }: CamelCased<SettingsFile>["domain"][number],
  hostname: string,
): Settings["domains"][number] {
  const mx = mtaStsMx.length === 0 ? [hostname] : mtaStsMx;
  const mtaSts = { mode: mtaStsMode, maxAgeSeconds: mtaStsMaxAgeSeconds, mx };
  return { ...domain, catchAll: canonical(domain.catchAll), mtaSts };
}

function defaultListeners(surroundings: Surroundings): Settings["listeners"] {
  // `::` takes IPv4 too.
  const host = surroundings.hasIpv6() ? "::" : "0.0.0.0";
  return usualListeners([host], surroundings.mayBindLowPorts() ? "usual" : "unprivileged");
}

function certificates(tls: SettingsFile["tls"], folder: string, problems: ProblemList): TlsSettings {
  if (tls.source !== "files") return { source: tls.source, certificates: [] };
  const inTables = typeof tls.certificate !== "string";
  const pairs =
    typeof tls.certificate === "string" ? [{ certificate: tls.certificate, key: tls.key }] : tls.certificate;
  if (pairs.length === 0) {
    problems.error(
      ["tls", "certificate"],
      "There is no certificate",
      'Add [[tls.certificate]], or set source = "self-signed".',
    );
  }
  for (const [position, pair] of pairs.entries()) {
    for (const key of ["certificate", "key"] as const) {
      const path = inTables ? ["tls", "certificate", position, key] : ["tls", key];
      checkReadable(path, pair[key], folder, problems);
    }
  }
  return {
    source: "files",
    certificates: pairs.map(({ certificate, key }) => ({
      certificateFile: resolve(folder, certificate),
      keyFile: resolve(folder, key),
    })),
  };
}

function checkReadable(path: readonly (string | number)[], name: string, folder: string, problems: ProblemList): void {
  const key = path.at(-1);
  if (name === "") {
    problems.error(
      path,
      `tls.source is "files" and tls.${key} names no file`,
      'Name it, or set source = "self-signed".',
    );
    return;
  }
  const file = isAbsolute(name) ? name : resolve(folder, name);
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const missing = errorCode(error) === "ENOENT";
    const remedy = missing ? "Correct the name." : "Let the user that Postern runs as read it.";
    problems.error(path, `The file of tls.${key}, ${file}, ${missing ? "is not there" : "cannot be read"}`, remedy);
  }
}

/** Answers to reports, and the key that signs them, are where the domain's mail is. */
function reportsFrom({ domain }: Pick<SettingsFile, "domain">): string {
  return `postmaster@${(domain.find(({ role }) => role === "primary") ?? domain[0])?.name ?? ""}`;
}

function canonical(address: string): string {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok ? canonicalAddress(mailbox.value) : "";
}

function unreadable(path: string, error: unknown): Problem {
  const [message, remedy] = UNREADABLE[errorCode(error) ?? ""] ?? [
    `The settings cannot be read: ${String(error)}`,
    "Is the disk in order?",
  ];
  return fileProblem(path, message, remedy);
}

const UNREADABLE: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  ENOENT: ["There are no settings here", "Name the file with --config, or run `postern serve` once to make one."],
  EACCES: ["The settings cannot be read", "Run as the user they belong to, or change their mode."],
  EISDIR: ["This is a folder", "Name the file in it with --config."],
};

function fileProblem(file: string, message: string, remedy: string): Problem {
  return { file, line: 0, message, remedy, severity: "error" };
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function byLine(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((left, right) => left.line - right.line);
}
