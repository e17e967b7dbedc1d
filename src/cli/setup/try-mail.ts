/** A message to the administrator as a mail program sends it, read as a mail program reads it, and taken away again. */

import { HANDSHAKE_MS } from "#audit/limits.ts";
import { LineProbe } from "#audit/line-probe.ts";
import type { ListenerSettings, Settings } from "#config/settings.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { sleep } from "#platform/sleep.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { askWhereItBelongs } from "../administer.ts";
import { duration } from "../wording.ts";
import { DELIVERED_MS, LOOK_AGAIN_MS } from "./limits.ts";
import type { Step } from "./report.ts";

/** With a password of its own, which is gone afterwards: nobody's real one is needed. */
export async function tryMail(settings: Settings, address: string): Promise<Step> {
  const name = "test-message";
  const remedy = "`postern why` and the log say more; then run setup again.";
  const scopes: ("smtp" | "imap")[] = ["smtp", "imap"];
  const made = await askWhereItBelongs(settings, "app-password-add", { address, label: "setup", scopes });
  const notSent = (why: string): Step => ({ kind: "unknown", name, says: `No test message was sent: ${why}` });
  if (made.kind === "unanswered") return notSent(made.message);
  if (!made.outcome.ok) return notSent(made.outcome.problem);
  const { password, appPassword } = made.outcome.value;
  const startedMs = systemClock.monotonicMs();
  try {
    const mark = `setup-${systemRandom.id().toLowerCase()}@${settings.hostname}`;
    const sent = await send(settings, address, password, mark);
    const read = sent.ok ? await readAgain(settings, address, password, mark) : sent;
    const took = duration(systemClock.monotonicMs() - startedMs);
    if (read.ok) return { kind: "pass", name, says: `A message to ${address} was sent and read (${took})` };
    return { kind: "fail", name, says: `The test message failed: ${read.problem}`, remedy };
  } finally {
    await askWhereItBelongs(settings, "app-password-revoke", { address, id: appPassword.id });
  }
}

async function open(settings: Settings, protocol: "submission" | "imap"): Promise<Result<LineProbe, string>> {
  const listener = settings.listeners.find((one) => one.protocol === protocol && one.tls === "implicit");
  const to = listener === undefined ? undefined : addressOf(listener);
  if (to === undefined) return failed(`there is no listener for ${protocol} with TLS from the first octet`);
  const opened = await LineProbe.open(systemDialer, to);
  if (!opened.ok) return failed(`${protocol}: ${opened.problem}`);
  // Our own server, on our own machine: whether others trust its certificate is the audit's question.
  const tls = { serverName: settings.hostname, trust: { kind: "any" }, timeoutMs: HANDSHAKE_MS } as const;
  const started = await opened.value.startTls(tls);
  if (!started.ok) return failed(`${protocol}: TLS failed (${started.problem.code})`);
  opened.value.start();
  return ok(opened.value);
}

function addressOf({ endpoint }: ListenerSettings): { readonly address: string; readonly port: number } | undefined {
  if (endpoint.kind !== "tcp") return undefined;
  const { host, port } = endpoint;
  return { address: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host, port };
}

async function send(
  settings: Settings,
  address: string,
  password: string,
  mark: string,
): Promise<Result<undefined, string>> {
  const opened = await open(settings, "submission");
  if (!opened.ok) return opened;
  const probe = opened.value;
  const credentials = Buffer.from(`\0${address}\0${password}`).toString("base64");
  const date = new Date(systemClock.now()).toUTCString().replace("GMT", "+0000");
  const message = [
    `From: <${address}>`,
    `To: <${address}>`,
    "Subject: Test message of postern setup",
    `Date: ${date}`,
    `Message-ID: <${mark}>`,
    "",
    "Sent by setup, read by setup, and removed again.",
    ".",
  ].join("\r\n");
  const talk: readonly (readonly [line: string | undefined, code: string])[] = [
    [undefined, "220"],
    [`EHLO setup.${settings.hostname}`, "250"],
    [`AUTH PLAIN ${credentials}`, "235"],
    [`MAIL FROM:<${address}>`, "250"],
    [`RCPT TO:<${address}>`, "250"],
    ["DATA", "354"],
    [message, "250"],
  ];
  try {
    for (const [line, code] of talk) {
      if (line !== undefined) probe.say(line);
      const answer = await probe.answer((one) => !/^\d{3}-/.test(one));
      if (!answer.ok) return failed(`submission: ${answer.problem}`);
      if (answer.value.at(-1)?.startsWith(code) !== true) return failed(`it was refused: ${answer.value.join(" ")}`);
    }
    return ok(undefined);
  } finally {
    probe.close();
  }
}

async function readAgain(
  settings: Settings,
  address: string,
  password: string,
  mark: string,
): Promise<Result<undefined, string>> {
  const opened = await open(settings, "imap");
  if (!opened.ok) return opened;
  const probe = opened.value;
  let tag = 0;
  const ask = async (line: string): Promise<Result<readonly string[], string>> => {
    const mine = `t${++tag} `;
    const answer = await probe.ask(`${mine}${line}`, (one) => one.startsWith(mine));
    if (!answer.ok) return failed(`IMAP: ${answer.problem}`);
    const last = answer.value.at(-1) ?? "";
    return last.startsWith(`${mine}OK`) ? ok(answer.value) : failed(`IMAP: ${last}`);
  };
  try {
    await probe.answer(() => true);
    for (const line of [`LOGIN "${address}" "${password}"`, "SELECT INBOX"]) {
      const answer = await ask(line);
      if (!answer.ok) return answer;
    }
    const untilMs = systemClock.monotonicMs() + DELIVERED_MS;
    for (;;) {
      const found = await ask(`UID SEARCH HEADER Message-ID "${mark}"`);
      if (!found.ok) return found;
      const uid = /^\* SEARCH (\d+)/m.exec(found.value.join("\n"))?.[1];
      if (uid !== undefined) return await takeAway(uid, ask);
      if (systemClock.monotonicMs() >= untilMs) return failed("it was taken, and is not in the inbox");
      await sleep(LOOK_AGAIN_MS);
    }
  } finally {
    probe.close();
  }
}

/** By number: what its owner has marked for deletion stays. */
async function takeAway(
  uid: string,
  ask: (line: string) => Promise<Result<readonly string[], string>>,
): Promise<Result<undefined, string>> {
  for (const line of [`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`, `UID EXPUNGE ${uid}`]) {
    const answer = await ask(line);
    if (!answer.ok) return answer;
  }
  return ok(undefined);
}
