/**
 * A small internet in a network namespace of its own: name servers, a certificate authority, a second MX; and `postern
 * setup` on a machine that has nothing. Started by `unshare --net`; says what happened as JSON on standard output.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sendUpdate } from "#platform/dns/send-update.ts";
import { systemClock } from "#platform/system-clock.ts";
import { systemRandom } from "#platform/system-random.ts";
import { selfSigned } from "../../fakes/certificates.ts";
import { listening } from "../audit/listening.ts";
import { startPebble } from "../pebble.ts";
import { hold, run, stop } from "../process.ts";
import { DOMAIN, FIRST, NAME_SERVER, RESOLVER_PORT, SECOND, startNames, TSIG } from "./zones.ts";

const root = join(import.meta.dirname, "../../..");
const postern = join(root, "bin/postern.js");
const folder = mkdtempSync(join(tmpdir(), "postern-setup-world-"));
const resolver = `127.0.0.1:${RESOLVER_PORT}`;
const files = { settings: join(folder, "etc/postern.toml"), data: join(folder, "data") };
// The server runs as another user.
chmodSync(folder, 0o755);

execFileSync("ip", ["link", "set", "lo", "up"]);
for (const { address } of [FIRST, SECOND, { address: NAME_SERVER }]) {
  execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
}
const stopNames = await startNames(folder);
const pebble = await startPebble({ nameServer: resolver, httpPort: 80, tlsPort: 443, lifeSeconds: 90 * 86_400 });
const authority = await selfSigned({ names: ["An Authority"], isAuthority: true });
const authorities = join(folder, "authorities.pem");
writeFileSync(authorities, `${authority.pem}\n${await fetchRoot()}`);
const pebbleCa = join(folder, "pebble.pem");
copyFileSync(pebble.caFile, pebbleCa);
chmodSync(pebbleCa, 0o644);
const second = await startSecond();

try {
  const first = await setup();
  const before = hashes();
  const again = await setup();
  const refused = await updateWith({
    ...TSIG,
    secret: Buffer.from("another secret of some length").toString("base64"),
  });
  const unknown = await updateWith({ ...TSIG, name: "nobody" });
  process.stdout.write(
    JSON.stringify({
      refused,
      unknown,
      first,
      again,
      before,
      after: hashes(),
      alerts: await alerts(),
      log: serverLog(),
    }),
  );
} finally {
  await endServer();
  await stop(second);
  await pebble[Symbol.asyncDispose]();
  await stopNames();
  rmSync(folder, { recursive: true, force: true });
}

async function setup() {
  const options = {
    domain: DOMAIN,
    admin: `admin@${DOMAIN}`,
    hostname: FIRST.name,
    "second-mx": SECOND.name,
    bind: FIRST.address,
    dir: join(folder, "etc"),
    data: files.data,
    dns: resolver,
    rfc2136: NAME_SERVER,
    tsig: `${TSIG.name}:${TSIG.secret}`,
    "acme-directory": pebble.directoryUrl,
    "acme-ca": pebbleCa,
    user: "nobody",
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const startedMs = performance.now();
  const said = await run(
    process.execPath,
    [postern, "setup", ...words, "--yes", "--no-systemd", ...process.argv.slice(2)],
    {
      cwd: root,
      env: { NODE_EXTRA_CA_CERTS: authorities },
      patienceMs: 600_000,
    },
  );
  return { ...said, tookMs: performance.now() - startedMs };
}

/** Everything that setup makes and the server does not go on writing. */
function hashes(): Readonly<Record<string, string>> {
  const made = [
    files.settings,
    ...["ecdsa.pem", "rsa.pem", "account.key"].map((one) => join(files.data, "tls/acme", one)),
  ];
  return Object.fromEntries(
    made.map((file) => {
      try {
        return [file.slice(folder.length), createHash("sha256").update(readFileSync(file)).digest("hex")];
      } catch {
        return [file.slice(folder.length), "not there"];
      }
    }),
  );
}

function serverLog(): string {
  try {
    return readFileSync(join(files.data, "postern.log"), "utf8").slice(-20_000);
  } catch {
    return "";
  }
}

/** What the name server says to a key that is not the right one; null: it took the update. */
async function updateWith({ name, secret }: typeof TSIG): Promise<string | null> {
  const key = { name, algorithm: "hmac-sha256", secret: Buffer.from(secret, "base64") } as const;
  const records = [{ name: `stranger.${DOMAIN}`, type: "A", value: "192.0.2.1" } as const];
  const around = { clock: systemClock, random: systemRandom, timeoutMs: 10_000 };
  const server = { address: NAME_SERVER, port: 53 };
  return (await sendUpdate(server, { zone: DOMAIN, records, ttlSeconds: 60 }, key, around)) ?? null;
}

interface Status {
  readonly running: { readonly processId: number; readonly alerts: readonly { readonly text: string }[] } | null;
}

async function status(): Promise<Status> {
  const words = [postern, "status", "--json", "--config", files.settings];
  const { stdout } = await run(process.execPath, words, { cwd: root });
  return (JSON.parse(stdout) as { readonly value: Status }).value;
}

/** What the server is alarmed about after all that. */
async function alerts(): Promise<readonly string[]> {
  return ((await status()).running?.alerts ?? []).map(({ text }) => text);
}

/** It outlives setup, and must not outlive the test. */
async function endServer(): Promise<void> {
  try {
    const { running } = await status();
    if (running !== null) process.kill(running.processId, "SIGKILL");
  } catch {
    // It never ran.
  }
}

function fetchRoot(): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(pebble.rootUrl, { ca: readFileSync(pebble.caFile) }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      answer.on("end", () => resolve(text));
    });
    request.on("error", reject);
  });
}

/** Another machine of the same owner, which was there before. */
async function startSecond() {
  const data = join(folder, "second");
  mkdirSync(data, { mode: 0o700 });
  const { pem, keyPem } = await authority.issue({ names: [SECOND.name] });
  writeFileSync(`${data}.pem`, pem + authority.pem);
  writeFileSync(`${data}.key`, keyPem, { mode: 0o600 });
  const ports = [
    ["smtp", 25, "starttls"],
    ["submission", 465, "implicit"],
    ["imap", 993, "implicit"],
  ] as const;
  const listeners = ports.map(
    ([protocol, port, tls]) =>
      `[[listener]]\nprotocol = "${protocol}"\nbind = "${SECOND.address}:${port}"\ntls = "${tls}"\n`,
  );
  const settings = join(folder, "second.toml");
  writeFileSync(
    settings,
    `hostname = "${SECOND.name}"\ndata_dir = "${data}"\nadmin = "admin@${DOMAIN}"\n[[domain]]\nname = "${DOMAIN}"\n${listeners.join("")}
[tls]\nsource = "files"\ncertificate = "${data}.pem"\nkey = "${data}.key"\n[dns]\nservers = ["${resolver}"]\n`,
  );
  const account = [postern, "account", "add", `admin@${DOMAIN}`, "--password-stdin", "--config", settings];
  execFileSync(process.execPath, account, { input: "lantern-paper-staple-9\n", cwd: root });
  const child = hold(spawn(process.execPath, [postern, "serve", "--config", settings], { stdio: "ignore", cwd: root }));
  for (const [, port] of ports) await listening(SECOND.address, port);
  return child;
}
