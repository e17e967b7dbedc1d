/** Programs that fetch a maildrop over POP3 inside TLS: fetchmail, getmail and mpop. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertArrived, readFolder, sampleMessage } from "./mail.ts";
import { run } from "./process.ts";
import { alice, type PosternServer, startServer } from "./server.ts";
import { deliver } from "./smtp-client.ts";

const messages = [sampleMessage("pop one"), sampleMessage("pop two"), sampleMessage("pop three")];
/** getmail will not deliver as root. */
const nobody = { name: "nobody", uid: 65_534, gid: 65_534 };

let server: PosternServer;
before(async () => {
  server = await startServer();
  chmodSync(server.folder, 0o755);
  for (const message of messages) await deliver(server.ports.mx, [alice.user], message);
});
after(() => server.stop());

function makeMaildir(name: string): string {
  const folder = join(server.folder, name);
  for (const part of ["", "new", "cur", "tmp"]) {
    mkdirSync(join(folder, part));
    chownSync(join(folder, part), nobody.uid, nobody.gid);
  }
  return folder;
}

function writeSettings(name: string, text: string): string {
  const file = join(server.folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Asserts that these files are the messages, with lines as the system ends them. */
function assertFetched(files: readonly string[]): void {
  const texts = files.map((file) => readFileSync(file, "latin1"));
  for (const message of messages) {
    const [, subject = ""] = /^Subject: (.*)\r$/m.exec(message) ?? [];
    const text = texts.find((candidate) => candidate.includes(`Subject: ${subject}\n`));
    assert.ok(text, `${subject} was not fetched`);
    assertArrived(Buffer.from(text.replaceAll("\n", "\r\n"), "latin1"), message, subject);
  }
  assert.equal(files.length, messages.length);
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

test("fetchmail fetches the maildrop and leaves it", async () => {
  const folder = makeMaildir("fetchmail");
  const settings = writeSettings(
    "fetchmailrc",
    `set invisible
poll localhost service ${server.ports.pop3s} protocol pop3 uidl
  user "${alice.user}" there with password "${alice.password}"
  options ssl sslcertck sslcertfile "${server.caFile}" keep fetchall no rewrite
  mda "cat > ${folder}/new/$$"
`,
  );
  const home = { FETCHMAILHOME: server.folder };
  const { code, stdout, stderr } = await run("fetchmail", ["-f", settings, "--nodetach", "--nosyslog"], { env: home });
  assert.equal(code, 0, stdout + stderr);
  assertFetched(filesIn(join(folder, "new")));
  assert.equal((await readFolder(server, alice)).length, messages.length);
});

test("mpop fetches the maildrop, and nothing the second time", async () => {
  const folder = makeMaildir("mpop");
  const settings = writeSettings(
    "mpoprc",
    `account default
host localhost
port ${server.ports.pop3s}
tls on
tls_starttls off
tls_trust_file ${server.caFile}
user ${alice.user}
password ${alice.password}
delivery maildir ${folder}
received_header off
keep on
uidls_file ${server.folder}/mpop-uidls
`,
  );
  for (const time of ["first", "second"]) {
    const { code, stdout, stderr } = await run("mpop", ["-C", settings]);
    assert.equal(code, 0, `${time}: ${stdout}${stderr}`);
    assertFetched(filesIn(join(folder, "new")));
  }
});

test("getmail fetches the maildrop and empties it", async () => {
  const folder = makeMaildir("getmail");
  const home = makeMaildir("getmail-home");
  const settings = writeSettings(
    "getmail-home/getmailrc",
    `[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = ${server.ports.pop3s}
ca_certs = ${server.caFile}
username = ${alice.user}
password = ${alice.password}

[destination]
type = Maildir
path = ${folder}/
user = ${nobody.name}

[options]
read_all = true
delete = true
delivered_to = false
received = false
`,
  );
  const { code, stdout, stderr } = await run("getmail", ["--getmaildir", home, "--rcfile", settings]);
  assert.equal(code, 0, stdout + stderr);
  assertFetched(filesIn(join(folder, "new")));
  assert.deepEqual(await readFolder(server, alice), []);
});
