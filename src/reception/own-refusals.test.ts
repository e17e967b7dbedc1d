import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";

function world() {
  const mx = new FakeReception("smtp");
  const judge = new FakeJudge(mx);
  return { judge, client: mx.connect() };
}

suite("what a session refuses by itself names its decision, and is found (R91)", () => {
  test("too many useless commands", async () => {
    const { judge, client } = world();
    await client.say("EHLO mail.sender.example");
    for (let count = 0; count < 20; count++) await client.say("NOOP");
    const answer = await client.say("NOOP");
    assert.match(answer, /^421 4\.7\.0 Too many errors or useless commands/);
    const { record } = judge;
    assert.ok(answer.endsWith(`(${record.id})`), answer);
    assert.deepEqual([record.disposition, record.reasons, record.mailFrom], ["defer", ["too-many-errors"], null]);
    assert.equal(record.reply?.code, 421);
  });

  test("unknown recipients: in the record of the transaction, whose last word it is", async () => {
    const { judge, client } = world();
    await client.say("EHLO mail.sender.example");
    await client.say("MAIL FROM:<a@sender.example>");
    for (const name of ["a", "b", "c", "d"]) await client.say(`RCPT TO:<${name}@local.test>`);
    const answer = await client.say("RCPT TO:<e@local.test>");
    assert.match(answer, /^421 4\.7\.0 Too many unknown recipients/);
    client.connection.leave();
    const { record } = judge;
    assert.ok(answer.endsWith(`(${record.id})`), answer);
    assert.deepEqual(
      [record.reasons[0], record.reply?.code, record.mailFrom, record.recipients.length],
      ["recipient-probing", 421, "a@sender.example", 5],
    );
  });

  test("what is no SMTP", async () => {
    const { judge, client } = world();
    const answer = await client.say("GET / HTTP/1.1");
    assert.match(answer, /554 5\.5\.0 This is a mail server/);
    assert.ok(answer.endsWith(`(${judge.record.id})`), answer);
    assert.deepEqual(judge.record.reasons, ["not-smtp"]);
  });

  test("one recipient too many and a message too large have an ID, a mistyped command has none", async () => {
    const { client } = world();
    await client.say("EHLO mail.sender.example");
    assert.doesNotMatch(await client.say("FOO"), /\(/);
    assert.match(await client.say("MAIL FROM:<a@sender.example> SIZE=99999999"), /^552 5\.3\.4 .*\([\w-]+\)$/);
    await client.say("MAIL FROM:<a@sender.example>");
    for (let count = 0; count < 100; count++) await client.say("RCPT TO:<user@local.test>");
    assert.match(await client.say("RCPT TO:<user@local.test>"), /^452 4\.5\.3 .*\([\w-]+\)$/);
  });

  test("who was idle was refused nothing", async () => {
    const mx = new FakeReception("smtp");
    const judge = new FakeJudge(mx);
    const client = mx.connect();
    await client.say("EHLO mail.sender.example");
    mx.clock.advance(61_000);
    assert.match(await client.hear(), /^421 4\.4\.2 .*\([\w-]+\)$/);
    assert.deepEqual(judge.records, []);
  });
});
