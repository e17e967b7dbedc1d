/** What no single setting shows: settings that do not fit each other, or that have no effect in this version. */
import { canonicalAddress, parseMailbox } from "#mail/address.ts";
import type { CamelCased } from "./camel-case.ts";
import type { ProblemList } from "./problem.ts";
import { scoresOf, scoresProblem } from "./scores.ts";
import type { SettingsFile } from "./settings.ts";
import { PROTOCOLS_NOT_BUILT, WITHOUT_EFFECT } from "./this-version.ts";
import type { KeyPath } from "./toml-lines.ts";

export function checkDomains(file: SettingsFile, problems: ProblemList): void {
  if (file.domain.length === 0) {
    problems.error(["domain"], "There is no domain", 'Add [[domain]] with name = "example.com".');
  }
  const seen = new Set<string>();
  for (const [position, { name, role, primary_host, catch_all }] of file.domain.entries()) {
    if (seen.has(name)) {
      problems.error(["domain", position, "name"], `The domain ${name} is there twice`, "Take one of them out.");
    }
    seen.add(name);
    if (role === "secondary" && primary_host === "") {
      problems.error(
        ["domain", position],
        `${name} is secondary without primary_host`,
        'Name the host that its mail is handed on to: primary_host = "mx1.example.com".',
      );
    }
    if (catch_all !== "" && !isLocal(catch_all, file)) {
      problems.error(
        ["domain", position, "catch_all"],
        `catch_all of ${name} is ${catch_all}, which is in none of the domains here`,
        "Name an account of this server.",
      );
    }
  }
  if (file.admin === "" || (file.admin !== undefined && !isLocal(file.admin, file))) {
    problems.error(
      ["admin"],
      `admin is "${file.admin}", which is in none of the domains here`,
      "Name an account or alias of this server: alerts must not depend on other servers.",
    );
  }
}

function isLocal(address: string, file: Pick<SettingsFile, "domain">): boolean {
  const mailbox = parseMailbox(address, { utf8: true });
  return mailbox.ok && file.domain.some(({ name }) => name === mailbox.value.domain);
}

/** Days whose decisions a report about yesterday may still need. */
const REPORTED_DAYS = 3;

export function checkReports({ reports: { from, dmarc }, ...file }: SettingsFile, problems: ProblemList): void {
  if (from !== undefined && !isLocal(from, file)) {
    problems.error(
      ["reports", "from"],
      `reports.from is "${from}", which is in none of the domains here`,
      "Name an address of this server: reports are signed in its domain's name.",
    );
  }
  if (dmarc && file.decisions.keep_days < REPORTED_DAYS) {
    problems.warning(
      ["decisions", "keep_days"],
      `decisions.keep_days is ${file.decisions.keep_days}: reports to other domains, made of decisions, will lack some`,
      `Set it to ${REPORTED_DAYS} or more, or reports.dmarc = false.`,
    );
  }
}

export function checkLimits({ limits }: SettingsFile, problems: ProblemList): void {
  const pairs = [
    ["connections_per_address", "connections_total"],
    ["connections_per_slash24", "connections_total"],
    ["connections_per_slash64", "connections_total"],
    ["connections_per_slash48", "connections_total"],
    ["connections_per_address", "connections_per_slash24"],
    ["connections_per_minute_per_address", "connections_per_minute_per_slash24"],
    ["connections_per_slash64", "connections_per_slash48"],
    ["connections_per_minute_per_slash64", "connections_per_minute_per_slash48"],
    ["command_timeout_under_load_ms", "command_timeout_ms"],
    ["message_in_memory_octets_max", "message_size_octets_max"],
  ] as const;
  for (const [less, more] of pairs) {
    if (limits[less] <= limits[more]) continue;
    problems.error(
      ["limits", less],
      `limits.${less} is ${limits[less]}, more than ${more}, which is ${limits[more]}`,
      `Lower it, or raise ${more}.`,
    );
  }
}

export function checkLists(file: SettingsFile, problems: ProblemList): void {
  for (const [position, { profile, zone, answers }] of file.list.entries()) {
    const path = ["list", position];
    if ((profile === undefined) === (zone === undefined)) {
      problems.error(path, `list ${position + 1} needs either profile or zone`, "Give one of the two.");
    } else if (zone !== undefined && Object.keys(answers).length === 0) {
      problems.error(
        path,
        `list ${position + 1} has no answers, so nothing it says would count`,
        'Add answers = { "127.0.0.2" = { means = "spam", weight = 4 } }.',
      );
    }
  }
}

/** Scores ascend, for everybody, each domain and each account as they are when laid over each other. */
export function checkScores(file: SettingsFile, written: CamelCased<SettingsFile>, problems: ProblemList): void {
  const { verdict, domain: domains, accountPolicy: accounts } = written;
  const check = (path: KeyPath, whose: string, ...layers: Parameters<typeof scoresOf>[1][]): void => {
    const problem = scoresProblem(scoresOf(verdict, ...layers));
    if (problem !== undefined) problems.error(path, `${whose}: ${problem}`, "Scores ascend: junk, quarantine, reject.");
  };
  check(["verdict"], "verdict");
  // What is wrong for all would be said again of each.
  if (scoresProblem(scoresOf(verdict)) !== undefined) return;
  for (const [position, domain] of domains.entries()) check(["domain", position], domain.name, domain);
  const seen = new Set<string>();
  for (const [position, account] of accounts.entries()) {
    const { address } = account;
    const path = ["account_policy", position];
    const mailbox = parseMailbox(address, { utf8: true });
    const name = mailbox.ok ? canonicalAddress(mailbox.value) : address;
    if (!isLocal(address, file)) {
      problems.error(
        path,
        `account_policy ${position + 1} is for "${address}", which is in none of the domains here`,
        "Name an account of this server.",
      );
    }
    if (seen.has(name)) problems.error(path, `There are two account_policy tables for ${name}`, "Make one of them.");
    seen.add(name);
    const domain = domains.find(({ name: own }) => name.endsWith(`@${own}`)) ?? {};
    check(path, address, domain, account);
  }
}

/** Each account has limits of its own once. */
export function checkSendingAccounts(file: SettingsFile, problems: ProblemList): void {
  const seen = new Set<string>();
  for (const [position, { address }] of file.sending_account.entries()) {
    const path = ["sending_account", position];
    const mailbox = parseMailbox(address, { utf8: true });
    const name = mailbox.ok ? canonicalAddress(mailbox.value) : address;
    if (!isLocal(address, file)) {
      problems.error(
        path,
        `sending_account ${position + 1} is for "${address}", which is in none of the domains here`,
        "Name an account of this server.",
      );
    }
    if (seen.has(name)) problems.error(path, `There are two sending_account tables for ${name}`, "Make one of them.");
    seen.add(name);
  }
}

export function checkStore({ store }: SettingsFile, problems: ProblemList): void {
  if (store.url !== "sqlite:") {
    problems.error(["store", "url"], `store.url "${store.url}" is not in this version`, 'Set url = "sqlite:".');
  }
  if (store.blobs !== "file:") {
    problems.error(["store", "blobs"], `store.blobs "${store.blobs}" is not in this version`, 'Set blobs = "file:".');
  }
}

/** Says of each setting that somebody wrote and that does nothing yet that it does nothing yet. */
export function warnWithoutEffect(written: unknown, file: SettingsFile, problems: ProblemList): void {
  const remedy = "It is kept for a later version; nothing to do.";
  for (const name of WITHOUT_EFFECT) {
    const [table = "", key] = name.split(".");
    for (const path of pathsOf(written, table, key))
      problems.warning(path, `${name} has no effect in this version`, remedy);
  }
  for (const [position, { protocol }] of file.listener.entries()) {
    if (!PROTOCOLS_NOT_BUILT.includes(protocol)) continue;
    problems.warning(
      ["listener", position, "protocol"],
      `A listener for ${protocol} is not opened in this version`,
      remedy,
    );
  }
}

/** Where a table, or a key in it or in each of its tables, was written. */
function pathsOf(written: unknown, table: string, key: string | undefined): KeyPath[] {
  const value = (written as Record<string, unknown>)[table];
  if (value === undefined) return [];
  if (key === undefined) return [[table]];
  const tables: [KeyPath, unknown][] = Array.isArray(value)
    ? value.map((item, position) => [[table, position, key], item])
    : [[[table, key], value]];
  return tables.filter(([, item]) => Object.hasOwn(item as object, key)).map(([path]) => path);
}
