import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Client, FakeReception, settled } from "../../test/fakes/reception.ts";

/** The client sends these lines and its FIN, and hears the rest. */
async function finish(client: Client, ...lines: readonly string[]): Promise<string> {
  client.connection.send(lines.map((line) => `${line}\r\n`).join(""));
  client.connection.finish();
  await settled();
  return client.hear();
}

suite("reception: a client that says nothing any more", () => {
  test("hears the answers that are due before the connection ends", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.say("EHLO client.example");
    const said = await finish(client, "MAIL FROM:<a@b.example>", "RCPT TO:<user@local.test>", "NOOP");
    assert.match(said, /^250 2\.1\.0 .*\|250 2\.1\.5 .*\|250 2\.0\.0 Ok$/);
    assert.equal(client.connection.state, "ended");
    assert.equal(mx.log.lines.at(-1)?.fields["reason"], "client-gone");
    assert.equal(mx.clock.pending, 0);
  });

  test("hears that its message was taken", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.say("DATA");
    assert.match(await finish(client, "Subject: x", "", "text", "."), /^250 2\.0\.0 Accepted/);
    assert.deepEqual([client.connection.state, mx.deliveries.length], ["ended", 1]);
  });

  test("is dropped with half a message, which nobody gets", async () => {
    for (const begin of ["DATA", "BDAT 100 LAST"]) {
      const mx = new FakeReception("smtp");
      const client = mx.connect();
      await client.envelope("a@b.example", "user@local.test");
      await client.say(begin);
      assert.equal(await finish(client, "Subject: x", "", "text"), "");
      assert.deepEqual([client.connection.state, mx.deliveries.length, mx.spool.open], ["destroyed", 0, 0]);
    }
  });

  test("waits for its greeting only when it has said something", async () => {
    const silent = new FakeReception("smtp").connect({}, 0);
    assert.equal(await finish(silent), "");
    assert.equal(silent.connection.state, "ended");
    const mx = new FakeReception("smtp", { earlyTalker: "shadow" });
    const early = mx.connect({}, 0);
    assert.equal(await finish(early, "HELO x", "QUIT"), "");
    assert.equal(early.connection.state, "open");
    mx.clock.advance(200);
    assert.match(await early.hear(), /^220 .*\|250 mx\.local\.test\|221 /);
    assert.equal(early.connection.state, "ended");
  });
});
