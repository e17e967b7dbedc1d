/** Milters as Debian has them, each in a folder of its own on loopback and without a network; and a small one that obeys. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./ports.ts";
import { hold, stop, waitForPort } from "./process.ts";

export interface RunningMilter {
  readonly port: number;
  readonly kill: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

type Make = (folder: string, port: number) => { readonly program: string; readonly args: readonly string[] };

async function startMilter(make: Make): Promise<RunningMilter & { readonly child: ChildProcess }> {
  const folder = mkdtempSync(join(tmpdir(), "postern-milter-"));
  const [port = 0] = await freePorts(1);
  const { program, args } = make(folder, port);
  // Debian has some of them in /usr/sbin.
  const env = { ...process.env, PATH: [process.env["PATH"], "/usr/sbin"].join(delimiter) };
  const child = hold(spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], env }));
  await waitForPort(port, child);
  const kill = (): Promise<void> => stop(child, "SIGKILL");
  return {
    child,
    port,
    kill,
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * rspamd's proxy as a milter that scans by itself, with rules of ours alone: a subject with `spammy` is spam to be marked, one
 * with `later` is to come again, and the GTUBE is refused.
 */
export function startRspamd(): Promise<RunningMilter> {
  return startMilter((folder, port) => {
    const rules = `
rspamd_config:register_symbol({
  name = "SPAMMY", score = 7,
  callback = function(task) return (task:get_subject() or ""):find("spammy") ~= nil end,
})
rspamd_config:register_symbol({
  name = "LATER", score = 0,
  callback = function(task)
    if (task:get_subject() or ""):find("later") then task:set_pre_result("soft reject", "Try again later") end
    return false
  end,
})`;
    writeFileSync(join(folder, "rules.lua"), rules);
    // The real list of top level domains takes long to compile.
    writeFileSync(join(folder, "tld"), "com\nexample\n");
    writeFileSync(
      join(folder, "rspamd.conf"),
      `options {
  pidfile = "${folder}/pid"; tempdir = "${folder}"; hs_cache_dir = "${folder}"; url_tld = "${folder}/tld";
  control_socket = "${folder}/control.sock mode=0600";
  filters = ""; explicit_modules = []; local_addrs = [];
  dns { nameserver = ["127.0.0.1:9"]; timeout = 0.2s; retransmits = 1; }
}
logging { type = "file"; filename = "${folder}/log"; level = "info"; }
actions { reject = 15; add_header = 6; greylist = 4; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}"; milter = yes; timeout = 20s; count = 1;
  upstream "local" { default = yes; self_scan = yes; }
}
lua = "${folder}/rules.lua";
`,
    );
    // As root it wants to be told that it may.
    const root = process.getuid?.() === 0 ? ["--insecure"] : [];
    return { program: "rspamd", args: ["-c", join(folder, "rspamd.conf"), "--no-fork", ...root] };
  });
}

/** opendkim that checks signatures, with keys from a file. */
export function startOpendkim(authservId: string, keys: Readonly<Record<string, string>>): Promise<RunningMilter> {
  return startMilter((folder, port) => {
    writeFileSync(
      join(folder, "keys"),
      Object.entries(keys)
        .map(([name, record]) => `${name} ${record}\n`)
        .join(""),
    );
    const settings = [
      "Mode v",
      `Socket inet:${port}@127.0.0.1`,
      `AuthservID ${authservId}`,
      `TestPublicKeys ${folder}/keys`,
      "AlwaysAddARHeader yes",
      // Otherwise it asks to take fields off, which is not offered.
      "KeepAuthResults yes",
      "Syslog no",
      "Background no",
      `TemporaryDirectory ${folder}`,
    ];
    writeFileSync(join(folder, "opendkim.conf"), `${settings.join("\n")}\n`);
    return { program: "opendkim", args: ["-f", "-x", join(folder, "opendkim.conf")] };
  });
}

/** What `small-milter.py` was told of one message. */
export interface Told {
  readonly client: readonly [name: string, family: string, port: number, address: string];
  readonly helo: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  readonly macros: Readonly<Record<string, string>>;
  /** Octets of the body, and of its largest piece. */
  readonly body: number;
  readonly largest: number;
}

export interface SmallMilter extends RunningMilter {
  /** Of the last message that it saw the end of. */
  readonly told: (subject: string) => Promise<Told>;
}

/** Does what the subject says; see there. */
export async function startSmallMilter(hostname: string): Promise<SmallMilter> {
  const script = join(import.meta.dirname, "small-milter.py");
  const milter = await startMilter((_folder, port) => ({ program: "python3", args: [script, String(port), hostname] }));
  let said = "";
  milter.child.stdout?.on("data", (octets: Buffer) => {
    said += octets.toString("utf8");
  });
  const find = (subject: string): Told | undefined =>
    said
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Told)
      .findLast(({ fields }) => fields["Subject"]?.trim() === subject);
  return {
    ...milter,
    told: async (subject) => {
      for (let looks = 0; looks < 100; looks++) {
        const told = find(subject);
        if (told !== undefined) return told;
        await sleep(50);
      }
      throw new Error(`the milter was not told of “${subject}”`);
    },
  };
}
