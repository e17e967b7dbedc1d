import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { openPop3World } from "../../../test/fakes/pop3-world.ts";
import { pop3Defaults } from "./settings.ts";

const FIRST = "Subject: one\r\n\r\nline\r\n.\r\n..two\r\n";
const SECOND = "Subject: two\r\n\r\nno end of line";
const LOGIN = "USER alice\r\nPASS secret\r\n";
const REMOVED = "-ERR that message has been removed meanwhile";

suite("pop3: a session over the store", () => {
  test("reads mail and removes it at QUIT", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST, SECOND] });
    const client = await world.login();
    await client.check("STAT", `+OK 2 ${FIRST.length + SECOND.length}`);
    await client.check("RETR 1", `+OK ${FIRST.length} octets`, "Subject: one", "", "line", "..", "...two", ".");
    await client.check("RETR 2", `+OK ${SECOND.length} octets`, "Subject: two", "", "no end of line", ".");
    await client.check("TOP 1 1", "+OK top of message follows", "Subject: one", "", "line", ".");
    await client.check("TOP 2 0", "+OK top of message follows", "Subject: two", "", ".");
    await client.check("DELE 1", "+OK message 1 deleted");
    assert.equal((await world.uids()).length, 2);
    await client.check("QUIT", "+OK bye");
    assert.equal(client.state, "ended");
    assert.deepEqual(await world.uids(), [2]);
  });

  test("a client that says nothing any more hears the answers to what it said, and removes nothing without QUIT", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const client = world.connect();
    await client.greeting();
    client.send(`${LOGIN}DELE 1\r\nRETR 1\r\n`);
    client.finish();
    const said = client.lines(await client.until(() => false));
    assert.deepEqual(said, [
      "+OK and the password",
      `+OK maildrop has 1 messages (${FIRST.length} octets)`,
      "+OK message 1 deleted",
      "-ERR no such message",
    ]);
    assert.equal(client.state, "ended");
    assert.deepEqual(await world.uids(), [1]);
  });

  test("ends when its account is disabled", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const client = await world.login();
    const [account] = await world.store.listAccounts();
    assert.ok(account);
    await world.store.updateAccount(account.id, { enabled: false });
    const said = client.lines(await client.until(() => false));
    assert.deepEqual(said, ["-ERR [SYS/TEMP] Account is disabled"]);
  });

  test("unique ids stay the same from session to session", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST, SECOND, FIRST] });
    const first = await world.login();
    await first.check("DELE 1", "+OK message 1 deleted");
    const [, ofSecond = ""] = await first.ask("UIDL");
    await first.check("QUIT", "+OK bye");
    const second = await world.login();
    const [, again = ""] = await second.ask("UIDL");
    assert.match(ofSecond, /^2 \d+\.2$/);
    assert.equal(again.split(" ")[1], ofSecond.split(" ")[1]);
  });

  test("removes nothing when the client goes away, or is silent too long (RFC 1939 §3)", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const gone = await world.login();
    await gone.check("DELE 1", "+OK message 1 deleted");
    gone.leave();
    const silent = await world.login();
    await silent.check("DELE 1", "+OK message 1 deleted");
    world.clock.advance(pop3Defaults.autologoutMs);
    assert.deepEqual(silent.lines(await silent.until(() => false)), ["-ERR [SYS/TEMP] no command for too long"]);
    assert.deepEqual(await world.uids(), [1]);
  });

  test("a command holds the time-out off, octets without a line do not", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const client = await world.login();
    world.clock.advance(pop3Defaults.autologoutMs - 1);
    await client.check("NOOP", "+OK nothing done");
    world.clock.advance(pop3Defaults.autologoutMs - 1);
    client.send("NO");
    world.clock.advance(1);
    assert.equal(client.state, "ended");
  });

  test("mail that comes during a session waits for the next one, and no number shifts (R79)", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const client = await world.login();
    await world.append(SECOND);
    await client.check("STAT", `+OK 1 ${FIRST.length}`);
    await client.check("RETR 2", "-ERR no such message");
    await (await world.login()).check("STAT", `+OK 2 ${FIRST.length + SECOND.length}`);
  });

  test("a message that IMAP has removed is refused, even when another copy keeps its octets (R79)", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST, SECOND] });
    await world.append(FIRST);
    const client = await world.login();
    await world.store.expunge(world.inboxId, [1], { force: true });
    await client.check("RETR 1", REMOVED);
    await client.check("TOP 1 0", REMOVED);
    await client.check("LIST 2", `+OK 2 ${SECOND.length}`);
  });

  test("a client that vanished, or a connection that hangs, locks nobody out (R79)", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST, SECOND] });
    const [gone, hanging] = [await world.login(), await world.login()];
    await gone.check("DELE 2", "+OK message 2 deleted");
    await hanging.check("STAT", `+OK 2 ${FIRST.length + SECOND.length}`);
    gone.leave();
    const next = await world.login();
    await next.check("DELE 1", "+OK message 1 deleted");
    await next.check("QUIT", "+OK bye");
    assert.deepEqual(await world.uids(), [2]);
  });

  test("two sessions share a maildrop, and what both delete is deleted once (R79)", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST, SECOND] });
    const [one, other] = [await world.login(), await world.login()];
    await one.check("DELE 1", "+OK message 1 deleted");
    await other.check("DELE 1", "+OK message 1 deleted");
    await one.check("QUIT", "+OK bye");
    await other.check("RETR 2", `+OK ${SECOND.length} octets`, "Subject: two", "", "no end of line", ".");
    await other.check("QUIT", "+OK bye");
    assert.deepEqual(await world.uids(), [2]);
  });

  test("answers pipelined commands in order (RFC 2449 §6.6)", async (t) => {
    const world = await openPop3World(t, { messages: [SECOND] });
    const client = world.connect();
    client.send(`${LOGIN}STAT\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nQUIT\r\n`);
    assert.deepEqual(client.lines(await client.until(() => false)), [
      "+OK mx.example.test POP3 ready",
      "+OK and the password",
      `+OK maildrop has 1 messages (${SECOND.length} octets)`,
      `+OK 1 ${SECOND.length}`,
      `+OK ${SECOND.length} octets`,
      "Subject: two",
      "",
      "no end of line",
      ".",
      "+OK message 1 deleted",
      "+OK nothing done",
      "+OK bye",
    ]);
  });
});

suite("pop3: when the server drains", () => {
  test("an idle session is told and ends", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = await world.login();
    client.shutdown();
    assert.deepEqual(client.lines(client.take()), ["-ERR [SYS/TEMP] the server is being restarted"]);
    assert.equal(client.state, "ended");
  });

  test("what has been asked is answered first", async (t) => {
    const world = await openPop3World(t, { messages: [FIRST] });
    const client = await world.login();
    client.send("RETR 1\r\nSTAT\r\n");
    client.shutdown();
    const lines = client.lines(await client.until(() => false));
    const bye = "-ERR [SYS/TEMP] the server is being restarted";
    assert.deepEqual(lines.slice(-4), ["...two", ".", `+OK 1 ${FIRST.length}`, bye]);
  });
});

test("pop3: the line at the end of a session holds no password", async (t) => {
  const world = await openPop3World(t, { messages: [FIRST] });
  const client = await world.login();
  await client.ask("RETR 1");
  await client.check("QUIT", "+OK bye");
  assert.doesNotMatch(JSON.stringify(world.log.lines), /secret/);
  assert.deepEqual(world.log.lines.at(-1)?.fields, {
    session: "fake-session",
    protocol: "pop3",
    remoteAddress: "198.51.100.7",
    account: "alice@example.test",
    tls: "TLSv1.3",
    retrieved: 1,
    removed: 0,
    end: "closed-by-server",
  });
});
