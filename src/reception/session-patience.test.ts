import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { reply } from "#mail/reply.ts";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { FakeReception } from "../../test/fakes/reception.ts";
import { type ReceptionSettings, receptionDefaults } from "./settings.ts";

const SECURED = { tls: FAKE_TLS };

suite("reception: patience (R90)", () => {
  test("who speaks before the greeting hears 554 and no more", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect({}, 0);
    assert.match(await client.say("EHLO x"), /^554 5\.5\.0 /);
    assert.deepEqual([client.connection.state, mx.clock.pending], ["ended", 0]);
    mx.clock.advance(1000);
    assert.equal(await client.hear(), "");
  });

  test("a TLS client on a clear port is dropped in silence", async () => {
    const client = new FakeReception("smtp").connect({}, 0);
    assert.equal(await client.send("\x16\x03\x01\x02\x00"), "");
    assert.equal(client.connection.state, "destroyed");
  });

  test("after implicit TLS too there is a wait before the greeting", async () => {
    const client = new FakeReception("submission").connect(SECURED, 0);
    assert.match(await client.say("EHLO x"), /^554 5\.5\.0 /);
  });

  test("who behaved waits less the next time", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.message("x");
    // The same listener; another one would have a memory of its own.
    const { earlyTalkers } = mx.dependencies;
    assert.ok(earlyTalkers);
    assert.equal(earlyTalkers.delayMs("198.51.100.7"), 5);
    assert.equal(earlyTalkers.delayMs("198.51.100.8"), 200);
  });

  test("where the rule is in shadow the early client is served, and seen", async () => {
    const mx = new FakeReception("smtp", { earlyTalker: "shadow" });
    const client = mx.connect({}, 0);
    assert.equal(await client.say("EHLO x"), "");
    mx.clock.advance(200);
    assert.match(await client.hear(), /^220 .*\|250-mx/);
    client.connection.leave();
    assert.deepEqual(mx.log.lines.at(-1)?.fields["signals"], ["early-talker-shadow"]);
  });

  test("60 seconds to the first MAIL, whatever is said meanwhile", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.say("EHLO x");
    mx.clock.advance(30_000);
    await client.say("NOOP");
    mx.clock.advance(31_000);
    assert.match(await client.hear(), /^421 4\.4\.2 /);
    assert.equal(mx.log.lines.at(-1)?.fields["overdue"], "before-mail");
  });

  test("300 seconds for a command, and octets that trickle in move nothing", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    for (let i = 0; i < 33; i++) {
      await client.send("x");
      mx.clock.advance(9_000);
    }
    assert.equal(await client.hear(), "");
    mx.clock.advance(9_000);
    assert.match(await client.hear(), /^421 4\.4\.2 /);
  });

  test("60 seconds for a command while few connections are left, also when that begins in the wait", async () => {
    const mx = new FakeReception("smtp");
    let isUnderLoad = false;
    mx.dependencies = { ...mx.dependencies, isUnderLoad: () => isUnderLoad };
    const early = mx.connect();
    await early.envelope("a@b.example", "user@local.test");
    mx.clock.advance(100_000);
    assert.equal(await early.hear(), "");
    const late = mx.connect();
    await late.envelope("a@b.example", "user@local.test");
    isUnderLoad = true;
    mx.clock.advance(6_000);
    assert.match(await early.hear(), /^421 4\.4\.2 /);
    mx.clock.advance(50_000);
    assert.equal(await late.hear(), "");
    mx.clock.advance(6_000);
    assert.match(await late.hear(), /^421 4\.4\.2 /);
  });

  test("a bound for one command from its first octet on, where that is the nearer one", async () => {
    const timeouts = { ...receptionDefaults.timeouts, commandTotalMs: 20_000 };
    const mx = new FakeReception("smtp", { timeouts });
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    mx.clock.advance(200_000);
    await client.send("RC");
    mx.clock.advance(19_000);
    await client.send("PT");
    assert.equal(await client.hear(), "");
    mx.clock.advance(6_000);
    assert.match(await client.hear(), /^421 4\.4\.2 /);
    const other = mx.connect();
    await other.envelope("a@b.example", "user@local.test");
    for (let i = 0; i < 10; i++) {
      await other.send("RSE");
      mx.clock.advance(19_000);
      assert.match(await other.send("T\r\n"), /^250 /, "each command has a time of its own");
    }
  });

  test("30 seconds to a login on submission, whatever is said meanwhile", async () => {
    const msa = new FakeReception("submission");
    const client = msa.connect(SECURED);
    await client.say("EHLO x");
    msa.clock.advance(20_000);
    await client.say("NOOP");
    msa.clock.advance(11_000);
    assert.match(await client.hear(), /^421 4\.4\.2 /);
    assert.equal(msa.log.lines.at(-1)?.fields["overdue"], "before-login");
    const user = msa.connect(SECURED);
    await user.say("EHLO x");
    assert.match(await user.say(`AUTH PLAIN ${Buffer.from("\0alice@local.test\0secret").toString("base64")}`), /^235 /);
    msa.clock.advance(200_000);
    assert.equal(await user.hear(), "");
  });

  test("a message slower than 500 octets a second is cut, one that is just fast enough is not", async () => {
    assert.equal(await sendSlowly(30_000), "");
    assert.match(await sendSlowly(29_000), /^421 4\.4\.2 /);
  });

  test("a message that is too large arrives at its pace, and hears 552 at its end and not that it was slow", async () => {
    const limits = { ...receptionDefaults.limits, messageSizeOctetsMax: 50 };
    assert.equal(await sendSlowly(30_000, { limits }), "");
  });

  test("the session ends after an hour", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    for (let i = 0; i < 59; i++) {
      mx.clock.advance(60_000);
      await client.say("RCPT TO:<user@local.test>");
    }
    mx.clock.advance(60_000);
    assert.match(await client.hear(), /421 4\.4\.2 /);
    assert.equal(mx.clock.pending, 0);
  });

  test("our own slowness is nobody's fault", async () => {
    const mx = new FakeReception("smtp");
    mx.storeOutcome = "never";
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.message("x");
    mx.clock.advance(7_200_000);
    assert.equal(await client.hear(), "");
    assert.equal(client.connection.state, "open");
  });
});

suite("reception: backpressure", () => {
  test("stops reading while the spool is full", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.say("DATA");
    mx.spool.full = true;
    await client.send(`Subject: x\r\n\r\n${"x".repeat(10_000)}`);
    assert.equal(client.connection.paused, true);
    mx.clock.advance(600_000);
    assert.equal(await client.hear(), "");
    mx.spool.drain();
    assert.equal(client.connection.paused, false);
    assert.match(await client.send("\r\n.\r\n"), /^250 /);
  });

  test("stops reading while the client takes no replies", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect({ highWaterOctets: 100 });
    client.connection.send("EHLO x\r\n");
    await new Promise<void>((resolve) => void setImmediate(resolve));
    assert.equal(client.connection.paused, true);
    await client.hear();
    await client.hear();
    assert.equal(client.connection.paused, false);
  });

  test("stops reading while commands pile up behind a question", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    mx.storeOutcome = "never";
    await client.message("x");
    await client.send("NOOP\r\n".repeat(10_000));
    assert.equal(client.connection.paused, true);
  });
});

suite("reception: the end", () => {
  test("a draining server lets the transaction finish, then says 421", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    client.connection.shutdown();
    assert.equal(await client.hear(), "");
    assert.match(await client.message("x"), /^354 .*|250 2\.0\.0 .*\|421 4\.3\.2 /);
    assert.equal(client.connection.state, "ended");
  });

  test("a draining server says 421 at once to who has nothing open", async () => {
    const client = new FakeReception("smtp").connect();
    await client.hear();
    client.connection.shutdown();
    assert.match(await client.hear(), /^421 4\.3\.2 /);
  });

  test("a client may be turned away before the greeting", async () => {
    const mx = new FakeReception("smtp");
    Object.assign(mx.dependencies, { refuseClient: () => reply(421, "4.7.0", "Too many connections") });
    assert.equal(await mx.connect().hear(), "421 4.7.0 Too many connections");
  });

  test("one line for each message and one for the session", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.message("Subject: hush\n\nsecret text");
    await client.say("QUIT");
    assert.deepEqual(
      mx.log.lines.map(({ event }) => event),
      ["message", "session"],
    );
    const [message, session] = mx.log.lines;
    assert.deepEqual(
      [message?.fields["code"], message?.fields["mailFrom"], message?.fields["recipients"], session?.fields["reason"]],
      [250, "<a@b.example>", ["<user@local.test>"], "quit"],
    );
    assert.doesNotMatch(JSON.stringify(mx.log.lines), /hush|secret text/);
  });

  test("a line also for a message that its own octets condemned", async () => {
    const mx = new FakeReception("smtp");
    const client = mx.connect();
    await client.envelope("a@b.example", "user@local.test");
    await client.say("DATA");
    await client.send("x\ny\r\n.\r\n");
    const [message] = mx.log.lines;
    assert.deepEqual(
      [message?.event, message?.fields["code"], message?.fields["reason"]],
      ["message", 550, "bare-newline"],
    );
  });
});

suite("reception: LMTP", () => {
  test("takes local recipients, answers for each, sends nothing elsewhere", async () => {
    const mda = new FakeReception("lmtp");
    const client = mda.connect({ remote: { address: "unix:/run/lmtp", port: 0 } });
    await client.say("LHLO x");
    await client.say("MAIL FROM:<a@b.example>");
    await client.say("RCPT TO:<user@local.test>");
    await client.say("RCPT TO:<alice@local.test>");
    assert.match(await client.say("RCPT TO:<b@victim.example>"), /^550 5\.7\.1 /);
    assert.match(await client.message("x"), /^250 [^|]*\|250 [^|]*$/);
    assert.match(mda.stored, /Received: from x \(local socket\)\r\n\tby mx\.local\.test with LMTP\r\n/);
  });
});

/** What is said to a client that sends so many octets of a message in each of five minutes. */
async function sendSlowly(octetsPerMinute: number, settings: Partial<ReceptionSettings> = {}): Promise<string> {
  const mx = new FakeReception("smtp", settings);
  const client = mx.connect();
  await client.envelope("a@b.example", "user@local.test");
  await client.say("DATA");
  let heard = "";
  for (let minute = 0; minute < 5; minute++) {
    heard += await client.send("x".repeat(octetsPerMinute));
    mx.clock.advance(60_000);
  }
  return heard + (await client.hear());
}
