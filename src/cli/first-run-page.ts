/** The page that the first run prints: what listens, who may log in, how to try it, and what is guarded. Plain text, 80 columns. */
import type { Settings } from "#config/settings.ts";
import type { ListeningReport } from "#threads/ports.ts";
import { columns } from "./output.ts";
import { listenerLines } from "./status-report.ts";
import { type Protection, protectionLine } from "./ten-protections.ts";

export interface FirstRun {
  readonly settings: Settings;
  readonly listening: readonly ListeningReport[];
  readonly accounts: readonly { readonly address: string; readonly password: string }[];
  /** Relative to the working folder where it is below it. */
  readonly settingsFile: string;
  readonly certificateFile: string;
  readonly protections: readonly Protection[];
}

/** How the command is called where this runs from: a checkout, or an installed package. */
const COMMAND = import.meta.url.endsWith(".ts") ? "./postern" : "npx postern";

/** @param colour headings in bold; for terminals only. */
export function firstRunPage(run: FirstRun, { colour }: { readonly colour: boolean }): string {
  const heading = (text: string): string => (colour ? `\u001B[1m${text}\u001B[0m` : text);
  return [
    heading("Postern is running. It is a trial: only this machine can reach it, and nothing"),
    heading("leaves it. Mail for other servers is held in the queue."),
    "",
    heading("Listeners"),
    ...listenerLines(run.listening).map(indented),
    "",
    heading("Accounts (the passwords are shown this once)"),
    ...columns(run.accounts.map(({ address, password }) => [address, password])).map(indented),
    "",
    heading("Try it"),
    ...tryLines(run).map(indented),
    "",
    heading("Protections"),
    ...run.protections.map(protectionLine).map(indented),
    "",
    `Settings: ${run.settingsFile}`,
    `Administrator: ${run.settings.admin}; the admin pages are not in this version yet.`,
    `More: \`${COMMAND} status\`, \`${COMMAND} --help\`, docs/. Ctrl-C stops it.`,
  ].join("\n");
}

function indented(line: string): string {
  return `  ${line}`.trimEnd();
}

/** Commands that work as they stand in `sh`. */
function tryLines({ accounts, certificateFile, settings }: FirstRun): readonly string[] {
  const [alice, bob] = accounts;
  if (alice === undefined || bob === undefined) return [];
  const submission = portOf(settings, "submission", "starttls");
  const imap = portOf(settings, "imap", "implicit");
  return [
    `swaks -s localhost:${submission} -tls -au ${alice.address} \\`,
    `  -ap ${alice.password} -f ${alice.address} -t ${bob.address}`,
    `curl -sS --cacert ${certificateFile} \\`,
    `  -u ${bob.address}:${bob.password} \\`,
    `  'imaps://localhost:${imap}/INBOX;MAILINDEX=1'`,
  ];
}

function portOf(settings: Settings, protocol: "submission" | "imap", tls: "starttls" | "implicit"): number {
  const listener = settings.listeners.find((candidate) => candidate.protocol === protocol && candidate.tls === tls);
  return listener?.endpoint.kind === "tcp" ? listener.endpoint.port : 0;
}
