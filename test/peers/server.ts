/** Postern as its users run it: a child process over a folder of its own, on ports of its own, on loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "./certificate.ts";
import { freePorts } from "./ports.ts";
import { hold, must, stop, waitForPort } from "./process.ts";

const root = join(import.meta.dirname, "../..");

/** Listeners every test server has, each on 127.0.0.1 and ::1. `imap` and `pop3` begin in the clear. */
const listeners = {
  mx: ["smtp", "starttls"],
  submission: ["submission", "starttls"],
  submissions: ["submission", "implicit"],
  imaps: ["imap", "implicit"],
  pop3s: ["pop3", "implicit"],
  imap: ["imap", "starttls"],
  pop3: ["pop3", "starttls"],
} as const;

export type ListenerName = keyof typeof listeners;
export type Ports = Readonly<Record<ListenerName, number>>;

export interface ServerOptions {
  readonly domains?: readonly { readonly name: string; readonly role?: "primary" | "secondary" }[];
  readonly hostname?: string;
  /** Address to password. */
  readonly accounts?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly rules?: Readonly<Record<string, "off" | "shadow" | "enforce">>;
  /** `127.0.0.1:5300`; without it a port where nothing answers. */
  readonly nameServer?: string;
  /** How long a name server may take; 200 without it, as most tests have none. Milliseconds. */
  readonly dnsTimeoutMs?: number;
  /** Mail for other servers is sent; without it everything stays in the queue. */
  readonly sends?: boolean;
  /** In place of a certificate in files: the lines of `[tls]` and what belongs to it. */
  readonly tls?: string;
  /** More TOML, behind everything else. */
  readonly settings?: string;
}

export interface PosternServer {
  readonly folder: string;
  readonly ports: Ports;
  readonly caFile: string;
  readonly ca: string;
  readonly pid: () => number;
  /** All that the process wrote to standard error, all its starts together. */
  readonly log: () => string;
  /** The `postern` command against this server. */
  readonly command: (args: readonly string[], input?: string) => Promise<string>;
  /** Ends the process at once (`kill -9`) and leaves the data. */
  readonly kill: () => Promise<void>;
  /** Asks the process to end (SIGTERM), and waits for it. */
  readonly terminate: () => Promise<void>;
  /** Starts the process again over the same data. */
  readonly start: () => Promise<void>;
  /** Ends the process and removes the folder. */
  readonly stop: () => Promise<void>;
}

export const alice = { user: "alice@example.test", password: "correct-horse-battery-9" };
export const bob = { user: "bob@example.test", password: "staple-paper-lantern-7" };

/** Tests connect all day long from one address; what they do not test must not stand in their way. */
const roomy = {
  connections_total: 5000,
  connections_per_address: 4000,
  connections_per_minute_per_address: 100_000,
  connections_per_slash24: 4000,
  connections_per_minute_per_slash24: 100_000,
  connections_per_slash64: 4000,
  connections_per_minute_per_slash64: 100_000,
  connections_per_slash48: 4000,
  connections_per_minute_per_slash48: 100_000,
};

/** Starts a server with `alice@` and `bob@example.test` unless told otherwise, and waits until it takes connections. */
export async function startServer(options: ServerOptions = {}): Promise<PosternServer> {
  const folder = mkdtempSync(join(tmpdir(), "postern-peers-"));
  const certificate = makeCertificate(folder);
  const ports = await portsFor(Object.keys(listeners) as ListenerName[]);
  const settingsFile = join(folder, "postern.toml");
  writeFileSync(settingsFile, settings(options, ports, certificate.certificateFile, certificate.keyFile));
  const logFile = join(folder, "postern.log");
  let child: ChildProcess | null = null;

  const command = (args: readonly string[], input?: string): Promise<string> =>
    must(process.execPath, [join(root, "bin/postern.js"), ...args, "--config", settingsFile], {
      cwd: root,
      ...(input === undefined ? {} : { input }),
    });
  const server: PosternServer = {
    folder,
    ports,
    caFile: certificate.caFile,
    ca: certificate.ca,
    pid: () => child?.pid ?? 0,
    log: () => readFileSync(logFile, "utf8"),
    command,
    kill: async () => {
      if (child !== null) await stop(child, "SIGKILL");
    },
    terminate: async () => {
      if (child !== null) await stop(child);
    },
    start: async () => {
      child = spawn(process.execPath, [join(root, "bin/postern.js"), "serve", "--config", settingsFile], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
      });
      hold(child);
      const log = createWriteStream(logFile, { flags: "a" });
      child.stderr?.pipe(log, { end: false });
      child.stdout?.pipe(log, { end: false });
      try {
        for (const port of Object.values(ports)) await waitForPort(port, child);
      } catch (error) {
        await stop(child, "SIGKILL");
        throw new Error(`Postern did not start:\n${readFileSync(logFile, "utf8")}`, { cause: error });
      }
    },
    stop: async () => {
      if (child !== null) await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const accounts = options.accounts ?? { [alice.user]: alice.password, [bob.user]: bob.password };
  try {
    // Before the first start: a server that finds no account in example.test makes some by itself.
    mkdirSync(join(folder, "data"), { mode: 0o700 });
    for (const [address, password] of Object.entries(accounts))
      await command(["account", "add", address, "--password-stdin"], `${password}\n`);
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

async function portsFor(names: readonly ListenerName[]): Promise<Ports> {
  const free = await freePorts(names.length);
  return Object.fromEntries(names.map((name, index) => [name, free[index] ?? 0])) as Ports;
}

function settings(options: ServerOptions, ports: Ports, certificateFile: string, keyFile: string): string {
  const domains = options.domains ?? [{ name: "example.test" }];
  const [admin = ""] = Object.keys(options.accounts ?? { [alice.user]: "" });
  const lines = [`hostname = "${options.hostname ?? "mx.example.test"}"`, 'data_dir = "data"', `admin = "${admin}"`];
  for (const { name, role = "primary" } of domains) {
    lines.push("[[domain]]", `name = "${name}"`, `role = "${role}"`);
    if (role === "secondary") lines.push('primary_host = "localhost"');
  }
  for (const [name, [protocol, tls]] of Object.entries(listeners)) {
    for (const host of ["127.0.0.1", "[::1]"])
      lines.push(
        "[[listener]]",
        `protocol = "${protocol}"`,
        `bind = "${host}:${ports[name as ListenerName]}"`,
        `tls = "${tls}"`,
      );
  }
  lines.push(options.tls ?? `[tls]\nsource = "files"\ncertificate = "${certificateFile}"\nkey = "${keyFile}"`);
  // Nothing answers there: no test may wait for, or depend on, the name servers of the machine it runs on.
  lines.push(
    "[dns]",
    `servers = ["${options.nameServer ?? "127.0.0.1:9"}"]`,
    `timeout_ms = ${options.dnsTimeoutMs ?? 200}`,
  );
  lines.push("[delivery]", `hold = ${options.sends !== true}`);
  lines.push("[limits]", ...pairs({ ...roomy, ...options.limits }));
  if (options.rules !== undefined)
    lines.push("[rules]", ...pairs(Object.fromEntries(Object.entries(options.rules).map(([k, v]) => [k, `"${v}"`]))));
  return `${[...lines, options.settings ?? ""].join("\n")}\n`;
}

function pairs(table: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(table).map(([key, value]) => `${key} = ${value}`);
}
