import { strict as assert } from "node:assert";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { must } from "./process.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Runs one part of the Python script; what it prints. */
function python(part: string, port: number, message: string): Promise<string> {
  const script = join(import.meta.dirname, "python-clients.py");
  const login = part.startsWith("smtp") ? bob : alice;
  const options = [part, `${port}`, server.caFile, login.user, login.password, alice.user];
  return must("/usr/bin/python3", [script, ...options], { input: Buffer.from(message, "latin1") });
}

test("smtplib submits behind STARTTLS", async () => {
  const message = sampleMessage("smtplib starttls").replace("sender@elsewhere.test", bob.user);
  await python("smtp-starttls", server.ports.submission, message);
  assertArrived(await newest(server, alice), message);
});

test("smtplib submits inside TLS", async () => {
  const message = sampleMessage("smtplib tls").replace("sender@elsewhere.test", bob.user);
  await python("smtp-tls", server.ports.submissions, message);
  assertArrived(await newest(server, alice), message);
});

test("imaplib appends, searches, reads, flags, copies and expunges", async () => {
  const message = sampleMessage("imaplib");
  assert.equal(await python("imap", server.ports.imaps, message), message);
});

test("poplib lists, reads and deletes", async () => {
  const message = sampleMessage("poplib");
  await python("imap-append", server.ports.imaps, message);
  assert.equal(await python("pop", server.ports.pop3s, message), message);
});
