/** The names of the setup test: Knot has the zones and takes signed updates, Unbound looks up and validates. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listZones } from "../audit/names.ts";
import { hold, must, stop, waitForPort } from "../process.ts";

export const DOMAIN = "fresh.example";
export const FIRST = { name: "mx1.fresh.example", address: "198.51.100.1" };
export const SECOND = { name: "mx2.fresh.example", address: "203.0.113.1" };
export const NAME_SERVER = "192.0.2.53";
export const TSIG = { name: "setup", secret: "c2V0dXAgdGVzdCBrZXkgb2Ygc29tZSBsZW5ndGggMTIzNA==" };
export const RESOLVER_PORT = 5300;

const LISTS = [
  "zen.spamhaus.org",
  "bl.spamcop.net",
  "psbl.surriel.com",
  "list.dnswl.org",
  "dbl.spamhaus.org",
  "multi.surbl.org",
  "multi.uribl.com",
];

/** Names and values below each zone; the domain itself has what a registrar gives it and nothing else. */
function zoneRecords(): Readonly<Record<string, readonly string[]>> {
  const lists = LISTS.map((list): [string, readonly string[]] => {
    const below = Object.entries(listZones()).filter(([name]) => name.endsWith(`.${list}`));
    return [list, below.map(([name, { A = [] }]) => `${name}. A ${A[0]}`)];
  });
  return {
    // The second MX is there already; the first has nothing.
    [DOMAIN]: [`${SECOND.name}. A ${SECOND.address}`],
    "100.51.198.in-addr.arpa": [`1.100.51.198.in-addr.arpa. PTR ${FIRST.name}.`],
    "113.0.203.in-addr.arpa": [`1.113.0.203.in-addr.arpa. PTR ${SECOND.name}.`],
    ...Object.fromEntries(lists),
  };
}

/** Ends both. */
export async function startNames(parent: string): Promise<() => Promise<void>> {
  const folder = join(parent, "names");
  mkdirSync(folder);
  const configuration = writeKnot(folder);
  const knot = hold(spawn("knotd", ["-c", configuration], { stdio: "ignore" }));
  await waitForPort(53, knot, NAME_SERVER);
  const file = join(folder, "unbound.conf");
  writeFileSync(file, unboundConfiguration(folder, await anchorOf(configuration)));
  const unbound = hold(spawn("unbound", ["-d", "-c", file], { stdio: "ignore" }));
  await waitForPort(RESOLVER_PORT, unbound);
  return async () => {
    await Promise.all([stop(unbound), stop(knot)]);
  };
}

function writeKnot(folder: string): string {
  const zones = Object.entries(zoneRecords());
  for (const [zone, records] of zones) {
    const head = `$ORIGIN ${zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 2\n@ NS ns\nns A ${NAME_SERVER}\n`;
    writeFileSync(join(folder, `${zone}.zone`), `${head}${records.join("\n")}\n`);
  }
  const lines = zones.map(([zone]) => {
    const own = zone === DOMAIN ? "\n    dnssec-signing: on\n    dnssec-policy: test\n    acl: setup" : "";
    return `  - domain: ${zone}\n    file: ${join(folder, `${zone}.zone`)}\n    zonefile-sync: -1\n    zonefile-load: difference-no-serial\n    journal-content: all${own}`;
  });
  const file = join(folder, "knot.conf");
  const text = [
    `server:\n  rundir: ${folder}\n  listen: ${NAME_SERVER}@53`,
    `database:\n  storage: ${folder}`,
    `key:\n  - id: ${TSIG.name}\n    algorithm: hmac-sha256\n    secret: ${TSIG.secret}`,
    `acl:\n  - id: setup\n    key: ${TSIG.name}\n    action: update`,
    "policy:\n  - id: test\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n    nsec3: off",
    `zone:\n${lines.join("\n")}`,
  ];
  writeFileSync(file, `${text.join("\n")}\n`);
  return file;
}

/** The key is made when the zone is signed first. */
async function anchorOf(configuration: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const said = await must("keymgr", ["-c", configuration, `${DOMAIN}.`, "ds"]);
    const line = said.split("\n").find((one) => / DS \d+ 13 2 /.test(one));
    if (line !== undefined) return line;
    await sleep(100);
  }
  throw new Error(`no key for ${DOMAIN}`);
}

function unboundConfiguration(folder: string, anchor: string): string {
  return [
    "server:",
    '  chroot: ""',
    '  username: ""',
    `  directory: "${folder}"`,
    '  pidfile: ""',
    "  use-syslog: no",
    "  interface: 127.0.0.1",
    `  port: ${RESOLVER_PORT}`,
    '  module-config: "validator iterator"',
    '  local-zone: "100.51.198.in-addr.arpa." nodefault',
    '  local-zone: "113.0.203.in-addr.arpa." nodefault',
    `  trust-anchor: "${anchor}"`,
    ...Object.keys(zoneRecords()).map((zone) => `stub-zone:\n  name: "${zone}."\n  stub-addr: ${NAME_SERVER}`),
    "remote-control:\n  control-enable: no",
    "",
  ].join("\n");
}
