/** `postern policy test FILE`: asks a policy file about one message, without a server and without effect. */
import { buffer } from "node:stream/consumers";
import { readPolicySource } from "#config/policy-file.ts";
import { octetsInMemory } from "#evidence/content/message-octets.ts";
import type { Message } from "#evidence/policy/check.ts";
import { POLICY_STAGES } from "#evidence/policy/evidence.ts";
import { messageFacts } from "#evidence/policy/message-facts.ts";
import type { PolicyQuestion } from "#evidence/policy/question.ts";
import { extractUrls } from "#evidence/urls/extract-urls.ts";
import { MimeScanner } from "#mail/mime/scanner.ts";
import { systemClock } from "#platform/system-clock.ts";
import { openPolicyHost } from "#threads/policy-file.ts";
import type { PolicyHost } from "#threads/policy-host.ts";
import { explainPolicyFile } from "#verdict/explain-policy-file.ts";
import { plain } from "#verdict/page.ts";
import type { Command, ExitCode, Invocation } from "./command.ts";

const TIMEOUT_DEFAULT_MS = 1000;
const TIMEOUT_MAX_MS = 30_000;
const MEMORY_MEBIBYTES = 64;

export const policyTest: Command = {
  name: "policy test",
  operands: ["FILE"],
  summary: "asks a policy file about the message on standard input; exit code 1: it failed",
  options: {
    from: { type: "string", value: "ADDRESS", text: "sender of the envelope; default: the null one of bounces" },
    to: { type: "string", value: "ADDRESS", text: "recipient; default: postmaster" },
    client: { type: "string", value: "IP", text: "the client's address; default 192.0.2.1" },
    account: { type: "string", value: "ADDRESS", text: "the user who has logged in; default: nobody, another server" },
    "timeout-ms": { type: "string", value: "N", text: `time for a question; default ${TIMEOUT_DEFAULT_MS}` },
  },
  async run(invocation) {
    const { out } = invocation;
    const [file = ""] = invocation.operands;
    const timeoutMs = Number(invocation.option("timeout-ms") ?? TIMEOUT_DEFAULT_MS);
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > TIMEOUT_MAX_MS) {
      out.problem(`--timeout-ms is a number from 1 to ${TIMEOUT_MAX_MS}.`);
      return 2;
    }
    const source = readPolicySource(file);
    if (!source.ok) {
      out.problem(`${source.problem.message}. ${source.problem.remedy}`);
      return 1;
    }
    const settings = { ...source.value, timeoutMs, whenItFails: "defer", memoryMebibytes: MEMORY_MEBIBYTES } as const;
    const printed = (text: string): void => out.problem(plain(text.trimEnd()));
    const watch = { failed: () => undefined, answered: () => undefined, printed };
    const host = openPolicyHost(settings, { clock: systemClock, watch });
    try {
      return await ask(host, source.value.file, invocation);
    } finally {
      host.close();
    }
  },
};

async function ask(host: PolicyHost, file: string, invocation: Invocation): Promise<ExitCode> {
  const { out, json } = invocation;
  const problem = await host.loaded;
  if (problem !== undefined) {
    const place = `${file}${problem.line === 0 ? "" : `:${problem.line}`}`;
    const message = `${place}: ${problem.message}. ${problem.remedy}`;
    if (json) out.json({ ok: false, problem: "bad-policy-file", message });
    else out.problem(message);
    return 1;
  }
  const question = questionOf(invocation, await messageOf(await buffer(process.stdin)));
  const stages = POLICY_STAGES.filter((stage) => host.stages.has(stage));
  // As a server does: the envelope first.
  const envelope = await host.ask({
    ...question,
    stages: stages.filter((stage) => stage !== "message"),
    message: null,
  });
  const answers = stages.includes("message") ? [...envelope, ...(await host.ask(question))] : envelope;
  const isSound = answers.every(({ outcome }) => outcome.kind !== "failed");
  if (json) out.json({ ok: true, value: { sound: isSound, answers } });
  else for (const answer of answers) out.line(explainPolicyFile({ ...answer, accounts: null }));
  return isSound ? 0 : 1;
}

function questionOf(invocation: Invocation, message: Message): PolicyQuestion {
  const account = invocation.option("account") ?? null;
  const from = invocation.option("from") ?? "";
  const to = invocation.option("to") ?? "postmaster";
  return {
    stages: ["message"],
    connection: {
      address: invocation.option("client") ?? "192.0.2.1",
      listener: account === null ? "smtp" : "submission",
      tls: null,
      helo: "client.example",
      reverseName: null,
      account,
      isTrusted: false,
    },
    sender: { address: from, domain: domainOf(from), spf: null, listedBy: [], score: 0 },
    recipients: [{ address: to, domain: domainOf(to), accounts: [to] }],
    message,
  };
}

async function messageOf(octets: Uint8Array): Promise<Message> {
  const scanner = new MimeScanner();
  scanner.push(octets);
  const index = scanner.finish();
  const memory = octetsInMemory(octets);
  const { hosts } = await extractUrls(index, memory);
  const linkHosts = hosts.map(({ host }) => host);
  return { ...(await messageFacts(index, memory)), linkHosts, dkim: [], dmarc: null, score: 0, reasons: [] };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}
