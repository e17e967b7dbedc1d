import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";

suite("a client of a group that must wait", () => {
  test("is deferred at RCPT, with what to do, the wait and an ID", async () => {
    const { mx, judge } = slowed();
    const client = mx.connect();
    await client.say("EHLO ylmf-pc.example");
    await client.say("MAIL FROM:<a@sender.example>");
    const said = await client.say("RCPT TO:<user@local.test>");
    assert.match(said, /^450 4\.7\.1 Many hosts misbehave .* try again in 2 min \(\w+\)/);
    client.connection.leave();
    assert.deepEqual([judge.record.reasons, judge.record.disposition], [["slowed"], "defer"]);
  });

  test("is let through when its turn has come, and reaches postmaster at any time", async () => {
    const { mx, judge } = slowed();
    const client = mx.connect();
    await client.say("EHLO ylmf-pc.example");
    await client.say("MAIL FROM:<a@sender.example>");
    assert.match(await client.say("RCPT TO:<postmaster@local.test>"), /^250 /);
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^450 /);
    judge.waits.clear();
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^250 /);
  });

  test("hears of an unknown recipient and of relay control as everybody does", async () => {
    const { mx } = slowed();
    const client = mx.connect();
    await client.say("EHLO ylmf-pc.example");
    await client.say("MAIL FROM:<a@sender.example>");
    assert.match(await client.say("RCPT TO:<nobody@local.test>"), /^550 5\.1\.1 /);
    assert.match(await client.say("RCPT TO:<b@victim.example>"), /^550 5\.7\.1 /);
  });
});

function slowed(): { readonly mx: FakeReception; readonly judge: FakeJudge } {
  const mx = new FakeReception("smtp");
  const judge = new FakeJudge(mx);
  judge.waits.set("ylmf-pc.example", 61_000);
  return { mx, judge };
}
