import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { PasswordAttempt } from "#identity/authenticator.ts";
import { passwordsOnly } from "../../../test/fakes/authenticator.ts";
import { ImapServer, PASSWORD } from "../../../test/fakes/imap-server.ts";

const beforeTls = "IMAP4rev1 LITERAL+ ID ENABLE STARTTLS LOGINDISABLED";
const insideTls = "IMAP4rev1 LITERAL+ ID ENABLE SASL-IR AUTH=PLAIN AUTH=LOGIN";

suite("IMAP login", () => {
  test("in the clear offers STARTTLS and nothing to log in with", async () => {
    await using server = await ImapServer.start();
    await server.play(
      `
      S: * OK [CAPABILITY ${beforeTls}] mx1.example.test IMAP4rev1 service ready
      C: a CAPABILITY
      S: * CAPABILITY ${beforeTls}
      S: a OK Capability completed
    `,
      [server.connect({})],
    );
  });

  test("takes no password in the clear and never looks at it (RFC 3501 §6.2.3)", async () => {
    const asked: string[] = [];
    const inClear: PasswordAttempt[] = [];
    const authenticator = passwordsOnly(async ({ username }) => {
      asked.push(username);
      return { ok: true, identity: { accountId: 1, address: username } };
    }, inClear);
    await using server = await ImapServer.start({ authenticator });
    await server.play(
      `
      S: * OK …
      C: a LOGIN alice@example.test "${PASSWORD}"
      S: a NO [PRIVACYREQUIRED] Use TLS before you send a password
      C: b AUTHENTICATE PLAIN AGFsaWNlAHg=
      S: b NO [PRIVACYREQUIRED] Use TLS before you send a password
    `,
      [server.connect({})],
    );
    assert.deepEqual(asked, []);
    // Told afterwards to those whom it concerns; the client hears nothing else.
    assert.deepEqual(
      inClear.map(({ username, password }) => [username, password]),
      [
        ["alice@example.test", PASSWORD],
        ["alice", "x"],
      ],
    );
  });

  test("after STARTTLS offers logins, and other things after one", async () => {
    await using server = await ImapServer.start();
    const connection = server.connect({});
    await server.play(
      `
      S: * OK …
      C: a STARTTLS
      S: a OK Begin TLS negotiation now
      C: b CAPABILITY
      S: * CAPABILITY ${insideTls}
      S: b OK Capability completed
      C: c STARTTLS
      S: c BAD STARTTLS: TLS is already established
      C: d LOGIN alice@example.test "${PASSWORD}"
      S: d OK [CAPABILITY IMAP4rev1 …IDLE…] Logged in
      C: e LOGIN alice@example.test "${PASSWORD}"
      S: e BAD LOGIN: already logged in
    `,
      [connection],
    );
  });

  test("drops the connection when octets stand in the clear behind STARTTLS (RFC 9051 §11.1)", async () => {
    await using server = await ImapServer.start();
    const connection = server.connect({});
    connection.send("a STARTTLS\r\nb LOGIN alice@example.test x\r\n");
    const said = await connection.until(() => false);
    assert.equal(connection.state, "destroyed");
    assert.doesNotMatch(said.toString(), /^[ab] /m);
  });

  test("a client that says nothing any more hears the answers to what it said", async () => {
    await using server = await ImapServer.start();
    const connection = await server.open("INBOX");
    connection.send("a NOOP\r\nb IDLE\r\n");
    connection.finish();
    const said = await connection.until(() => false);
    assert.match(said.toString(), /^a OK Completed\r\n\+ idling\r\nb OK Idle over\r\n$/);
    assert.equal(connection.state, "ended");
  });

  test("ends when the TLS handshake fails", async () => {
    await using server = await ImapServer.start();
    const connection = server.connect({ failTls: true });
    connection.send("a STARTTLS\r\n");
    await connection.until(() => false);
    assert.equal(connection.state, "destroyed");
  });

  test("speaks SASL PLAIN and LOGIN, with and without an initial response (RFC 4959)", async () => {
    await using server = await ImapServer.start();
    const plain = Buffer.from(`\0alice@example.test\0${PASSWORD}`).toString("base64");
    const user = Buffer.from("alice@example.test").toString("base64");
    const password = Buffer.from(PASSWORD).toString("base64");
    const [one, two, three] = [0, 1, 2].map(() => server.connect());
    assert.ok(one && two && three);
    await server.play(
      `
      S: * OK …
      C: a AUTHENTICATE PLAIN ${plain}
      S: a OK [CAPABILITY …] Logged in
      S2: * OK …
      C2: a AUTHENTICATE PLAIN
      S2: + 
      C2: ${plain}
      S2: a OK [CAPABILITY …] Logged in
      S3: * OK …
      C3: a AUTHENTICATE LOGIN
      S3: + VXNlcm5hbWU6
      C3: ${user}
      S3: + UGFzc3dvcmQ6
      C3: ${password}
      S3: a OK [CAPABILITY …] Logged in
    `,
      [one, two, three],
    );
  });

  test("answers what is no exchange, and goes on", async () => {
    await using server = await ImapServer.start();
    await server.play(
      `
      S: * OK …
      C: a AUTHENTICATE CRAM-MD5
      S: a NO [CANNOT] No such mechanism
      C: b AUTHENTICATE PLAIN
      S: + 
      C: *
      S: b BAD AUTHENTICATE cancelled
      C: c AUTHENTICATE PLAIN
      S: + 
      C: !!!
      S: c BAD Not base64
      C: d NOOP
      S: d OK Completed
    `,
      [server.connect()],
    );
  });

  test("waits longer after each wrong password and closes after the third", async () => {
    await using server = await ImapServer.start();
    const connection = server.connect();
    connection.send(
      "a LOGIN alice@example.test x\r\nb LOGIN nobody@example.test x\r\nc LOGIN alice@example.test y\r\n",
    );
    for (const [tag, delayMs] of [
      ["a", 2000],
      ["b", 4000],
      ["c", 6000],
    ] as const) {
      const failures = delayMs / 2000;
      while (server.log.lines.filter(({ event }) => event === "imap-login-failed").length < failures) {
        await new Promise(setImmediate);
      }
      server.clock.advance(delayMs - 1);
      assert.doesNotMatch(connection.take().toString(), new RegExp(`^${tag} `, "m"));
      server.clock.advance(1);
      const said = await connection.until((octets) => octets.toString().includes(`${tag} NO`));
      assert.match(said.toString(), new RegExp(`^${tag} NO \\[AUTHENTICATIONFAILED\\] Authentication failed\r$`, "m"));
    }
    assert.equal(connection.state, "ended");
  });

  test("says when passwords cannot be checked, which is no failure of the client", async () => {
    const authenticator = passwordsOnly(async () => ({ ok: false, problem: "unavailable" }));
    await using server = await ImapServer.start({ authenticator });
    await server.play(
      `
      S: * OK …
      C: a LOGIN alice@example.test x
      S: a NO [UNAVAILABLE] Cannot check passwords now
    `,
      [server.connect()],
    );
  });

  test("a login over the limit is told so, not like a wrong password, and may try again (R55)", async () => {
    await using server = await ImapServer.start();
    server.logins.refusal = "Too many connections of this account";
    const connection = server.connect();
    await server.play(
      `
      S: * OK …
      C: a LOGIN alice@example.test "${PASSWORD}"
      S: a NO [LIMIT] Too many connections of this account
    `,
      [connection],
    );
    server.logins.refusal = undefined;
    await server.play(
      `
      C: a LOGIN alice@example.test "${PASSWORD}"
      S: a OK …
    `,
      [connection],
    );
    assert.deepEqual(server.logins.entered, [{ connection, accountId: server.account.id }]);
  });

  test("ends the sessions of an account that is disabled", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    await server.store.updateAccount(server.account.id, { enabled: false });
    const said = await connection.until(() => false);
    assert.equal(said.toString(), "* BYE [UNAVAILABLE] Account is disabled\r\n");
  });
});

suite("IMAP session", () => {
  test("takes commands only in their state (RFC 3501 §3)", async () => {
    await using server = await ImapServer.start();
    await server.play(
      `
      S: * OK …
      C: a SELECT INBOX
      S: a BAD SELECT: log in first
      C: b FETCH 1 FLAGS
      S: b BAD FETCH: log in first
      C: c APPEND INBOX {3+}
      C: abc
      S: c BAD APPEND: log in first
      C: d NOOP
      S: d OK Completed
      C2: a FETCH 1 FLAGS
      S2: a BAD FETCH: no mailbox is selected
    `,
      [server.connect()],
    );
  });

  test("runs commands sent ahead in their order", async () => {
    await using server = await ImapServer.start();
    await server.play(`
      C: a CREATE One
      C: b STATUS One (MESSAGES)
      C: c DELETE One
      C: d STATUS One (MESSAGES)
      C: e LOGOUT
      S: a OK Created
      S: * STATUS One (MESSAGES 0)
      S: b OK Status completed
      S: c OK Deleted
      S: d NO [NONEXISTENT] No such mailbox
      S: * BYE Logging out
      S: e OK Logout completed
    `);
  });

  test("holds little of what is sent ahead, and loses none of it", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    const count = 8000;
    connection.send("a0 NOOP\r\n");
    for (let i = 1; i <= count; i++) connection.send(`a${i} NOOP\r\n`);
    assert.equal(connection.paused, true);
    const said = await connection.until((octets) => octets.toString().includes(`a${count} OK`));
    const expected = Array.from({ length: count + 1 }, (_, i) => `a${i} OK Completed\r\n`);
    assert.equal(said.toString(), expected.join(""));
  });

  test("closes after twenty bad commands", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    connection.send("x NONSENSE\r\n".repeat(30));
    const said = (await connection.until(() => false)).toString().split("\r\n");
    assert.equal(said.filter((line) => line.startsWith("x BAD")).length, 20);
    assert.equal(said.at(-2), "* BYE Too many bad commands");
  });

  test("closes without a login after 30 seconds, however busy the client", async () => {
    await using server = await ImapServer.start();
    const idle = server.connect();
    await idle.until((octets) => octets.length > 0);
    server.clock.advance(30_000);
    assert.equal((await idle.until(() => false)).toString(), "* BYE Too slow to log in\r\n");

    const busy = server.connect();
    let said = "";
    for (let elapsedMs = 0; elapsedMs < 330_000 && busy.state === "open"; elapsedMs += 10_000) {
      busy.send("a NOOP\r\n");
      said += (await busy.until((octets) => octets.length > 0)).toString();
      server.clock.advance(10_000);
    }
    said += (await busy.until(() => false)).toString();
    assert.match(said, /\* BYE Too slow to log in\r\n$/);
  });

  test("logs out after 30 minutes without a command (RFC 3501 §5.4)", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    server.clock.advance(30 * 60_000 - 1);
    assert.equal(connection.state, "open");
    server.clock.advance(1);
    assert.equal((await connection.until(() => false)).toString(), "* BYE Idle for too long\r\n");
  });

  test("ends between commands when the server drains", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    connection.shutdown();
    assert.equal((await connection.until(() => false)).toString(), "* BYE [UNAVAILABLE] Server is shutting down\r\n");
  });

  test("an exception in a command ends that session, with BYE, and no other", async () => {
    let fails = true;
    const wrapStore: NonNullable<Parameters<typeof ImapServer.start>[0]>["wrapStore"] = (store) => ({
      ...store,
      listFolders: async (id) => {
        if (fails) throw new Error("a bug");
        return store.listFolders(id);
      },
    });
    await using server = await ImapServer.start({ wrapStore });
    const connection = await server.logIn();
    connection.send('a LIST "" *\r\n');
    assert.equal((await connection.until(() => false)).toString(), "* BYE [SERVERBUG] Internal error\r\n");
    assert.deepEqual(
      server.log.lines.filter(({ level }) => level === "error").map(({ event }) => event),
      ["imap-session-failed"],
    );
    fails = false;
    await server.play(`
      C: a LIST "" INBOX
      S: * LIST (\\HasNoChildren) "/" INBOX
      S: a OK List completed
    `);
  });

  test("writes one line at the end of a session, and no password", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    connection.send("a LOGOUT\r\n");
    await connection.until(() => false);
    const lines = server.log.lines.map(({ event, fields }) => [event, fields["account"], fields["reason"]]);
    assert.deepEqual(lines, [
      ["imap-login", "alice@example.test", undefined],
      ["imap-session-end", "alice@example.test", "logout"],
    ]);
    assert.doesNotMatch(JSON.stringify(server.log.lines), new RegExp(PASSWORD));
  });

  test("says who it is, its namespace, and what it enabled", async () => {
    await using server = await ImapServer.start();
    await server.play(`
      C: a ID ("name" "test")
      S: * ID ("name" "Postern" "version" "1")
      S: a OK ID completed
      C: b NAMESPACE
      S: * NAMESPACE (("" "/")) NIL NIL
      S: b OK Namespace completed
      C: c ENABLE CONDSTORE X-UNKNOWN
      S: * ENABLED CONDSTORE
      S: c OK Enabled
    `);
  });

  test("speaks UTF-8 names once it is enabled, modified UTF-7 before (RFC 6855 §3)", async () => {
    await using server = await ImapServer.start();
    await server.play(`
      C: a CREATE Entw&APw-rfe
      S: a OK Created
      C: b LIST "" Entw*
      S: * LIST (\\HasNoChildren) "/" Entw&APw-rfe
      S: b OK List completed
      C: c ENABLE UTF8=ACCEPT
      S: * ENABLED UTF8=ACCEPT
      S: c OK Enabled
      C: d LIST "" "Entw*"
      S: * LIST (\\HasNoChildren) "/" "Entw\u00c3\u00bcrfe"
      S: d OK List completed
    `);
  });
});
