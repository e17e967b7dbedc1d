/** A server as people run it, behind a proxy that says where clients come from, with name servers of the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeDnsServer, startDnsServer, type ZoneRecords } from "../fakes/dns-server.ts";
import { freePorts } from "../peers/ports.ts";
import { hold, type Outcome, run, stop, waitForPort } from "../peers/process.ts";

const launcher = join(import.meta.dirname, "../../bin/postern.js");

export const ALICE = { user: "alice@example.test", password: "correct-horse-battery-9" };
export const BOB = { user: "bob@example.test", password: "staple-paper-lantern-7" };

/** What a list that works always names (RFC 5782 §5). */
const LIST_CANARY: Readonly<Record<string, ZoneRecords>> = { "2.0.0.127.bl.test": { A: ["127.0.0.2"] } };

/** Listeners that believe PROXY headers from 127.0.0.1, and one that believes nobody. */
const LISTENERS = { mx: "smtp", submission: "submission", imap: "imap", pop3: "pop3", direct: "smtp" } as const;

export type ListenerName = keyof typeof LISTENERS;

export interface RunningServer {
  readonly folder: string;
  readonly ports: Readonly<Record<ListenerName, number>>;
  readonly dns: FakeDnsServer;
  /** Runs the `postern` command against this server's settings. */
  readonly postern: (words: readonly string[], input?: string) => Promise<Outcome>;
  /** The settings with more TOML, in a file of their own. */
  readonly otherSettings: (change: (source: string) => string) => string;
  readonly start: () => Promise<void>;
  readonly halt: () => Promise<void>;
  /** SIGHUP: reads the settings again, in its own time. */
  readonly reload: () => void;
  /** As a power cut does. */
  readonly kill: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export async function startServer(
  options: {
    readonly zone?: Readonly<Record<string, ZoneRecords>>;
    readonly settings?: string;
    /** In place of holding all mail for elsewhere. */
    readonly delivery?: string;
  } = {},
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), "postern-gate-"));
  const dns = await startDnsServer({ ...LIST_CANARY, ...options.zone });
  const names = Object.keys(LISTENERS) as ListenerName[];
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, free[index] ?? 0])) as RunningServer["ports"];
  const { settings: more = "", delivery = "hold = true" } = options;
  const source = settingsFor(ports, dns.address, delivery, more);
  const settings = join(folder, "postern.toml");
  writeFileSync(settings, source);
  mkdirSync(join(folder, "data"), { mode: 0o700 });
  let child: ChildProcess | undefined;
  const postern: RunningServer["postern"] = (words, input = "") =>
    run(process.execPath, [launcher, ...words, "--config", settings], { input });
  const server: RunningServer = {
    folder,
    ports,
    dns,
    postern,
    otherSettings(change) {
      const file = join(folder, "other.toml");
      writeFileSync(file, change(source));
      return file;
    },
    async start() {
      const words = [launcher, "serve", "--log-level", "silent", "--config", settings];
      child = hold(spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] }));
      await once(child.stdout ?? child, "data");
      await waitForPort(ports.direct, child);
    },
    async halt() {
      if (child !== undefined) await stop(child);
    },
    reload() {
      child?.kill("SIGHUP");
    },
    async kill() {
      if (child !== undefined) await stop(child, "SIGKILL");
    },
    async [Symbol.asyncDispose]() {
      await server.halt();
      await dns[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (const { user, password } of [ALICE, BOB]) {
    const { code, stderr } = await postern(["account", "add", user, "--password-stdin"], `${password}\n`);
    if (code !== 0) throw new Error(stderr);
  }
  await server.start();
  return server;
}

function settingsFor(ports: RunningServer["ports"], nameServer: string, delivery: string, more: string): string {
  const listeners = Object.entries(LISTENERS).map(
    ([name, protocol]) => `[[listener]]
protocol = "${protocol}"
bind = "127.0.0.1:${ports[name as ListenerName]}"
${name === "direct" ? "" : 'proxy_from = ["127.0.0.1"]'}`,
  );
  return `hostname = "mx.example.test"
data_dir = "data"
admin = "${ALICE.user}"
[[domain]]
name = "example.test"
${listeners.join("\n")}
[dns]
servers = ["${nameServer}"]
timeout_ms = 1000
[threads]
front = 2
[delivery]
${delivery}
[limits]
connections_per_minute_per_address = 6000
connections_per_minute_per_slash24 = 60000
[[list]]
zone = "bl.test"
answers = { "127.0.0.2" = { means = "spam", weight = 6 } }
${more}
`;
}
