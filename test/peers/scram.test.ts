/** SCRAM with clients that others wrote: a Python one made from the RFC for these tests, and GNU SASL under msmtp and mpop. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { must, run } from "./process.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const SCRIPT = join(import.meta.dirname, "scram-client.py");

function python(protocol: "imap" | "smtp", user: string, password: string): Promise<string> {
  const port = protocol === "imap" ? server.ports.imaps : server.ports.submissions;
  return must("/usr/bin/python3", [SCRIPT, protocol, `${port}`, server.caFile, user], { input: password });
}

test("a client made from RFC 5802 logs in, and the server proves that it knows the password's keys", async () => {
  assert.match(await python("imap", alice.user, alice.password), /^server proven, \d+ rounds\na OK/);
  assert.match(await python("smtp", alice.user, alice.password), /^server proven, \d+ rounds\n235 /);
});

test("a wrong password and a user who is not there get the same words", async () => {
  for (const protocol of ["imap", "smtp"] as const) {
    const wrong = await python(protocol, alice.user, "wrong-horse");
    assert.match(wrong, /^(?:a NO \[AUTHENTICATIONFAILED\]|535 5\.7\.8)/);
    assert.equal(await python(protocol, "nobody@example.test", "wrong-horse"), wrong);
  }
});

test("msmtp submits with SCRAM-SHA-256", async () => {
  const file = join(server.folder, "msmtprc-scram");
  const account = ["account default", "host localhost", `port ${server.ports.submission}`, `from ${bob.user}`];
  const login = [`user ${bob.user}`, `password ${bob.password}`, "auth scram-sha-256"];
  const tls = ["tls on", `tls_trust_file ${server.caFile}`];
  writeFileSync(file, `${[...account, ...login, ...tls].join("\n")}\n`, { mode: 0o600 });
  const message = sampleMessage("msmtp scram").replace("sender@elsewhere.test", bob.user);
  const input = Buffer.from(message.replaceAll("\r\n", "\n"), "latin1");
  const { code, stdout, stderr } = await run("msmtp", ["-C", file, alice.user], { input });
  assert.equal(code, 0, stdout + stderr);
  assertArrived(await newest(server, alice), message);
});

test("mpop fetches with SCRAM-SHA-256", async () => {
  const file = join(server.folder, "mpoprc-scram");
  const maildir = join(server.folder, "fetched");
  for (const name of ["", "cur", "new", "tmp"]) mkdirSync(join(maildir, name));
  const account = ["account default", "host localhost", `port ${server.ports.pop3s}`, `user ${alice.user}`];
  const login = [`password ${alice.password}`, "auth scram-sha-256", "keep on"];
  const tls = ["tls on", "tls_starttls off", `tls_trust_file ${server.caFile}`];
  const uidls = join(server.folder, "uidls");
  const rest = [`delivery maildir ${maildir}`, `uidls_file ${uidls}`];
  writeFileSync(file, `${[...account, ...login, ...tls, ...rest].join("\n")}\n`, { mode: 0o600 });
  const { code, stdout, stderr } = await run("mpop", ["-C", file]);
  assert.equal(code, 0, stdout + stderr);
  assert.ok(readFileSync(uidls, "utf8").length > 0);
});
