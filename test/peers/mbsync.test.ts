import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ImapConnection } from "../imap-scripts/connection.ts";
import { assertArrived, readFolder, sampleMessage } from "./mail.ts";
import { run } from "./process.ts";
import { alice, type PosternServer, startServer } from "./server.ts";
import { deliver } from "./smtp-client.ts";

let server: PosternServer;
let maildir = "";
let settingsFile = "";

before(async () => {
  server = await startServer();
  maildir = join(server.folder, "mbsync");
  mkdirSync(maildir);
  settingsFile = join(server.folder, "mbsyncrc");
  writeFileSync(
    settingsFile,
    `IMAPStore far
Host localhost
Port ${server.ports.imaps}
SSLType IMAPS
CertificateFile ${server.caFile}
User ${alice.user}
Pass ${alice.password}

MaildirStore near
Path ${maildir}/
Inbox ${maildir}/INBOX
SubFolders Verbatim

Channel mail
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
`,
  );
});
after(() => server.stop());

/** Runs mbsync, which must have nothing to complain about. */
async function sync(): Promise<void> {
  const { code, stdout, stderr } = await run("mbsync", ["-c", settingsFile, "-a"]);
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stderr, "");
}

function near(folder = "INBOX"): readonly { readonly file: string; readonly text: string }[] {
  return ["cur", "new"].flatMap((part) =>
    readdirSync(join(maildir, folder, part)).map((name) => {
      const file = join(maildir, folder, part, name);
      return { file, text: readFileSync(file, "latin1") };
    }),
  );
}

/** A maildir holds lines as the system ends them, and mbsync marks what it copies with a field of its own. */
function asSent(text: string): Buffer {
  return Buffer.from(text.replace(/^X-TUID: .*\r?\n/m, "").replaceAll(/\r?\n/g, "\r\n"), "latin1");
}

function nearMessage(subject: string): { readonly file: string; readonly text: string } {
  const found = near().find(({ text }) => text.includes(`\nSubject: ${subject}\n`));
  assert.ok(found, `${subject} is not in the maildir`);
  return found;
}

async function far(): Promise<ImapConnection> {
  const connection = await ImapConnection.open({ host: "127.0.0.1", port: server.ports.imaps, ca: server.ca });
  await connection.ok(`LOGIN ${alice.user} ${alice.password}`);
  return connection;
}

/** UIDs that a search in INBOX finds. */
async function search(connection: ImapConnection, key: string): Promise<readonly string[]> {
  const { untagged } = await connection.ok(`UID SEARCH ${key}`);
  const found = untagged.find((text) => /^SEARCH/i.test(text)) ?? "SEARCH";
  return found
    .split(" ")
    .slice(1)
    .filter((uid) => uid !== "");
}

test("mbsync fetches new messages, octet for octet", async () => {
  for (const name of ["one", "two", "three"])
    await deliver(server.ports.mx, [alice.user], sampleMessage(`mbsync ${name}`));
  await sync();
  for (const name of ["one", "two", "three"]) {
    const { text } = nearMessage(`mbsync ${name}`);
    assertArrived(asSent(text), sampleMessage(`mbsync ${name}`));
  }
});

test("mbsync carries new messages, flags and deletions from here to there", async () => {
  const { file } = nearMessage("mbsync one");
  renameSync(file, `${file.replace("/new/", "/cur/").replace(/:2,.*$/, "")}:2,FS`);
  const { file: second } = nearMessage("mbsync two");
  renameSync(second, `${second.replace("/new/", "/cur/").replace(/:2,.*$/, "")}:2,T`);
  const own = sampleMessage("mbsync own");
  writeFileSync(join(maildir, "INBOX/new/1700000000.1.test"), Buffer.from(own.replaceAll("\r\n", "\n"), "latin1"));
  await sync();

  const connection = await far();
  await connection.ok("SELECT INBOX");
  assert.equal((await search(connection, 'SEEN FLAGGED SUBJECT "mbsync one"')).length, 1);
  assert.deepEqual(await search(connection, 'SUBJECT "mbsync two"'), []);
  connection.close();
  const arrived = (await readFolder(server, alice)).map((message) => message.toString("latin1"));
  const pushed = arrived.find((text) => text.includes("Subject: mbsync own"));
  assert.equal(asSent(pushed ?? "").toString("latin1"), own);
});

test("mbsync carries new messages, flags and deletions from there to here", async () => {
  await deliver(server.ports.mx, [alice.user], sampleMessage("mbsync four"));
  const connection = await far();
  await connection.ok("SELECT INBOX");
  const [three = ""] = await search(connection, 'SUBJECT "mbsync three"');
  const [one = ""] = await search(connection, 'SUBJECT "mbsync one"');
  await connection.ok(`UID STORE ${three} +FLAGS (\\Answered)`);
  await connection.ok(`UID STORE ${one} +FLAGS (\\Deleted)`);
  await connection.ok("EXPUNGE");
  await sync();
  assert.match(nearMessage("mbsync three").file, /:2,[A-Z]*R/);
  assert.equal(near().filter(({ text }) => text.includes("Subject: mbsync one\n")).length, 0);
  nearMessage("mbsync four");
  connection.close();
});

test("mbsync makes folders on both sides", async () => {
  const connection = await far();
  await connection.ok("CREATE Projects");
  await connection.ok("APPEND Projects (\\Seen)", sampleMessage("mbsync project"));
  mkdirSync(join(maildir, "Letters/cur"), { recursive: true });
  for (const part of ["new", "tmp"]) mkdirSync(join(maildir, "Letters", part));
  await sync();
  assert.equal(near("Projects").length, 1);
  await connection.ok("EXAMINE Letters");
  connection.close();
});

test("mbsync finds nothing to do when nothing changed", async () => {
  const files = near().map(({ file }) => file);
  await sync();
  await sync();
  assert.deepEqual(
    near().map(({ file }) => file),
    files,
  );
});
