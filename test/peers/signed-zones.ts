/** Zones served and signed by Knot, and Unbound that validates them: what a server asks that wants to use DANE. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./ports.ts";
import { hold, must, stop, waitForPort } from "./process.ts";

export interface Zones {
  /** Signed, with a trust anchor. By name; records without SOA and NS. */
  readonly signed: Readonly<Record<string, string>>;
  readonly unsigned: Readonly<Record<string, string>>;
  /** Signed, and the resolver has the anchor of somebody else. */
  readonly bogus: Readonly<Record<string, string>>;
  /** Names that the resolver answers with REFUSED. */
  readonly refused: readonly string[];
}

export interface SignedZones {
  /** Of the resolver: `127.0.0.1:5353`. */
  readonly server: string;
  [Symbol.asyncDispose](): Promise<void>;
}

const FOREIGN_ANCHOR = `20326 13 2 ${"ab".repeat(32)}`;

export async function serveZones(zones: Zones): Promise<SignedZones> {
  const folder = mkdtempSync(join(tmpdir(), "postern-zones-"));
  const [knotPort = 0, unboundPort = 0] = await freePorts(2);
  const configuration = writeKnot(folder, knotPort, zones);
  const knot = hold(spawn("knotd", ["-c", configuration], { stdio: "ignore" }));
  await waitForPort(knotPort, knot);
  const anchors = await Promise.all(Object.keys(zones.signed).map((zone) => anchorOf(zone, configuration)));
  const bogus = Object.keys(zones.bogus).map((zone) => `${zone}. DS ${FOREIGN_ANCHOR}`);
  const unboundFile = join(folder, "unbound.conf");
  writeFileSync(unboundFile, unboundConfiguration(folder, { knotPort, unboundPort }, zones, [...anchors, ...bogus]));
  const unbound = hold(spawn("unbound", ["-d", "-c", unboundFile], { stdio: "ignore" }));
  await waitForPort(unboundPort, unbound);
  return {
    server: `127.0.0.1:${unboundPort}`,
    async [Symbol.asyncDispose]() {
      await Promise.all([stop(unbound), stop(knot)]);
      rmSync(folder, { recursive: true });
    },
  };
}

function writeKnot(folder: string, port: number, { signed, unsigned, bogus }: Zones): string {
  const all = { ...signed, ...unsigned, ...bogus };
  for (const [zone, records] of Object.entries(all)) {
    const head = `$ORIGIN ${zone}.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n`;
    writeFileSync(join(folder, `${zone}.zone`), `${head}${records}\n`);
  }
  const zoneLines = Object.keys(all).map((zone) => {
    const signing = Object.hasOwn(unsigned, zone) ? "" : "\n    dnssec-signing: on\n    dnssec-policy: test";
    return `  - domain: ${zone}\n    file: ${join(folder, `${zone}.zone`)}\n    zonefile-sync: -1${signing}`;
  });
  const file = join(folder, "knot.conf");
  const server = `server:\n  rundir: ${folder}\n  listen: 127.0.0.1@${port}\ndatabase:\n  storage: ${folder}\n`;
  const policy = "policy:\n  - id: test\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n    nsec3: off\n";
  writeFileSync(file, `${server}${policy}zone:\n${zoneLines.join("\n")}\n`);
  return file;
}

/** Keys are made when a zone is signed first. */
async function anchorOf(zone: string, configuration: string): Promise<string> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const said = await must("keymgr", ["-c", configuration, `${zone}.`, "ds"]);
    const line = said.split("\n").find((one) => / DS \d+ 13 2 /.test(one));
    if (line !== undefined) return line;
    await sleep(100);
  }
  throw new Error(`no key for ${zone}`);
}

function unboundConfiguration(
  folder: string,
  { knotPort, unboundPort }: { readonly knotPort: number; readonly unboundPort: number },
  { signed, unsigned, bogus, refused }: Zones,
  anchors: readonly string[],
): string {
  const zones = [...Object.keys(signed), ...Object.keys(unsigned), ...Object.keys(bogus)];
  return [
    "server:",
    '  chroot: ""',
    '  username: ""',
    `  directory: "${folder}"`,
    '  pidfile: ""',
    "  use-syslog: no",
    "  interface: 127.0.0.1",
    `  port: ${unboundPort}`,
    "  do-not-query-localhost: no",
    '  module-config: "validator iterator"',
    '  local-zone: "test." nodefault',
    ...refused.map((name) => `  local-zone: "${name}." always_refuse`),
    ...anchors.map((anchor) => `  trust-anchor: "${anchor}"`),
    ...zones.map((zone) => `stub-zone:\n  name: "${zone}."\n  stub-addr: 127.0.0.1@${knotPort}`),
    "remote-control:\n  control-enable: no",
    "",
  ].join("\n");
}
