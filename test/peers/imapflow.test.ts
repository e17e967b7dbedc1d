/** npm's imapflow, and nodemailer as the sender. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { assertArrived, newest, sampleMessage } from "./mail.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";
import { deliver } from "./smtp-client.ts";

let server: PosternServer;
let client: ImapFlow;

before(async () => {
  server = await startServer();
  client = new ImapFlow({
    host: "localhost",
    port: server.ports.imaps,
    secure: true,
    auth: { user: alice.user, pass: alice.password },
    tls: { ca: server.ca },
    logger: false,
  });
  await client.connect();
});
after(async () => {
  await client.logout();
  await server.stop();
});

test("imapflow appends a message and reads the same octets, with flags and date", async () => {
  const message = sampleMessage("imapflow append");
  const date = new Date("2026-01-02T03:04:05Z");
  await client.append("INBOX", Buffer.from(message, "latin1"), ["\\Flagged", "$Label1"], date);
  const lock = await client.getMailboxLock("INBOX");
  try {
    const fetched = await client.fetchOne("*", {
      source: true,
      flags: true,
      internalDate: true,
      envelope: true,
      size: true,
    });
    assert.ok(fetched);
    assert.equal(fetched.source?.toString("latin1"), message);
    assert.equal(fetched.size, message.length);
    assert.deepEqual([...(fetched.flags ?? [])].filter((flag) => flag !== "\\Recent").toSorted(), [
      "$Label1",
      "\\Flagged",
    ]);
    assert.equal(fetched.internalDate?.valueOf(), date.valueOf());
    assert.equal(fetched.envelope?.subject, "imapflow append");
    assert.equal(fetched.envelope?.from?.[0]?.address, "sender@elsewhere.test");
  } finally {
    lock.release();
  }
});

test("imapflow is told of a new message while it idles", async () => {
  const lock = await client.getMailboxLock("INBOX");
  try {
    const told = once(client, "exists");
    const idling = client.idle();
    await deliver(server.ports.mx, [alice.user], sampleMessage("imapflow idle"));
    const [{ count, prevCount }] = (await told) as [{ count: number; prevCount: number }];
    assert.equal(count, prevCount + 1);
    await client.noop();
    await idling;
  } finally {
    lock.release();
  }
});

test("imapflow searches, flags, moves and deletes", async () => {
  await client.mailboxCreate("Archive/2026");
  const lock = await client.getMailboxLock("INBOX");
  try {
    const found = await client.search({ subject: "imapflow idle" }, { uid: true });
    assert.ok(found && found.length === 1);
    const [uid = 0] = found;
    assert.ok(await client.messageFlagsAdd({ uid: `${uid}` }, ["\\Seen", "\\Answered"]));
    const seen = await client.search({ seen: true, answered: true }, { uid: true });
    assert.deepEqual(seen, [uid]);
    const moved = await client.messageMove({ uid: `${uid}` }, "Archive/2026");
    assert.ok(moved);
    assert.equal(moved.uidMap?.size, 1);
    assert.deepEqual(await client.search({ uid: `${uid}` }, { uid: true }), []);
    assert.ok(await client.messageDelete({ seq: "1:*" }));
    const left = await client.status("INBOX", { messages: true });
    assert.equal(left && left.messages, 0);
  } finally {
    lock.release();
  }
  const there = await client.status("Archive/2026", { messages: true, unseen: true });
  assert.ok(there);
  assert.deepEqual([there.messages, there.unseen], [1, 0]);
});

for (const secure of [true, false]) {
  test(`nodemailer submits ${secure ? "inside TLS" : "behind STARTTLS"}`, async () => {
    const transport = createTransport({
      host: "localhost",
      port: secure ? server.ports.submissions : server.ports.submission,
      secure,
      requireTLS: true,
      auth: { user: bob.user, pass: bob.password },
      tls: { ca: server.ca },
    });
    const message = sampleMessage(`nodemailer ${secure}`).replace("sender@elsewhere.test", bob.user);
    const sent = await transport.sendMail({
      envelope: { from: bob.user, to: [alice.user] },
      raw: Buffer.from(message, "latin1"),
    });
    assert.deepEqual(sent.accepted, [alice.user]);
    assertArrived(await newest(server, alice), message);
    transport.close();
  });
}
