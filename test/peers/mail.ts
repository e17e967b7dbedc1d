/** Messages to send, and the check that what arrived is what was sent, behind the fields that the server added. */
import assert from "node:assert/strict";
import { parseReply } from "../imap-scripts/argument.ts";
import { ImapConnection } from "../imap-scripts/connection.ts";
import type { Login } from "../imap-scripts/run.ts";

/** A message with what tends to be damaged on the way: leading dots, 8-bit text, trailing blanks, empty lines at the end. */
export function sampleMessage(subject: string): string {
  return [
    "From: Sender <sender@elsewhere.test>",
    "To: Alice <alice@example.test>",
    `Subject: ${subject}`,
    "Date: Wed, 25 Nov 2026 12:00:00 +0000",
    `Message-ID: <${subject.replaceAll(/[^\w]/g, ".")}@elsewhere.test>`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    "A line.",
    ".A line that begins with a dot.",
    ".",
    "..",
    Buffer.from("Grüße, κόσμε, 世界").toString("latin1"),
    "blanks at the end   ",
    "From here on it is as it was.",
    "",
    "",
  ].join("\r\n");
}

/** Fields that the server puts in front of a message it takes in. */
const traceField =
  /^(?:return-path|received|delivered-to|authentication-results|received-spf|x-spam-[\w-]*|x-postern-[\w-]*):/i;

/** Asserts that `arrived` is nothing but trace fields and then, octet for octet, `sent` (latin1). */
export function assertArrived(arrived: Buffer, sent: string, what = "the message"): void {
  const text = arrived.toString("latin1");
  const end = text.length - sent.length;
  if (!text.endsWith(sent)) assert.fail(`${what} arrived changed: ${difference(withoutTrace(text), sent)}`);
  for (const line of text.slice(0, end).split("\r\n").slice(0, -1))
    assert.match(line, /^[ \t]/.test(line) ? /./ : traceField, `${what}: a field nobody sent`);
}

/** Where two texts part, and how they go on there: whole messages are too long to be shown. */
function difference(actual: string, expected: string): string {
  let at = 0;
  while (at < expected.length && actual[at] === expected[at]) at += 1;
  const shown = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 40), at + 60));
  return `at ${at} of ${expected.length} octets (${actual.length} arrived) ${shown(actual)} instead of ${shown(expected)}`;
}

function withoutTrace(text: string): string {
  const lines = text.split("\r\n");
  let count = 0;
  while (traceField.test(lines[count] ?? "") || (count > 0 && /^[ \t]/.test(lines[count] ?? ""))) count += 1;
  return lines.slice(count).join("\r\n");
}

/** Every message of a folder, in order, over IMAP with TLS. */
export async function readFolder(
  server: { readonly ports: { readonly imaps: number }; readonly ca: string },
  login: Login,
  folder = "INBOX",
): Promise<readonly Buffer[]> {
  const connection = await ImapConnection.open({ host: "127.0.0.1", port: server.ports.imaps, ca: server.ca });
  await connection.ok(`LOGIN "${login.user}" "${login.password}"`);
  const { untagged } = await connection.ok(`EXAMINE "${folder}"`);
  const messages: Buffer[] = [];
  if (!untagged.some((text) => /^0 EXISTS$/i.test(text))) {
    const fetched = await connection.ok("FETCH 1:* BODY.PEEK[]");
    for (const reply of fetched.untagged) {
      const [, kind, items] = parseReply(reply);
      if (kind?.kind !== "text" || kind.text.toUpperCase() !== "FETCH" || items?.kind !== "list") continue;
      const body = items.items[items.items.findIndex((item) => item.kind === "text" && item.text === "body[]") + 1];
      if (body?.kind === "text") messages.push(Buffer.from(body.text, "latin1"));
    }
  }
  connection.close();
  return messages;
}

/** The newest message of a folder. */
export async function newest(
  server: { readonly ports: { readonly imaps: number }; readonly ca: string },
  login: Login,
  folder = "INBOX",
): Promise<Buffer> {
  const message = (await readFolder(server, login, folder)).at(-1);
  assert.ok(message, `${folder} of ${login.user} is empty`);
  return message;
}
