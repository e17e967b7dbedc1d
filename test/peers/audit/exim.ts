/**
 * Debian's Exim as it comes: the settings that its installation writes for a server on the internet, in a folder of its own. In
 * a mount namespace: the user that it must run as and the resolver are this world's alone.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hold, must, stop } from "../process.ts";
import { listening } from "./listening.ts";
import type { Subject } from "./names.ts";

/** The user's name is compiled in. */
const USER = { name: "Debian-exim", id: 64_999 };

export async function startExim({ domain, hosts }: Subject): Promise<() => Promise<void>> {
  const [host] = hosts;
  if (host === undefined) throw new Error("no host");
  const folder = mkdtempSync(join(tmpdir(), "postern-exim-"));
  chmodSync(folder, 0o755);
  bindOver(
    "/etc/passwd",
    folder,
    `${readFileSync("/etc/passwd", "utf8")}${USER.name}:x:${USER.id}:${USER.id}::/:/bin/false\n`,
  );
  bindOver("/etc/group", folder, `${readFileSync("/etc/group", "utf8")}${USER.name}:x:${USER.id}:\n`);
  mkdirSync(join(folder, "mail"));
  execFileSync("mount", ["--bind", join(folder, "mail"), "/var/mail"]);
  bindOver("/etc/resolv.conf", folder, "nameserver 127.0.0.1\n");
  const program = realpathSync(await pathOf("exim4"));
  const configuration = await writeConfiguration(join(program, "../../.."), folder, {
    dc_eximconfig_configtype: "internet",
    dc_other_hostnames: domain,
    dc_local_interfaces: host.address,
    dc_localdelivery: "mail_spool",
    dc_use_split_config: "false",
  });
  const macros = `CONFDIR = ${folder}/etc\nSPOOLDIR = ${folder}/spool\nMAIN_HARDCODE_PRIMARY_HOSTNAME = ${host.name}\n`;
  const places = `log_file_path = ${folder}/spool/%slog\n`;
  writeFileSync(
    configuration,
    `${macros}${readFileSync(configuration, "utf8").replace(/^domainlist /m, `${places}domainlist `)}`,
  );
  chmodSync(configuration, 0o644);
  const child = hold(spawn(program, ["-C", configuration, "-bdf"], { stdio: "ignore" }));
  await listening(host.address, 25);
  return async () => {
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
}

async function pathOf(program: string): Promise<string> {
  return (await must("sh", ["-c", `command -v ${program}`])).trim();
}

/** With the script of the package: what its installation would have written. */
async function writeConfiguration(
  tree: string,
  folder: string,
  answers: Readonly<Record<string, string>>,
): Promise<string> {
  cpSync(join(tree, "etc/exim4"), join(folder, "etc"), { recursive: true });
  mkdirSync(join(folder, "spool"));
  chownSync(join(folder, "spool"), USER.id, USER.id);
  const lines = Object.entries(answers).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(join(folder, "etc/update-exim4.conf.conf"), lines.join(""));
  const configuration = join(folder, "exim.conf");
  await must(join(tree, "usr/sbin/update-exim4.conf"), ["-d", join(folder, "etc"), "-o", configuration]);
  return configuration;
}

function bindOver(file: string, folder: string, text: string): void {
  const own = join(folder, file.replaceAll("/", "_"));
  writeFileSync(own, text);
  execFileSync("mount", ["--bind", own, realpathSync(file)]);
}
