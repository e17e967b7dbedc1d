import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { must } from "./process.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";
import { deliver } from "./smtp-client.ts";

const messages = [sampleMessage("curl one"), sampleMessage("curl two")];
let server: PosternServer;
before(async () => {
  server = await startServer();
  for (const message of messages) await deliver(server.ports.mx, [alice.user], message);
});
after(() => server.stop());

function curl(url: string, ...options: readonly string[]): Promise<string> {
  return must("curl", ["-sS", "--cacert", server.caFile, ...options, url]);
}

const asAlice = ["-u", `${alice.user}:${alice.password}`];

test("curl lists folders over IMAPS", async () => {
  assert.match(
    await curl(`imaps://localhost:${server.ports.imaps}/`, ...asAlice),
    /^\* LIST \(.*\) "\/" "?INBOX"?\r$/m,
  );
});

test("curl searches a folder over IMAPS", async () => {
  const found = await curl(`imaps://localhost:${server.ports.imaps}/INBOX?SUBJECT%20two`, ...asAlice);
  assert.equal(found.trim(), "* SEARCH 2");
});

test("curl reads messages over IMAPS", async () => {
  for (const [index, message] of messages.entries()) {
    const url = `imaps://localhost:${server.ports.imaps}/INBOX;MAILINDEX=${index + 1}`;
    assertArrived(Buffer.from(await curl(url, ...asAlice), "latin1"), message);
  }
});

test("curl lists and reads messages over POP3S", async () => {
  const base = `pop3s://localhost:${server.ports.pop3s}/`;
  assert.match(await curl(base, ...asAlice), /^1 \d+\r\n2 \d+\r\n$/);
  for (const [index, message] of messages.entries())
    assertArrived(Buffer.from(await curl(`${base}${index + 1}`, ...asAlice), "latin1"), message);
});

test("curl submits a message inside TLS and behind STARTTLS", async () => {
  const envelope = ["--mail-from", bob.user, "--mail-rcpt", alice.user, "-u", `${bob.user}:${bob.password}`];
  for (const [url, ...options] of [
    [`smtps://localhost:${server.ports.submissions}/client.test`],
    [`smtp://localhost:${server.ports.submission}/client.test`, "--ssl-reqd"],
  ] as const) {
    const message = sampleMessage(`curl ${url.slice(0, 5)}`).replace("sender@elsewhere.test", bob.user);
    const file = join(server.folder, "message.eml");
    writeFileSync(file, Buffer.from(message, "latin1"));
    await curl(url, ...envelope, "--upload-file", file, ...options);
    assertArrived(await newest(server, alice), message);
  }
});
