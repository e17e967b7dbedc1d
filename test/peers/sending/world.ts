/**
 * Two Posterns of different owners in a network namespace of their own, and mail between them. Started by `unshare --net`;
 * says on standard output, as JSON, what arrived where.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { selfSigned } from "../../fakes/certificates.ts";
import { startDnsServer } from "../../fakes/dns-server.ts";
import { listening } from "../audit/listening.ts";
import { hostRecords, type NamedRecord, published } from "../audit/names.ts";
import { hold, stop } from "../process.ts";

const root = join(import.meta.dirname, "../../..");
const postern = join(root, "bin/postern.js");
const folder = mkdtempSync(join(tmpdir(), "postern-sending-"));

interface Node {
  readonly domain: string;
  readonly host: string;
  readonly address: string;
}

const NEAR: Node = { domain: "near.example", host: "mx.near.example", address: "198.51.100.1" };
const FAR: Node = { domain: "far.example", host: "mx.far.example", address: "203.0.113.1" };
/** Writes to an alias of `near`; nobody's server. */
const THIRD = { name: "mail.third.example", address: "192.0.2.7" };
const PASSWORD = "lantern-paper-staple-9";

execFileSync("ip", ["link", "set", "lo", "up"]);
// Addresses that one may be at, and that no interface names: else each server would take the other's for its own.
for (const { address } of [NEAR, FAR, THIRD]) {
  execFileSync("ip", ["route", "add", "local", `${address}/32`, "dev", "lo", "src", "127.0.0.1"]);
}
const authority = await selfSigned({ names: ["An Authority"], isAuthority: true });
const authorityFile = join(folder, "authority.pem");
writeFileSync(authorityFile, authority.pem);
const dns = await startDnsServer({
  ...hostRecords({ domain: "third.example", hosts: [THIRD] }),
  "third.example": { MX: [{ preference: 10, exchange: THIRD.name }], TXT: [`v=spf1 ip4:${THIRD.address} -all`] },
});
const nodes: ChildProcess[] = [];

try {
  for (const node of [NEAR, FAR]) nodes.push(await startNode(node));
  for (const node of [NEAR, FAR]) {
    const own = hostRecords({ domain: node.domain, hosts: [{ name: node.host, address: node.address }] });
    dns.zone = { ...dns.zone, ...own };
    dns.zone = { ...dns.zone, ...published(recordsOf(node)), ...own };
  }
  dns.authenticated = true;
  runPostern(NEAR, ["alias", "add", "out@near.example", "bob@far.example"]);
  await submit("bob@far.example", "sent");
  await submit("nobody@far.example", "bounced");
  await deliver("bob@third.example", "out@near.example", "passed on");
  const said = {
    far: await mailOf(FAR, "bob@far.example", 2),
    near: await mailOf(NEAR, "alice@near.example", 1),
    queue: JSON.parse(runPostern(NEAR, ["queue", "list", "--json"])) as unknown,
  };
  process.stdout.write(JSON.stringify(said));
} finally {
  for (const node of nodes) await stop(node);
  await dns[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}

async function startNode({ domain, host, address }: Node): Promise<ChildProcess> {
  const data = join(folder, host);
  mkdirSync(data, { mode: 0o700 });
  const certificate = await authority.issue({ names: [host] });
  writeFileSync(`${data}.pem`, certificate.pem + authority.pem);
  writeFileSync(`${data}.key`, certificate.keyPem, { mode: 0o600 });
  const listeners = [
    ["smtp", 25, "starttls"],
    ["submission", 465, "implicit"],
    ["imap", 993, "implicit"],
  ].map(
    ([protocol, port, tls]) => `[[listener]]\nprotocol = "${protocol}"\nbind = "${address}:${port}"\ntls = "${tls}"\n`,
  );
  writeFileSync(
    settingsFile(host),
    `hostname = "${host}"\ndata_dir = "${data}"\nadmin = "postmaster@${domain}"\n
[[domain]]\nname = "${domain}"\n
${listeners.join("")}
[tls]\nsource = "files"\ncertificate = "${data}.pem"\nkey = "${data}.key"\n
[dns]\nservers = ["${dns.address}"]\n
[delivery]\nsource_addresses = ["${address}"]\n`,
  );
  for (const name of ["postmaster", "alice", "bob"]) {
    runPostern({ host }, ["account", "add", `${name}@${domain}`, "--password-stdin"], `${PASSWORD}\n`);
  }
  const log = join(folder, `${host}.log`);
  const child = hold(
    spawn(
      "/bin/sh",
      [
        "-c",
        `exec "$0" "$@" 2>"${log}" >/dev/null`,
        process.execPath,
        postern,
        "serve",
        "--config",
        settingsFile(host),
      ],
      {
        stdio: "ignore",
        cwd: root,
        env: { ...process.env, NODE_EXTRA_CA_CERTS: authorityFile },
      },
    ),
  );
  for (const port of [25, 465, 993]) await listening(address, port);
  return child;
}

function settingsFile(host: string): string {
  return join(folder, `${host}.toml`);
}

function runPostern({ host }: Pick<Node, "host">, words: readonly string[], input = ""): string {
  const args = [postern, ...words, "--config", settingsFile(host)];
  return execFileSync(process.execPath, args, { input, cwd: root, encoding: "utf8" });
}

function recordsOf({ host, domain }: Node): readonly NamedRecord[] {
  const args = [postern, "dns", domain, "--json", "--config", settingsFile(host)];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  return (JSON.parse(stdout) as { readonly value: { readonly records: readonly NamedRecord[] } }).value.records;
}

/** As a mail program of Alice. */
async function submit(to: string, subject: string): Promise<void> {
  const tls = { ca: authority.pem, servername: NEAR.host };
  const auth = { user: "alice@near.example", pass: PASSWORD };
  const transport = createTransport({ host: NEAR.address, port: 465, secure: true, auth, tls });
  await transport.sendMail({
    from: "Alice <alice@near.example>",
    to,
    bcc: "bob@near.example",
    subject,
    text: `Grüße: ${subject}`,
  });
  transport.close();
}

/** As another server. */
async function deliver(from: string, to: string, subject: string): Promise<void> {
  const transport = createTransport({
    host: NEAR.address,
    port: 25,
    name: THIRD.name,
    localAddress: THIRD.address,
    tls: { ca: authority.pem, servername: NEAR.host },
  });
  await transport.sendMail({ from, to, subject, text: subject });
  transport.close();
}

/** The messages in all folders, when there are so many. */
async function mailOf({ address, host }: Node, user: string, count: number): Promise<readonly string[]> {
  const client = new ImapFlow({
    host: address,
    port: 993,
    secure: true,
    auth: { user, pass: PASSWORD },
    tls: { ca: authority.pem, servername: host },
    logger: false,
  });
  await client.connect();
  try {
    for (let attempt = 0; ; attempt++) {
      const found: string[] = [];
      for (const name of ["INBOX", "Junk"]) {
        const lock = await client.getMailboxLock(name);
        try {
          for await (const { source } of client.fetch("1:*", { source: true })) {
            found.push(`X-Test-Folder: ${name}\r\n${(source ?? Buffer.alloc(0)).toString("latin1")}`);
          }
        } finally {
          lock.release();
        }
      }
      if (found.length >= count || attempt > 300) return found;
      await sleep(100);
    }
  } finally {
    await client.logout();
  }
}
