import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { openPop3World } from "../../../test/fakes/pop3-world.ts";

const LOGIN = "USER alice\r\nPASS secret\r\n";

suite("pop3: credentials", () => {
  test("in the clear nothing is asked of the authenticator; after STLS it is", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect({ tls: undefined });
    await client.greeting();
    await client.check("USER alice", "-ERR STLS first: no password in clear");
    await client.check("PASS secret", "-ERR STLS first: no password in clear");
    await client.check("AUTH PLAIN AGFsaWNlAHNlY3JldA==", "-ERR STLS first: no password in clear");
    assert.equal(world.attempts.length, 0);
    assert.deepEqual(
      world.sentInClear.map(({ username, password }) => `${username}/${password}`),
      ["alice/secret", "alice/secret"],
    );
    await client.check("STLS", "+OK begin TLS");
    await client.check("AUTH PLAIN AGFsaWNlAHNlY3JldA==", "+OK maildrop has 0 messages (0 octets)");
    assert.deepEqual(
      world.attempts.map(({ username, protocol, remoteAddress }) => [username, protocol, remoteAddress]),
      [["alice", "pop3", "198.51.100.7"]],
    );
  });

  test("octets behind STLS in the clear cost the connection", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect({ tls: undefined });
    await client.greeting();
    client.send(`STLS\r\n${LOGIN}`);
    assert.equal((await client.until(() => false)).length, 0);
    assert.equal(client.state, "destroyed");
    assert.equal(world.attempts.length, 0);
  });

  test("a handshake that fails ends the session", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect({ tls: undefined, failTls: true });
    await client.greeting();
    client.send("STLS\r\n");
    await client.until(() => false);
    assert.equal(client.state, "destroyed");
    assert.ok(world.log.lines.some(({ event }) => event === "pop3-session-end"));
  });

  test("a login over the limit is told so, not like a wrong password, and may try again (R55)", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    world.logins.refusal = "Too many connections of this account";
    const client = world.connect();
    await client.greeting();
    for (let times = 0; times < 5; times++) {
      await client.check("USER alice", "+OK and the password");
      await client.check("PASS secret", "-ERR [SYS/TEMP] Too many connections of this account");
    }
    world.logins.refusal = undefined;
    await client.check("USER alice", "+OK and the password");
    await client.check("PASS secret", "+OK maildrop has 0 messages (0 octets)");
    assert.equal(world.logins.entered.length, 1);
  });

  test("a wrong password is answered late, each later than the last, and the third closes", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect();
    await client.greeting();
    for (const delayMs of [2000, 4000, 8000]) {
      await client.check("USER alice", "+OK and the password");
      client.send("PASS wrong\r\n");
      await world.timers(2);
      world.clock.advance(delayMs - 1);
      assert.equal(client.take().length, 0);
      world.clock.advance(1);
      assert.deepEqual(client.lines(await client.until((taken) => taken.length > 0)), [
        "-ERR [AUTH] authentication failed",
      ]);
    }
    await client.until(() => false);
    assert.equal(client.state, "ended");
    assert.equal(world.clock.pending, 0);
  });

  test("a client that leaves while its refusal waits leaves nothing behind", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect();
    client.send("USER alice\r\nPASS wrong\r\n");
    await world.timers(2);
    client.leave();
    assert.equal(world.clock.pending, 0);
  });

  test("who has not logged in after 30 s is closed, whatever was sent meanwhile", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect();
    await client.greeting();
    for (let i = 0; i < 10; i++) {
      world.clock.advance(2900);
      await client.ask("CAPA");
    }
    world.clock.advance(1000);
    assert.equal(client.state, "ended");
  });

  test("trouble of ours is not the password's fault (RFC 3206)", async (t) => {
    const world = await openPop3World(t, { messages: [] });
    const client = world.connect();
    await client.greeting();
    const refusal = "-ERR [SYS/TEMP] logins are not possible now, try again later";
    for (const password of ["unavailable", "throw", "nobody"]) {
      await client.check("USER alice", "+OK and the password");
      await client.check(`PASS ${password}`, refusal);
    }
  });
});
