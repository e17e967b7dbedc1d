/**
 * `npm run bench [-- --short]`: Postern beside Postfix (mail in) and Dovecot (mail out) on the same machine, driven by the
 * same generators in the same run. Only ratios are reported: they mean something on other machines. Needs Debian's
 * postfix and dovecot-imapd, and root to start them. The long form writes RESULTS.md.
 */

import { cpus } from "node:os";
import { join } from "node:path";
import { startDovecot } from "../test/peers/dovecot.ts";
import { must } from "../test/peers/process.ts";
import { alice, bob, startServer } from "../test/peers/server.ts";
import { ImapReader } from "./imap-read.ts";
import type { Load, LoadResult } from "./load.ts";
import { floodLines, measureLoginFlood } from "./login-flood.ts";
import { startPostfix } from "./postfix.ts";
import { writeSection } from "./results-page.ts";
import { asLine, type Comparison, compare } from "./rounds.ts";

const short = process.argv.includes("--short");
const rounds = short ? 1 : 5;
const messages = short ? 200 : 2000;
const folderMessages = short ? 100 : 1000;
const sizeOctets = 10 * 1024;

/** Postfix as it stands here asks no DNS and judges nothing. */
const nothingToAsk = {
  dnsbl: "off",
  spf: "off",
  dkim: "off",
  dmarc: "off",
  reverse_dns: "off",
  helo: "off",
  uri_lists: "off",
  content: "off",
  author: "off",
} as const;

const mailIn = await measureMailIn();
const mailOut = await measureMailOut();
for (const comparison of [...mailIn, ...mailOut]) console.log(asLine(comparison));
// Its long form is a run of its own: bench:login-flood.
if (short) for (const line of floodLines(await measureLoginFlood({ rounds: 1, messages: 1000 }))) console.log(line);
if (!short) report(mailIn, mailOut);

async function measureMailIn(): Promise<readonly Comparison[]> {
  const postfix = await startPostfix(["alice", "bob"]);
  const postern = await startServer({ rules: nothingToAsk });
  // What Postfix has yet to deliver must not run while ours is measured.
  const then = async (count: number, rate: Promise<number>): Promise<number> => {
    const result = await rate;
    await postfix.delivered(count);
    return result;
  };
  try {
    await generatorRate(postern.ports.mx, 10, messages);
    await then(messages, generatorRate(postfix.port, 10, messages));
    const comparisons: Comparison[] = [];
    for (const connections of [1, 10, 50]) {
      // One connection alone is slow: a fifth of the messages says as much.
      const count = connections === 1 ? messages / 5 : messages;
      comparisons.push(
        await compare(
          `250 a second, ${connections} ${connections === 1 ? "connection" : "connections"}`,
          rounds,
          () => generatorRate(postern.ports.mx, connections, count),
          () => then(count, generatorRate(postfix.port, connections, count)),
        ),
      );
    }
    comparisons.push(
      await compare(
        "messages a second in the mailbox, 10 connections",
        rounds,
        () => rateOf(messages, () => generatorRate(postern.ports.mx, 10, messages)),
        () => rateOf(messages, async () => then(messages, generatorRate(postfix.port, 10, messages))),
      ),
      await compare(
        "messages a second, Postfix's smtp-source, 10 connections",
        rounds,
        () => rateOf(messages, () => smtpSource(postern.ports.mx)),
        () =>
          then(
            messages,
            rateOf(messages, () => smtpSource(postfix.port)),
          ),
      ),
    );
    return comparisons;
  } finally {
    await postern.stop();
    await postfix.stop();
  }
}

async function generatorRate(port: number, connections: number, count: number): Promise<number> {
  const load: Load = {
    port,
    connections,
    messages: count,
    sizeOctets,
    mailFrom: "sender@bench.test",
    recipients: [alice.user, bob.user],
  };
  const output = await must(process.execPath, [join(import.meta.dirname, "load.ts"), JSON.stringify(load)]);
  const result = JSON.parse(output) as LoadResult;
  if (result.refused > 0) throw new Error(`${result.refused} messages were refused, the first with ${result.refusal}`);
  return result.accepted / result.seconds;
}

async function smtpSource(port: number): Promise<void> {
  const options = ["-d", "-s", "10", "-m", `${messages}`, "-l", `${sizeOctets}`];
  await must("smtp-source", [...options, "-f", "sender@bench.test", "-t", alice.user, `127.0.0.1:${port}`]);
}

async function rateOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return count / ((performance.now() - begin) / 1000);
}

async function measureMailOut(): Promise<readonly Comparison[]> {
  const dovecot = await startDovecot(new Map([[alice.user, alice.password]]));
  const postern = await startServer();
  try {
    const ours = await ImapReader.open(postern.ports.imaps, postern.ca, alice);
    const theirs = await ImapReader.open(dovecot.imapsPort, dovecot.ca, alice);
    for (const reader of [ours, theirs]) await fill(reader);
    const comparisons: Comparison[] = [];
    for (const [name, command] of [
      ["lists of messages a second (ENVELOPE, FLAGS, size)", "FETCH 1:* (UID FLAGS ENVELOPE RFC822.SIZE)"],
      ["headers a second", "FETCH 1:* (UID BODY.PEEK[HEADER])"],
      ["whole messages a second", "FETCH 1:* (UID BODY.PEEK[])"],
    ] as const) {
      for (const reader of [ours, theirs]) await reader.command(command);
      comparisons.push(
        await compare(
          name,
          rounds,
          () => readRate(ours, command),
          () => readRate(theirs, command),
        ),
      );
    }
    ours.close();
    theirs.close();
    return comparisons;
  } finally {
    await postern.stop();
    await dovecot.stop();
  }
}

async function fill(reader: ImapReader): Promise<void> {
  for (let number = 0; number < folderMessages; number += 1) {
    const header = `From: Sender <sender@bench.test>\r\nTo: ${alice.user}\r\nSubject: Message ${number}\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${number}@bench.test>\r\n\r\n`;
    await reader.append("INBOX", header + `${number} The quick brown fox jumps over the lazy dog.\r\n`.repeat(200));
  }
  await reader.command("SELECT INBOX");
}

async function readRate(reader: ImapReader, command: string): Promise<number> {
  const times = short ? 2 : 10;
  const begin = performance.now();
  for (let time = 0; time < times; time += 1) await reader.command(command);
  return (folderMessages * times) / ((performance.now() - begin) / 1000);
}

function row({ name, ratio, spread }: Comparison): string {
  return `| ${name} | ${ratio.toFixed(2)} | ${spread[0].toFixed(2)} to ${spread[1].toFixed(2)} |\n`;
}

function report(received: readonly Comparison[], read: readonly Comparison[]): void {
  const head = "| what | ratio | rounds |\n| --- | --- | --- |\n";
  writeSection(
    "Mail in, beside Postfix",
    `By \`npm run bench\`: a ratio above 1 means that Postern is faster. Both servers run on one machine (${cpus().length} cores,
${process.arch}), driven by the same generator in a process of its own, by turns, ${rounds} rounds; the ratio is that of the medians.

${messages} messages of ${sizeOctets} octets, persistent connections, no pipelining; what is counted is the 250 behind the end of data,
from the moment all connections are greeted. Postfix has Debian's settings; its 250 means that the message is synced in its
queue, from which it is delivered into a maildir afterwards. Postern's 250 means that the message is in the mailbox and
on disk: the line "in the mailbox" waits for Postfix's deliveries too. Checks that ask the DNS or read the text are
off in both.

${head}${received.map(row).join("")}`,
  );
  writeSection(
    "Mail out, beside Dovecot",
    `Likewise. One IMAP connection over TLS, a folder of ${folderMessages} messages of about 10,000 octets, caches warm.

${head}${read.map(row).join("")}`,
  );
}
