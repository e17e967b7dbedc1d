/**
 * A small internet in a network namespace of its own, with mail on the standard ports, and the audit of one domain in it.
 * Started by `unshare --net --mount`; says the report on standard output.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned, type TestCertificate } from "../../fakes/certificates.ts";
import { startDnsServer } from "../../fakes/dns-server.ts";
import { hold, run, stop } from "../process.ts";
import { startExim } from "./exim.ts";
import { listening } from "./listening.ts";
import { startMailServers } from "./mail-servers.ts";
import {
  ADDRESSES,
  BAD,
  badZone,
  CLIENT,
  EXIM,
  eximZone,
  GOOD,
  hostRecords,
  listZones,
  type NamedRecord,
  published,
  STOCK,
  type Subject,
  stockZone,
} from "./names.ts";

const root = join(import.meta.dirname, "../../..");
const postern = join(root, "bin/postern.js");
const folder = mkdtempSync(join(tmpdir(), "postern-audit-world-"));
/** Where a resolver of the system is asked. */
const DNS_PORT = 53;
const [scenario = "", ...auditWords] = process.argv.slice(2);

execFileSync("ip", ["link", "set", "lo", "up"]);
for (const address of [CLIENT, ...ADDRESSES]) execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
// Else the client would come from the server's own address, to which servers are kinder.
for (const address of ADDRESSES) {
  execFileSync("ip", ["route", "replace", "local", address, "dev", "lo", "table", "local", "src", CLIENT]);
}
const authority = await selfSigned({ names: ["An Authority"], isAuthority: true });
const authorityFile = join(folder, "authority.pem");
writeFileSync(authorityFile, authority.pem);
const dns = await startDnsServer(listZones(), {}, DNS_PORT);

try {
  const stopAll = await startScenario();
  const report = await audit();
  process.stdout.write(Buffer.from(report, "latin1"));
  await stopAll();
} finally {
  await dns[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}

async function startScenario(): Promise<() => Promise<void>> {
  switch (scenario) {
    case "stock":
      return startDebian(STOCK, stockZone(), false);
    case "bad":
      return startDebian(BAD, badZone(), true);
    case "exim":
      dns.zone = { ...dns.zone, ...eximZone() };
      return startExim(EXIM);
    case "good":
      return startGood();
    default:
      throw new Error(`no scenario ${scenario}`);
  }
}

async function startDebian(subject: Subject, zone: typeof dns.zone, isBad: boolean): Promise<() => Promise<void>> {
  dns.zone = { ...dns.zone, ...zone };
  const [host] = subject.hosts;
  if (host === undefined) throw new Error("no host");
  // What Debian makes at installation: nobody vouches for it.
  const { pem, keyPem } = await selfSigned({ names: [host.name] });
  const servers = await startMailServers({
    address: host.address,
    hostname: host.name,
    domain: subject.domain,
    certificatePem: pem,
    keyPem,
    isBad,
  });
  return servers.stop;
}

/** Two Posterns, each in its own network, with everything published that there is to publish. */
async function startGood(): Promise<() => Promise<void>> {
  const nodes: ChildProcess[] = [];
  for (const host of GOOD.hosts) {
    const certificate = await authority.issue({ names: [host.name, `mta-sts.${GOOD.domain}`] });
    nodes.push(await startNode(host, certificate));
  }
  dns.zone = { ...dns.zone, ...hostRecords(GOOD) };
  const [first] = GOOD.hosts;
  const wanted = GOOD.hosts.flatMap((host) => wantedRecords(host).filter((one) => isOf(one, host, host === first)));
  dns.zone = { ...dns.zone, ...published(wanted) };
  dns.authenticated = true;
  return async () => {
    for (const node of nodes) await stop(node);
  };
}

function settingsFile(host: GoodHost): string {
  return join(folder, `${host.name}.toml`);
}

type GoodHost = (typeof GOOD.hosts)[number];

async function startNode(host: GoodHost, { pem, keyPem }: TestCertificate) {
  const data = join(folder, host.name);
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(`${data}.pem`, pem + authority.pem);
  writeFileSync(`${data}.key`, keyPem, { mode: 0o600 });
  const listeners = [
    ["smtp", 25, "starttls"],
    ["submission", 587, "starttls"],
    ["submission", 465, "implicit"],
    ["imap", 993, "implicit"],
    ["pop3", 995, "implicit"],
    ["http", 443, "implicit"],
  ].map(
    ([protocol, port, tls]) =>
      `[[listener]]\nprotocol = "${protocol}"\nbind = "${host.address}:${port}"\ntls = "${tls}"\n`,
  );
  writeFileSync(
    settingsFile(host),
    `hostname = "${host.name}"\ndata_dir = "${data}"\nadmin = "postmaster@${GOOD.domain}"\n
[[domain]]\nname = "${GOOD.domain}"\nmta_sts_mode = "enforce"\nmta_sts_mx = ["*.${GOOD.domain}"]\n
${listeners.join("")}
[tls]\nsource = "files"\ncertificate = "${data}.pem"\nkey = "${data}.key"\n
[dns]\nservers = ["${dns.address}"]\n`,
  );
  runPostern(host, ["account", "add", `postmaster@${GOOD.domain}`, "--password-stdin"], "lantern-paper-staple-9\n");
  const child = hold(
    spawn(process.execPath, [postern, "serve", "--config", settingsFile(host)], { stdio: "ignore", cwd: root }),
  );
  for (const port of [25, 465, 587, 993, 995, 443]) await listening(host.address, port);
  return child;
}

function runPostern(host: GoodHost, words: readonly string[], input = ""): string {
  const args = [postern, ...words, "--config", settingsFile(host)];
  return execFileSync(process.execPath, args, { input, cwd: root, encoding: "utf8" });
}

/** What Postern itself says is to be published. */
function wantedRecords(host: GoodHost): readonly NamedRecord[] {
  const args = [postern, "dns", GOOD.domain, "--json", "--config", settingsFile(host)];
  // Not all of them are there yet: it ends with 1.
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  return (JSON.parse(stdout) as { readonly value: { readonly records: readonly NamedRecord[] } }).value.records;
}

/** Both hosts are in the zone; what is the domain's own is taken from the first. */
function isOf({ name, type }: NamedRecord, host: GoodHost, isFirst: boolean): boolean {
  return isFirst || type === "MX" || name.endsWith(host.name);
}

async function audit(): Promise<string> {
  const subject = { stock: STOCK, bad: BAD, exim: EXIM, good: GOOD }[scenario];
  const [first] = GOOD.hosts;
  const config =
    scenario === "good" && first !== undefined ? ["--config", settingsFile(first)] : ["--config", "/nonexistent"];
  const words = [
    "audit",
    subject?.domain ?? "",
    "--dns",
    dns.address,
    "--test-address",
    "nobody@elsewhere.example",
    ...config,
    ...auditWords,
  ];
  const { stdout, stderr } = await run(process.execPath, [postern, ...words], {
    cwd: root,
    env: { NODE_EXTRA_CA_CERTS: authorityFile },
    patienceMs: 300_000,
  });
  if (stderr !== "") process.stderr.write(stderr);
  return stdout;
}
