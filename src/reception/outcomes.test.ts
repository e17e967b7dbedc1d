/** What is counted of the messages that clients bring: each once, when it is over. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";

function open() {
  const outcomes: string[] = [];
  const mx = new FakeReception("smtp");
  const more = { hearOutcome: (outcome: string) => void outcomes.push(outcome) };
  return { mx, judge: new FakeJudge(mx, {}, undefined, undefined, {}, more), outcomes };
}

suite("outcomes of messages", () => {
  test("each message of a session counts once", async () => {
    const { mx, outcomes } = open();
    const client = mx.connect();
    for (let times = 1; times <= 2; times++) {
      await client.envelope("a@sender.example", "user@local.test");
      assert.match(await client.message("From: a@sender.example\n\nx"), /^250 /);
      assert.equal(outcomes.length, times);
    }
    client.connection.leave();
    assert.deepEqual(outcomes, ["accept", "accept"]);
  });

  test("so does one of which all recipients are refused, by whatever rule", async () => {
    const { mx, outcomes } = open();
    const refused = mx.connect();
    await refused.say("EHLO mail.sender.example");
    await refused.say("MAIL FROM:<a@sender.example>");
    for (const to of ["nobody@local.test", "b@victim.example"]) await refused.say(`RCPT TO:<${to}>`);
    await refused.say("RSET");
    refused.connection.leave();
    assert.deepEqual(outcomes.splice(0), ["reject"]);
    const later = mx.connect();
    mx.directory.failing = true;
    await later.say("EHLO mail.sender.example");
    await later.say("MAIL FROM:<a@sender.example>");
    await later.say("RCPT TO:<user@local.test>");
    later.connection.leave();
    assert.deepEqual(outcomes, ["defer"]);
  });

  test("who leaves before there is a message has brought none", async () => {
    const { mx, outcomes } = open();
    const client = mx.connect();
    await client.envelope("a@sender.example", "user@local.test");
    client.connection.leave();
    mx.connect().connection.leave();
    assert.deepEqual(outcomes, []);
  });
});
