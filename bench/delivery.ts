/**
 * `npm run bench:delivery [-- --short]`: mail for others, beside Postfix on the same machine: the same messages from the same
 * generator to the same sinks, by turns. Needs Debian's postfix, and root to start it. The long form writes RESULTS.md.
 */
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { must } from "../test/peers/process.ts";
import { startServer } from "../test/peers/server.ts";
import type { Load, LoadResult } from "./load.ts";
import { startPostfix } from "./postfix.ts";
import { writeSection } from "./results-page.ts";
import { asLine, type Comparison, compare } from "./rounds.ts";
import { Sinks } from "./sinks.ts";

const short = process.argv.includes("--short");
const rounds = short ? 1 : 5;
const messages = short ? 500 : 5000;
const sizeOctets = 10 * 1024;
const connections = 10;
const DOMAINS = 20;
const SINKS = 4;
/** Nothing arrives for so long: it is stuck. Milliseconds. */
const PATIENCE_MS = 280_000;

interface Sender {
  readonly name: string;
  readonly port: number;
}

const loads: number[] = [];
const comparisons = await measure();
for (const comparison of comparisons) console.log(asLine(comparison));
if (!short) report(comparisons);

async function measure(): Promise<readonly Comparison[]> {
  const sinks = await Sinks.open(SINKS);
  const domains = Array.from({ length: DOMAINS }, (_, number) => ({
    domain: `d${number}.far.test`,
    port: sinks.ports[number % SINKS] ?? 0,
  }));
  const recipients = domains.map(({ domain }) => `someone@${domain}`);
  const postfix = await startPostfix([], { relaysTo: domains });
  const postern = await startServer({ sends: true, settings: relaying(domains) });
  const ours = { name: "Postern", port: postern.ports.submission };
  const theirs = { name: "Postfix", port: postfix.port };
  try {
    for (const sender of [ours, theirs]) await through(sinks, sender, recipients, messages / 5);
    return [
      await compare(
        "messages a second, the queue full",
        rounds,
        () => outOfQueue(sinks, ours, recipients),
        () => outOfQueue(sinks, theirs, recipients),
      ),
      await compare(
        `messages a second, in and out, ${connections} connections in`,
        rounds,
        () => through(sinks, ours, recipients, messages),
        () => through(sinks, theirs, recipients, messages),
      ),
    ];
  } finally {
    await sinks.close();
    await postern.stop();
    await postfix.stop();
  }
}

/** The sinks stand still until all messages are in the queue; the clock runs from then on until the last one is with them. */
async function outOfQueue(sinks: Sinks, sender: Sender, recipients: readonly string[]): Promise<number> {
  const before = sinks.taken;
  sinks.pause();
  await fill(sender.port, recipients, messages);
  const begin = performance.now();
  sinks.resume();
  return rate(sender, "out of the queue", messages, begin, await arrived(sinks, before + messages));
}

/** From the first message in to the last one out. */
async function through(sinks: Sinks, sender: Sender, recipients: readonly string[], count: number): Promise<number> {
  const end = arrived(sinks, sinks.taken + count);
  const begin = performance.now();
  await fill(sender.port, recipients, count);
  return rate(sender, "in and out", count, begin, await end);
}

function rate({ name }: Sender, what: string, count: number, beginMs: number, endMs: number): number {
  const perSecond = count / ((endMs - beginMs) / 1000);
  const [load = 0] = loadavg();
  loads.push(load);
  console.log(`${name}, ${what}: ${perSecond.toFixed(0)} a second (load ${load.toFixed(1)})`);
  return perSecond;
}

async function arrived(sinks: Sinks, taken: number): Promise<number> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${sinks.taken} of ${taken} messages came`)), PATIENCE_MS);
  try {
    return await Promise.race([sinks.reached(taken), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function fill(port: number, recipients: readonly string[], count: number): Promise<void> {
  const load: Load = { port, connections, messages: count, sizeOctets, mailFrom: "sender@bench.test", recipients };
  const output = await must(process.execPath, [join(import.meta.dirname, "load.ts"), JSON.stringify(load)], {
    patienceMs: PATIENCE_MS,
  });
  const result = JSON.parse(output) as LoadResult;
  if (result.refused > 0) throw new Error(`${result.refused} messages were refused, the first with ${result.refusal}`);
}

/** Loopback may send without logging in, as it may with Postfix; each domain has a next hop, in clear, and no DNS is asked. */
function relaying(domains: readonly { readonly domain: string; readonly port: number }[]): string {
  const routes = domains.map(
    ({ domain, port }) => `[[route]]\ndomain = "${domain}"\nhost = "127.0.0.1:${port}"\ntls = "none"\n`,
  );
  return `[relay]\ntrusted_networks = ["127.0.0.1/32"]\n${routes.join("")}`;
}

function report(measured: readonly Comparison[]): void {
  const rows = measured.map(
    ({ name, ratio, spread }) =>
      `| ${name} | ${ratio.toFixed(2)} | ${spread[0].toFixed(2)} to ${spread[1].toFixed(2)} |\n`,
  );
  writeSection(
    "Mail for others, beside Postfix",
    `By \`npm run bench:delivery\`, on one machine (${cpus().length} cores, ${process.arch}), by turns, ${rounds} rounds of ${messages} messages of
${sizeOctets} octets to ${DOMAINS} domains, in clear to ${SINKS} of Postfix's \`smtp-sink\`. Both send to a next hop that the settings name, 5
to 20 messages at once to each domain and 100 in all, and ask no DNS. *The queue full*: the sinks stand still until the last message is
in; from then on until the last one has arrived. Load average while it was measured: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.

| what | ratio | rounds |
| --- | --- | --- |
${rows.join("")}`,
  );
}
