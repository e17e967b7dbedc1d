/**
 * `npm run bench:pipeline [-- --short]`: everything that judges mail is on. Postern beside Postfix with rspamd as its
 * milter: SPF, DKIM, DMARC, five lists of addresses and two of links over one resolver, a verdict, and then the disk; for
 * signed letters of 10 KiB over 50 connections. Needs Debian's postfix, rspamd and unbound, and root to start them. The
 * long form writes RESULTS.md.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { ListFinding } from "#evidence/dnsbl/evidence.ts";
import { NO_EVIDENCE } from "#verdict/evidence.ts";
import { type GateServer, recordsOf, startGateServer } from "../test/peers/gate-server.ts";
import { must, run } from "../test/peers/process.ts";
import { alice, bob } from "../test/peers/server.ts";
import { BENCH_PROGRAMS } from "../tools/peer-programs.ts";
import type { Load, LoadResult } from "./load.ts";
import { ADDRESS_LISTS, type Letter, lettersOf, senders, startResolver, URI_LISTS } from "./pipeline-world.ts";
import { startPostfix } from "./postfix.ts";
import { writeSection } from "./results-page.ts";
import { asLine, type Comparison, compare } from "./rounds.ts";
import { startRspamd } from "./rspamd.ts";

const short = process.argv.includes("--short");
const rounds = short ? 1 : 5;
const messages = short ? 200 : 2000;
const connections = 50;
const sizeOctets = 10 * 1024;

const missing = await missingPrograms();
if (missing.length > 0) console.log(`Not measured: ${missing.join(", ")} of Debian are missing.`);
else await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "postern-letters-"));
  const lettersFile = join(folder, "letters");
  const resolver = await startResolver();
  const rspamd = await startRspamd(resolver.port, availableParallelism());
  const postfix = await startPostfix(["alice", "bob"], { milterPort: rspamd.milterPort, behindProxy: true });
  const postern = await startGateServer({
    nameServer: `127.0.0.1:${resolver.port}`,
    dnsTimeoutMs: 3000,
    settings: lists(),
  });
  try {
    const ours = (): Promise<number> => rate(postern.behindProxy.mx, lettersFile);
    const theirs = async (): Promise<number> => {
      const result = await rate(postfix.port, lettersFile);
      // What Postfix has yet to deliver must not run while ours is measured.
      await postfix.delivered(messages);
      return result;
    };
    await writeLetters(lettersFile);
    await ours();
    await theirs();
    const comparison = await compare(`messages a second, all checks, ${connections} connections`, rounds, ours, theirs);
    console.log(asLine(comparison));
    await assertChecked(postern, postfix.messageWith(`news@${senders[0]?.domain}`));
    if (!short) report(comparison);
  } finally {
    await postern.stop();
    await postfix.stop();
    await rspamd.stop();
    await resolver.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeLetters(file: string): Promise<void> {
  const letters: readonly Letter[] = await lettersOf(messages, sizeOctets);
  writeFileSync(file, letters.map((letter) => `${JSON.stringify(letter)}\n`).join(""));
}

async function rate(port: number, lettersFile: string): Promise<number> {
  const load: Load = {
    port,
    connections,
    messages,
    sizeOctets,
    mailFrom: "",
    recipients: [alice.user, bob.user],
    lettersFile,
    clients: senders,
  };
  const output = await must(process.execPath, [join(import.meta.dirname, "load.ts"), JSON.stringify(load)]);
  const { accepted, refused, refusal, seconds } = JSON.parse(output) as LoadResult;
  if (refused > 0) throw new Error(`${refused} messages were refused, the first with ${refusal}`);
  return accepted / seconds;
}

function lists(): string {
  const kinds = [...ADDRESS_LISTS.map((zone) => ["address", zone]), ...URI_LISTS.map((zone) => ["uri", zone])];
  return kinds
    .map(
      ([kind, zone]) => `[[list]]
zone = "${zone}"
kind = "${kind}"
answers = { "127.0.0.2" = { means = "listed", weight = 1 } }`,
    )
    .join("\n");
}

async function missingPrograms(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [program, debian] of Object.entries(BENCH_PROGRAMS)) {
    const { code } = await run("sh", ["-c", `PATH=$PATH:/usr/sbin command -v ${program}`]);
    if (code !== 0) found.push(debian);
  }
  return found;
}

function answersOf(findings: readonly ListFinding[], role: ListFinding["subject"]["role"]): readonly string[] {
  return findings.filter(({ subject }) => subject.role === role).map(({ outcome }) => outcome.kind);
}

/** A server that left something out would be fast for nothing. */
async function assertChecked(postern: GateServer, theirMessage: string): Promise<void> {
  const [record] = await recordsOf(postern, senders[0]?.address ?? "");
  const { spf, dkim, dmarc, dnsbl, urls, uriLists, reverseDns } = record?.evidence ?? NO_EVIDENCE;
  const ours = {
    spf: spf?.result,
    dkim: dkim?.signatures[0]?.result,
    dmarc: dmarc?.result,
    addressLists: answersOf(dnsbl?.findings ?? [], "client"),
    links: urls?.hosts.length,
    linkLists: new Set(answersOf(uriLists?.findings ?? [], "link")),
    reverseDns: reverseDns?.state,
  };
  const expected: typeof ours = {
    spf: "pass",
    dkim: "pass",
    dmarc: "pass",
    addressLists: ["listed", "clean", "clean", "clean", "clean"],
    links: 2,
    linkLists: new Set(["listed", "clean"]),
    reverseDns: "confirmed",
  };
  assert.deepEqual(ours, expected);
  for (const word of ["spf=pass", "dkim=pass", "dmarc=pass", "RBL_0", "URIBL_0"]) {
    assert.ok(theirMessage.includes(word), `${word} is not in ${theirMessage.slice(0, 3000)}`);
  }
}

function report({ ratio, spread }: Comparison): void {
  writeSection(
    "All checks, beside Postfix with rspamd",
    `By \`npm run bench:pipeline\`, on one machine (${cpus().length} cores, ${process.arch}), by turns, ${rounds} rounds of ${messages} letters of
${sizeOctets} octets, each with a DKIM signature of its own, over ${connections} connections from ${senders.length} senders. Both ask one unbound on the same machine
about SPF, DKIM, DMARC, reverse DNS, ${ADDRESS_LISTS.length} lists of addresses and ${URI_LISTS.length} of links. Postern's 250 means that the message is judged and in
the mailbox, on disk; Postfix's, that rspamd has judged it and that it is in the queue, on disk.

| what | ratio | rounds |
| --- | --- | --- |
| 250 a second | ${ratio.toFixed(2)} | ${spread[0].toFixed(2)} to ${spread[1].toFixed(2)} |`,
  );
}
