/**
 * `npm run bench:hostile`: how long messages and reports that are made to be slow keep the event loop from everybody else, through
 * reception, evidence and verdict, and the reading of reports, as they stand. Says which are over the bound, and then ends with 1.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import type { ReportPart } from "#mail/reports/report-part.ts";
import { readReport } from "#reports/inbound/read-report.ts";
import { Sender } from "../test/peers/corpus.ts";
import { hostile } from "../test/peers/hostile.ts";
import { type HostileReport, hostileReports } from "../test/peers/hostile-reports.ts";

/** Milliseconds: what a person does not notice. */
const BLOCKED_MS_MAX = 100;
/** As sockets bring them. */
const CHUNK_OCTETS = 64 * 1024;
const ROUNDS = 3;
const NANOSECONDS = 1e6;

interface Measured {
  readonly blockedMs: number;
  readonly tookMs: number;
  readonly outcome: string;
}

const only = process.argv[2] ?? "";
for (const { name, content } of hostile.filter((one) => one.name.includes(only))) {
  const octets = content("a@sender.test");
  await show(name, () => message(octets));
}
for (const report of hostileReports.filter((one) => one.name.includes(only))) {
  const octets = report.octets();
  await show(report.name, () => reading(report, octets));
}

async function show(name: string, measured: () => Promise<Measured>): Promise<void> {
  let blockedMs = Number.POSITIVE_INFINITY;
  let tookMs = Number.POSITIVE_INFINITY;
  let outcome = "";
  // The best of some rounds: what the machine does meanwhile is not ours.
  for (let round = 0; round < ROUNDS; round++) {
    const one = await measured();
    blockedMs = Math.min(blockedMs, one.blockedMs);
    tookMs = Math.min(tookMs, one.tookMs);
    outcome = one.outcome;
  }
  const isTooLong = blockedMs > BLOCKED_MS_MAX;
  if (isTooLong) process.exitCode = 1;
  console.log(
    `${isTooLong ? "OVER" : "ok  "} ${blockedMs.toFixed(0).padStart(5)} ms at most in one go, ${tookMs.toFixed(0).padStart(5)} ms in all: ${name} (${outcome.slice(0, 40)})`,
  );
}

async function message(octets: Buffer): Promise<Measured> {
  const sender = new Sender();
  await sender.envelope("a@sender.test");
  const chunks: Buffer[] = [];
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) chunks.push(octets.subarray(at, at + CHUNK_OCTETS));
  const measured = await measure(() => sender.message(chunks));
  sender.leave();
  return measured;
}

/** Thousands of steps: in one of them a busy machine has always something else to do. What counts is what this thread did. */
async function reading({ form, encoding = "base64" }: HostileReport, octets: Uint8Array): Promise<Measured> {
  const part = { encoding } as ReportPart["part"];
  let blockedMs = 0;
  let since = process.threadCpuUsage();
  const rest = async (): Promise<void> => {
    const { user, system } = process.threadCpuUsage(since);
    blockedMs = Math.max(blockedMs, (user + system) / 1000);
    await turn();
    since = process.threadCpuUsage();
  };
  globalThis.gc?.();
  const begin = performance.now();
  since = process.threadCpuUsage();
  const report = await readReport({ form, part }, octets, rest);
  await rest();
  return { blockedMs, tookMs: performance.now() - begin, outcome: report.ok ? "read" : report.problem };
}

async function measure(work: () => Promise<string>): Promise<Measured> {
  globalThis.gc?.();
  await sleep(20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begin = performance.now();
  const outcome = await work();
  const tookMs = performance.now() - begin;
  await sleep(5);
  delay.disable();
  return { blockedMs: delay.max / NANOSECONDS, tookMs, outcome };
}
