/** The `postern` command: one file a command, listed here in the order of the help text. */
import { accountCommands } from "./account.ts";
import { aliasCommands } from "./alias.ts";
import { audit } from "./audit.ts";
import { backupCommands } from "./backup.ts";
import { allow, ban, unban } from "./ban.ts";
import { bansCommands } from "./bans.ts";
import { checkConfig } from "./check-config.ts";
import type { Command, ExitCode } from "./command.ts";
import { dkimCommands } from "./dkim.ts";
import { dns } from "./dns.ts";
import { domainCommands } from "./domain.ts";
import { greylistCommands } from "./greylist.ts";
import { helpText, helpValue } from "./help-text.ts";
import { notBuiltCommands } from "./not-built.ts";
import { type Output, streamOutput, withJson } from "./output.ts";
import { pairCommands } from "./pair.ts";
import { parseArguments } from "./parse-arguments.ts";
import { passkeyCommands } from "./passkey.ts";
import { policyTest } from "./policy-test.ts";
import { quarantineCommands } from "./quarantine.ts";
import { queueCommands } from "./queue.ts";
import { replay } from "./replay.ts";
import { reportsCommands } from "./reports.ts";
import { selftest } from "./selftest.ts";
import { senderCommands } from "./sender.ts";
import { sendingCommands } from "./sending.ts";
import { serve } from "./serve.ts";
import { setup } from "./setup/setup.ts";
import { status } from "./status.ts";
import { totpCommands } from "./totp.ts";
import { postern } from "./version.ts";
import { why } from "./why.ts";

export const COMMANDS: readonly Command[] = [
  serve,
  setup,
  checkConfig,
  selftest,
  status,
  audit,
  dns,
  why,
  replay,
  policyTest,
  ban,
  unban,
  allow,
  ...bansCommands,
  ...greylistCommands,
  ...senderCommands,
  ...quarantineCommands,
  ...accountCommands,
  ...totpCommands,
  ...passkeyCommands,
  ...aliasCommands,
  ...domainCommands,
  ...dkimCommands,
  ...queueCommands,
  ...sendingCommands,
  ...reportsCommands,
  ...pairCommands,
  ...backupCommands,
  ...notBuiltCommands,
];

/** @param words what was typed after `postern`. */
export async function runCommand(words: readonly string[], out: Output): Promise<ExitCode> {
  return words.includes("--json") ? withJson(out, (told) => runWords(words, told)) : runWords(words, out);
}

async function runWords(words: readonly string[], out: Output): Promise<ExitCode> {
  const json = words.includes("--json");
  if (words.filter((word) => word !== "--json").join(" ") === "--version") {
    if (json) out.json({ ok: true, value: { version: postern.version } });
    else out.line(`postern ${postern.version}`);
    return 0;
  }
  const parsed = parseArguments(words, COMMANDS);
  if (!parsed.ok) {
    out.problem(parsed.problem);
    return 2;
  }
  if (parsed.value.kind === "help") {
    if (json) out.json({ ok: true, value: helpValue(parsed.value.commands) });
    else out.line(helpText(parsed.value.commands));
    return 0;
  }
  const { command, given } = parsed.value;
  return command.run({ ...given, out });
}

/** For the launcher, which has started the right Node. */
export async function main(): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`postern account list | head -1`) is no failure.
    if (error.code !== "EPIPE") throw error;
  });
  process.exitCode = await runCommand(process.argv.slice(2), streamOutput(process.stdout, process.stderr));
}

if (import.meta.main) await main();
