/** The `postern` command as people use it: processes over a folder of their own, on ports that the system gives. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, suite, test } from "node:test";
import { setTimeout } from "node:timers/promises";

const launcher = join(import.meta.dirname, "../../bin/postern.js");
/** A user without rights, by number. */
const NOBODY = 65_534;
const folders: string[] = [];
const servers: ChildProcess[] = [];

after(() => {
  for (const server of servers) server.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A settings file in a new folder, with one listener on `port`. */
function settingsFile(more = "", port = 0): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-command-"));
  folders.push(folder);
  const file = join(folder, "postern.toml");
  writeFileSync(
    file,
    `hostname = "mx.example.test"
data_dir = "data"
${more}
[delivery]
hold = true
[threads]
front = 1
[[domain]]
name = "example.test"
[[listener]]
protocol = "smtp"
bind = "127.0.0.1:${port}"
`,
  );
  return file;
}

/** What a command prints, in short. */
function run(
  settings: string,
  words: readonly string[],
  input = "",
): { code: number | null; out: string; err: string } {
  const ran = spawnSync(process.execPath, [launcher, ...words, "--config", settings], { input, encoding: "utf8" });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

async function serve(settings: string): Promise<ChildProcess> {
  const words = [launcher, "serve", "--log-level", "silent", "--config", settings];
  const server = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  servers.push(server);
  const [said] = (await once(server.stdout, "data")) as [Buffer];
  assert.match(said.toString(), /is running/);
  return server;
}

/** `serve` fails with exactly one line. */
function checkRefused(settings: string, line: RegExp): void {
  const { code, out, err } = run(settings, ["serve", "--log-level", "silent"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, line);
  assert.equal(err.trimEnd().split("\n").length, 1, err);
}

suite("postern serve", () => {
  test("runs, answers commands, and ends with 0 at SIGTERM", async () => {
    const settings = settingsFile();
    const server = await serve(settings);
    const page = run(settings, ["account", "list", "--json"]);
    const accounts = (JSON.parse(page.out) as { value: { address: string }[] }).value.map(({ address }) => address);
    assert.deepEqual(accounts, ["alice@example.test", "bob@example.test"]);
    assert.equal(
      run(settings, ["account", "add", "carol@example.test", "--password-stdin"], "correct horse 9\n").code,
      0,
    );
    assert.equal(run(settings, ["selftest"]).code, 0);
    const status = run(settings, ["status"]);
    assert.equal(status.code, 0);
    assert.match(status.out, /Store +3 accounts/);
    checkRefused(settings, /^The data folder .* is in use by process \d+\. Stop that server first/);
    server.kill("SIGTERM");
    assert.deepEqual(await once(server, "exit"), [0, null]);
    const offline = run(settings, ["account", "list"]);
    assert.equal(offline.code, 0);
    assert.match(offline.out, /carol@example\.test/);
    assert.equal(run(settings, ["status"]).code, 1);
  });

  test("a command that meets a server while it starts waits for it", async () => {
    const settings = settingsFile();
    const lock = join(dirname(settings), "data", "lock.sqlite");
    const server = spawn(process.execPath, [launcher, "serve", "--log-level", "silent", "--config", settings], {
      stdio: "ignore",
    });
    servers.push(server);
    while (!existsSync(lock) && server.exitCode === null) await setTimeout(5);
    const { code, err } = run(settings, ["account", "list"]);
    assert.deepEqual([code, err], [0, ""]);
  });

  test("a SIGHUP during the start is a reload behind it", async () => {
    const settings = settingsFile();
    const words = [launcher, "serve", "--log-level", "silent", "--config", settings];
    const server = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    servers.push(server);
    while (!existsSync(join(dirname(settings), "data")) && server.exitCode === null) await setTimeout(5);
    server.kill("SIGHUP");
    let said = "";
    for await (const data of server.stdout) {
      said += String(data);
      if (said.includes("were read again")) break;
    }
    assert.match(said, /is running[^]*The settings were read again/);
  });

  test("what root does beside a stopped server of another user leaves no file that shuts that one out", () => {
    const settings = settingsFile();
    const folder = dirname(settings);
    const add = (address: string): number | null =>
      run(settings, ["account", "add", address, "--password-stdin"], "correct horse 9\n").code;
    assert.equal(add("first@example.test"), 0);
    const owner = process.getuid?.() === 0 ? NOBODY : (process.getuid?.() ?? 0);
    const files = (): readonly string[] => [folder, ...globSync(join(folder, "**"))];
    for (const file of files()) chownSync(file, owner, owner);
    assert.equal(add("second@example.test"), 0);
    const owners = files().map((file) => `${file} ${statSync(file).uid}`);
    assert.deepEqual(
      owners.filter((line) => !line.endsWith(` ${owner}`)),
      [],
    );
  });

  test("accounts, aliases and domains can be there before the first start; what only looks makes no folder", async () => {
    const settings = settingsFile();
    assert.equal(run(settings, ["account", "list"]).code, 3);
    assert.equal(run(settings, ["status"]).code, 3);
    const added = run(settings, ["account", "add", "dora@example.test", "--password-stdin"], "correct horse 9\n");
    assert.deepEqual([added.code, added.err], [0, ""]);
    assert.equal(run(settings, ["alias", "add", "d@example.test", "dora@example.test"]).code, 0);
    const server = await serve(settings);
    assert.match(run(settings, ["account", "list"]).out, /dora@example\.test/);
    server.kill("SIGTERM");
    assert.deepEqual(await once(server, "exit"), [0, null]);
  });

  test("an unknown setting is told with file, line and the nearest known one", () => {
    const settings = settingsFile("admni = 1");
    checkRefused(settings, /postern\.toml:3: error: admni is not a setting .* Did you mean admin\?/);
  });

  test("a port in use is told", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    checkRefused(settingsFile("", port), new RegExp(`^Cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use`));
    other.close();
  });

  test("a missing certificate is told", () => {
    const tls = 'tls = { source = "files", certificate = "chain.pem", key = "key.pem" }';
    const settings = settingsFile(tls);
    writeFileSync(join(settings, "../key.pem"), "");
    checkRefused(settings, /The file of tls\.certificate, .*chain\.pem, is not there\. Correct the name\./);
  });

  test("a data folder that is a file is told", () => {
    const settings = settingsFile();
    writeFileSync(join(settings, "../data"), "");
    checkRefused(settings, /^The data folder .* is not a folder\. Name a folder in data_dir/);
  });
});

suite("postern domain disable, alias disable", () => {
  test("take effect in the running server, are in its status, relay nothing, and outlast a restart", async () => {
    const port = await freePort();
    const settings = settingsFile("", port);
    let server = await serve(settings);
    const add = ["alias", "add", "info@example.test", "alice@example.test"];
    assert.equal(run(settings, add).code, 0);
    assert.match(await recipientReply(port, "info@example.test"), /^250 /);
    assert.equal(run(settings, ["alias", "disable", "info@example.test"]).out, "info@example.test is disabled.\n");
    assert.match(await recipientReply(port, "info@example.test"), /^550 5\.2\.1 /);
    assert.match(await recipientReply(port, "alice@example.test"), /^250 /);
    assert.equal(run(settings, ["domain", "disable", "example.test"]).code, 0);
    assert.match(await recipientReply(port, "alice@example.test"), /^550 5\.2\.1 /);
    assert.match(await recipientReply(port, "someone@elsewhere.test"), /^550 5\.7\.1 /);
    assert.match(run(settings, ["status"]).out, /^Disabled {3}example\.test, info@example\.test: no new mail$/m);
    assert.match(run(settings, ["domain", "list"]).out, /disabled: no logins, no new mail/);
    const enabled = run(settings, ["alias", "enable", "info@example.test"]).out;
    assert.equal(
      enabled,
      "info@example.test is enabled. Its domain is disabled still: `postern domain enable` ends that.\n",
    );
    server.kill("SIGTERM");
    await once(server, "exit");
    server = await serve(settings);
    assert.match(await recipientReply(port, "alice@example.test"), /^550 5\.2\.1 /);
    assert.equal(run(settings, ["selftest"]).code, 0);
    assert.equal(run(settings, ["domain", "enable", "example.test"]).code, 0);
    assert.match(await recipientReply(port, "info@example.test"), /^250 /);
    server.kill("SIGTERM");
    await once(server, "exit");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What RCPT hears. */
async function recipientReply(port: number, recipient: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const reply = async (): Promise<string> => {
    for (;;) {
      const { value = "" } = (await lines.next()) as { value?: string };
      if (value.charAt(3) !== "-") return value;
    }
  };
  await reply();
  for (const line of ["EHLO client.elsewhere.test", "MAIL FROM:<a@elsewhere.test>"]) {
    socket.write(`${line}\r\n`);
    await reply();
  }
  socket.write(`RCPT TO:<${recipient}>\r\n`);
  const said = await reply();
  socket.destroy();
  return said;
}

suite("exit codes", () => {
  test("0 fine, 1 something wrong, 2 wrong use, 3 could not find out", () => {
    const settings = settingsFile();
    assert.equal(run(settings, ["check-config"]).code, 0);
    assert.equal(run(settingsFile("nothing = 1"), ["check-config"]).code, 1);
    assert.equal(run(settings, ["chekc-config"]).code, 2);
    assert.equal(run(settings, ["audit", "not a domain"]).code, 2);
    assert.equal(run(settings, ["account", "list"]).code, 3);
  });
});
