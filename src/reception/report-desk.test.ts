import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { type Client, FakeReception } from "../../test/fakes/reception.ts";

suite("delivery reports (RFC 3461)", () => {
  test("a user who asked hears that the message is in the mailbox", async () => {
    const msa = new FakeReception("submission", { outbound: "held" });
    const client = msa.connect({ tls: FAKE_TLS });
    await client.logIn();
    await send(
      client,
      "alice@local.test",
      " ENVID=a+2Bb+0D+0Ac",
      " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;User@local.test",
    );
    const [, report] = msa.deliveries;
    assert.deepEqual([report?.mailFrom, report?.targets.map(({ accountId }) => accountId)], ["", [2]]);
    assert.equal(report?.content.kind, "octets");
    const text = Buffer.concat([report.prefix, report.content.octets]).toString("latin1");
    assert.match(text, /^Return-Path: <>\r\nFrom: /);
    assert.match(text, /^To: <alice@local\.test>\r$/m);
    assert.match(
      text,
      /\r\n\r\nOriginal-Envelope-Id: a\+b\?\?c\r\nReporting-MTA: dns; mx\.local\.test\r\nArrival-Date: [^\r]+\r\n\r\nOriginal-Recipient: rfc822; User@local\.test\r\nFinal-Recipient: rfc822; user@local\.test\r\nAction: delivered\r\nStatus: 2\.0\.0\r\n/,
    );
    assert.match(text, /text\/rfc822-headers\r\n\r\nSubject: mine\r\n/);
    assert.doesNotMatch(text, /the text/);
    assert.deepEqual(
      report.index.root.parts?.map(({ type, subtype }) => `${type}/${subtype}`),
      ["text/plain", "message/delivery-status", "text/rfc822-headers"],
    );
    assert.equal(report.index.sizeOctets, text.length);
  });

  test("nobody hears who did not ask, or asked never to", async () => {
    for (const notify of ["", " NOTIFY=NEVER", " NOTIFY=FAILURE,DELAY"]) {
      const msa = new FakeReception("submission");
      const client = msa.connect({ tls: FAKE_TLS });
      await client.logIn();
      await send(client, "alice@local.test", "", notify);
      assert.equal(msa.deliveries.length, 1, notify);
    }
  });

  test("a stranger makes no report to a user of ours, and none to <>", async () => {
    for (const sender of ["alice@local.test", ""]) {
      const mx = new FakeReception("smtp", { outbound: "held" });
      const client = mx.connect();
      await client.say("EHLO x");
      await send(client, sender, "", " NOTIFY=SUCCESS");
      assert.equal(mx.deliveries.length, 1, sender);
    }
  });

  test("another server's sender hears through the queue", async () => {
    const mx = new FakeReception("smtp", { outbound: "held" });
    const client = mx.connect();
    await client.say("EHLO x");
    await send(client, "a@sender.example", "", " NOTIFY=SUCCESS");
    assert.deepEqual(
      [mx.deliveries[1]?.queued, mx.deliveries[1]?.mailFrom],
      [[{ address: "a@sender.example", notify: ["NEVER"] }], ""],
    );
  });

  test("a report that cannot be stored changes nothing for the message", async () => {
    const msa = new FakeReception("submission");
    const client = msa.connect({ tls: FAKE_TLS });
    await client.logIn();
    await client.say("MAIL FROM:<alice@local.test>");
    await client.say("RCPT TO:<user@local.test> NOTIFY=SUCCESS");
    const resolve = msa.directory.resolve.bind(msa.directory);
    msa.directory.resolve = (mailbox) => {
      if (mailbox.localPart === "alice") throw new Error("the store cannot be asked");
      return resolve(mailbox);
    };
    assert.match(await client.message("Subject: x\n"), /^250 /);
    assert.ok(msa.log.lines.some(({ event }) => event === "report-not-stored"));
  });
});

async function send(client: Client, sender: string, mailParameters: string, rcptParameters: string): Promise<void> {
  assert.match(await client.say(`MAIL FROM:<${sender}>${mailParameters}`), /^250 /);
  assert.match(await client.say(`RCPT TO:<user@local.test>${rcptParameters}`), /^250 /);
  assert.match(await client.message("Subject: mine\n\nthe text"), /^250 /);
}
