/** The report for a terminal of 80 columns. */
import { plain, wrapped } from "#verdict/page.ts";
import type { AuditReport, Finding, Outcome, ProtectionReport } from "./report.ts";

const WORDS: Readonly<Record<Outcome, string>> = {
  pass: "pass",
  warn: "warn",
  fail: "FAIL",
  unknown: "could not check",
};

/** @param options.all also what passed, with its evidence. */
export function renderText(report: AuditReport, options: { readonly all: boolean }): readonly string[] {
  const { domain, atMs, hosts, protections } = report;
  return [
    `Audit of ${plain(domain)}, ${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC`,
    ...wrapped(hosts.length === 0 ? "no mail hosts" : hosts.join(", "), "  "),
    "",
    ...protections.map(summaryLine),
    ...protections.flatMap((protection) => details(protection, options.all)),
    "",
    lastLine(protections),
  ];
}

function summaryLine({ number, name, outcome, findings }: ProtectionReport): string {
  const counts = (["fail", "warn", "unknown"] as const)
    .filter((one) => one !== outcome)
    .map((one) => [findings.filter((finding) => finding.outcome === one).length, WORDS[one]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  const beside = counts.length === 0 ? "" : ` (${counts.join(", ")})`;
  return `${String(number).padStart(2)} ${name.padEnd(24)}${WORDS[outcome]}${beside}`;
}

function details({ number, name, findings }: ProtectionReport, all: boolean): readonly string[] {
  const told = findings.filter(({ outcome }) => all || outcome !== "pass");
  if (told.length === 0) return [];
  return ["", `${number} ${name}`, ...told.flatMap(findingLines)];
}

function findingLines({ outcome, says, evidence, remedy }: Finding): readonly string[] {
  return [
    ...wrapped(`${WORDS[outcome]}: ${says}`, "  ", "    "),
    ...evidence.flatMap((line) =>
      wrapped(line.trimStart(), `    | ${" ".repeat(line.length - line.trimStart().length)}`, "    |   "),
    ),
    ...(remedy === undefined ? [] : wrapped(`→ ${remedy}`, "    ", "      ")),
  ];
}

function lastLine(protections: readonly ProtectionReport[]): string {
  const count = (outcome: Outcome): number => protections.filter((one) => one.outcome === outcome).length;
  const parts = (["pass", "warn", "fail", "unknown"] as const)
    .map((outcome) => [count(outcome), WORDS[outcome].toLowerCase()] as const)
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`);
  return `Of ten protections: ${parts.join(", ")}.`;
}
