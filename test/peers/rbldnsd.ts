/** rbldnsd, as operators of DNS lists run it: zones from files, a log of every question, and trouble on demand. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./ports.ts";
import { hold, stop } from "./process.ts";

export interface Dataset {
  readonly zone: string;
  /** Several of one zone are looked up together. */
  readonly type: "ip4trie" | "ip6trie" | "dnset";
  readonly lines: readonly string[];
}

export interface Rbldnsd {
  /** `127.0.0.1:5300` */
  readonly address: string;
  /** Names that were asked for, each as often as it was, in order. */
  readonly questions: () => readonly string[];
  /** From now on the zone's data is out of date, and every question about it is answered SERVFAIL. */
  readonly expire: (zone: string) => Promise<void>;
  /** Questions are received, and nobody answers. */
  readonly fallSilent: () => void;
  readonly speakAgain: () => void;
  /** Its port is closed. */
  readonly kill: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Seconds for which an answer may be believed. */
export const LIST_TTL_SECONDS = 300;

const HEAD = ["$SOA 300 ns.lists.test hostmaster.lists.test 1 1h 1h 1d 300"];
const EXPIRED = ["$TIMESTAMP 2020:01:01 2020:01:02"];

export async function startRbldnsd(datasets: readonly Dataset[]): Promise<Rbldnsd> {
  const folder = mkdtempSync(join(tmpdir(), "postern-rbldnsd-"));
  // Root is not what it runs as.
  chmodSync(folder, 0o755);
  const write = (dataset: Dataset, index: number, head: readonly string[]): void =>
    writeFileSync(join(folder, `zone-${index}`), `${[...head, ...dataset.lines].join("\n")}\n`);
  for (const [index, dataset] of datasets.entries()) write(dataset, index, HEAD);
  const [port = 0] = await freePorts(1);
  const words = [
    "-n",
    "-4",
    "-b",
    `127.0.0.1/${port}`,
    "-w",
    folder,
    "-l",
    "+-",
    "-c",
    "0",
    "-t",
    `${LIST_TTL_SECONDS}`,
  ];
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const zones = datasets.map(({ zone, type }, index) => `${zone}:${type}:zone-${index}`);
  const child = hold(
    spawn("rbldnsd", [...words, ...user, ...zones], {
      stdio: ["ignore", "pipe", "pipe"],
      // Debian has it in /usr/sbin.
      env: { ...process.env, PATH: [process.env["PATH"], "/usr/sbin"].join(delimiter) },
    }),
  );
  const said = collect(child);
  await until(
    () => / started \(/.test(said()),
    () => `rbldnsd does not start: ${said()}`,
  );
  const kill = (): Promise<void> => {
    // One that is stopped would not hear of it.
    child.kill("SIGCONT");
    return stop(child, "SIGKILL");
  };
  return {
    address: `127.0.0.1:${port}`,
    questions: () => [...said().matchAll(/^\d+ 127\.0\.0\.1 (\S+) A IN: /gm)].map(([, name = ""]) => name),
    async expire(zone) {
      for (const [index, dataset] of datasets.entries()) {
        if (dataset.zone === zone) write(dataset, index, [...HEAD, ...EXPIRED]);
      }
      child.kill("SIGHUP");
      await until(() => said().includes(`zone ${zone}: zone data expired`), said);
    },
    fallSilent: () => void child.kill("SIGSTOP"),
    speakAgain: () => void child.kill("SIGCONT"),
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function collect(child: ChildProcess): () => string {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (octets: Buffer) => {
      said += octets.toString("latin1");
    });
  }
  child.once("error", (error) => {
    said += String(error);
  });
  return () => said;
}

async function until(isSo: () => boolean, problem: () => string): Promise<void> {
  for (let attempt = 0; !isSo(); attempt++) {
    if (attempt === 100) throw new Error(problem());
    await sleep(50);
  }
}
