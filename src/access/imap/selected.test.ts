/** Several sessions on one folder: what each hears, when, and that message numbers always stay true. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

/** Two logged-in sessions on an INBOX of `count` messages; only the first has them as \Recent. */
async function check(count: number, script: string): Promise<void> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", ...Array.from({ length: count }, (_, i) => `Subject: ${i + 1}\n\n${i + 1}\n`));
  const clients = [await server.open("INBOX"), await server.open("INBOX")];
  await server.play(script, clients);
}

suite("a selected folder", () => {
  test("messages are recent in the first session that selects, and in no other (RFC 3501 §2.3.2)", () =>
    check(
      1,
      `
      C: a FETCH 1 FLAGS
      S: * 1 FETCH (FLAGS (\\Recent))
      S: a OK Fetch completed
      C2: a FETCH 1 FLAGS
      S2: * 1 FETCH (FLAGS ())
      S2: a OK Fetch completed
      C2: b SEARCH RECENT
      S2: * SEARCH
      S2: b OK Search completed
      C: b SEARCH NEW
      S: * SEARCH 1
      S: b OK Search completed
    `,
    ));

  test("EXAMINE shows \\Recent and takes it from nobody", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", "Subject: x\n\nx\n");
    await server.play(`
      C: a EXAMINE INBOX
      S: * FLAGS …
      S: * OK [PERMANENTFLAGS ()] …
      S: * 1 EXISTS
      S: * 1 RECENT
      S: * OK [UNSEEN 1] …
      S: * OK …
      S: * OK …
      S: * OK …
      S: a OK [READ-ONLY] Selected
      C: b FETCH 1 (FLAGS BODY[TEXT])
      S: * 1 FETCH (FLAGS (\\Recent) BODY[TEXT] {3}
      S: x
      S: )
      S: b OK Fetch completed
      C: c STORE 1 +FLAGS (\\Seen)
      S: c NO [CANNOT] Mailbox is selected read-only
      C: d EXPUNGE
      S: d NO [CANNOT] Mailbox is selected read-only
      C: e SELECT INBOX
      S: * OK [CLOSED] Previous mailbox closed
      S: * FLAGS …
      S: * OK …
      S: * 1 EXISTS
      S: * 1 RECENT
      S: * OK [UNSEEN 1] …
      S: * OK …
      S: * OK …
      S: * OK …
      S: e OK [READ-WRITE] Selected
      C: f SELECT Nothing
      S: * OK [CLOSED] Previous mailbox closed
      S: f NO [NONEXISTENT] No such mailbox
      C: g CHECK
      S: g BAD CHECK: no mailbox is selected
    `);
  });

  test("expunges of another session wait while numbers are in use (RFC 3501 §7.4.1)", () =>
    check(
      4,
      `
      C: a STORE 1,3 +FLAGS.SILENT (\\Deleted)
      S: a OK Store completed
      C: b EXPUNGE
      S: * 1 EXPUNGE
      S: * 2 EXPUNGE
      S: b OK Expunge completed
      C2: a FETCH 2,4 UID
      S2: * 2 FETCH (UID 2)
      S2: * 4 FETCH (UID 4)
      S2: a OK Fetch completed
      C2: b FETCH 1:2 (UID FLAGS)
      S2: * 2 FETCH (UID 2 FLAGS ())
      S2: b NO [EXPUNGEISSUED] Some of the messages no longer exist
      C2: c STORE 4 +FLAGS (\\Flagged)
      S2: * 4 FETCH (FLAGS (\\Flagged))
      S2: c OK Store completed
      C2: d STORE 1 +FLAGS (\\Flagged)
      S2: d NO [EXPUNGEISSUED] Some of the messages no longer exist
      C2: e SEARCH ALL
      S2: * SEARCH 2 4
      S2: e OK Search completed
      C2: f UID FETCH 4 FLAGS
      S2: * 4 FETCH (UID 4 FLAGS (\\Flagged))
      S2: * 1 EXPUNGE
      S2: * 2 EXPUNGE
      S2: f OK Fetch completed
      C2: g FETCH 1:* UID
      S2: * 1 FETCH (UID 2)
      S2: * 2 FETCH (UID 4)
      S2: g OK Fetch completed
    `,
    ));

  test("flags and arrivals of another session are told with the next answer, keywords before they are met (RFC 3501 §7.2.6)", () =>
    check(
      2,
      `
      C: a STORE 1 FLAGS (\\Answered Work)
      S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Work)
      S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Work \\*)] …
      S: * 1 FETCH (FLAGS (\\Answered Work \\Recent))
      S: a OK Store completed
      C: b APPEND INBOX {15+}
      C: Subject: x
      C: 
      C: y
      S: * 3 EXISTS
      S: * 3 RECENT
      S: b OK [APPENDUID …] Append completed
      C2: a NOOP
      S2: * 3 EXISTS
      S2: * 0 RECENT
      S2: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Work)
      S2: * OK [PERMANENTFLAGS …
      S2: * 1 FETCH (FLAGS (\\Answered Work))
      S2: a OK Completed
    `,
    ));

  test("does not repeat a session's own changes to it", () =>
    check(
      2,
      `
      C: a STORE 1:2 +FLAGS (\\Seen)
      S: * 1 FETCH (FLAGS (\\Seen \\Recent))
      S: * 2 FETCH (FLAGS (\\Seen \\Recent))
      S: a OK Store completed
      C: b STORE 1 +FLAGS.SILENT (\\Flagged)
      S: b OK Store completed
      C: c NOOP
      S: c OK Completed
      C: d STORE 1 +FLAGS (\\Flagged)
      S: * 1 FETCH (FLAGS (\\Seen \\Flagged \\Recent))
      S: d OK Store completed
    `,
    ));

  test("CLOSE expunges without a word, UNSELECT expunges nothing (RFC 3691)", () =>
    check(
      3,
      `
      C: a STORE 1,2 +FLAGS.SILENT (\\Deleted)
      S: a OK Store completed
      C: b UNSELECT
      S: b OK Unselected
      C2: a NOOP
      S2: * 1 FETCH (FLAGS (\\Deleted))
      S2: * 2 FETCH (FLAGS (\\Deleted))
      S2: a OK Completed
      C2: b CLOSE
      S2: b OK Closed
      C2: c STATUS INBOX (MESSAGES)
      S2: * STATUS INBOX (MESSAGES 1)
      S2: c OK Status completed
    `,
    ));

  test("UID EXPUNGE takes only what it names (RFC 4315 §2.1)", () =>
    check(
      3,
      `
      C: a STORE 1:2 +FLAGS.SILENT (\\Deleted)
      S: a OK Store completed
      C: b UID EXPUNGE 2:3
      S: * 2 EXPUNGE
      S: b OK Expunge completed
    `,
    ));

  test("COPY names the copies, MOVE before the originals go (RFC 4315 §3, RFC 6851)", () =>
    check(
      3,
      `
      C: a COPY 1,3 Trash
      S: a OK [COPYUID … 1,3 1:2] Copy completed
      C: b UID MOVE 2 Trash
      S: * OK [COPYUID … 2 3] Moved
      S: * 2 EXPUNGE
      S: b OK Move completed
      C: c MOVE 1:2 Nowhere
      S: c NO [TRYCREATE] No such mailbox
      C: d UID COPY 77 Trash
      S: d OK Nothing to do
      C: e MOVE 1 INBOX
      S: * OK [COPYUID … 1 4] Moved
      S: * 1 EXPUNGE
      S: * 2 EXISTS
      S: * 2 RECENT
      S: e OK Move completed
      C2: a COPY 2 Trash
      S2: * 4 EXISTS
      S2: * 0 RECENT
      S2: a NO [EXPUNGEISSUED] The messages no longer exist
    `,
    ));

  test("IDLE tells at once (RFC 2177)", () =>
    check(
      2,
      `
      C2: a IDLE
      S2: + idling
      C: a STORE 1 +FLAGS.SILENT (\\Deleted)
      S: a OK Store completed
      S2: * 1 FETCH (FLAGS (\\Deleted))
      C: b EXPUNGE
      S: * 1 EXPUNGE
      S: b OK Expunge completed
      C2: DONE
      C2: b NOOP
      S2: * 1 EXPUNGE
      S2: a OK Idle over
      S2: b OK Completed
      C2: c IDLE
      S2: + idling
      C2: nonsense
      S2: c BAD DONE expected
    `,
    ));

  test("IDLE tells the changes after the first together", async () => {
    await using server = await ImapServer.start();
    const connection = await server.open("INBOX");
    connection.send("a IDLE\r\n");
    await connection.until((octets) => octets.includes("+ idling"));
    await server.deliver("INBOX", "1");
    await connection.until((octets) => octets.includes("* 1 RECENT"));
    await server.deliver("INBOX", "2", "3");
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    assert.equal(connection.take().toString(), "");
    server.clock.advance(100);
    const said = await connection.until((octets) => octets.includes("RECENT"));
    assert.equal(said.toString(), "* 3 EXISTS\r\n* 3 RECENT\r\n");
  });

  test("IDLE says now and then that the server is there", async () => {
    await using server = await ImapServer.start();
    const connection = await server.open("INBOX");
    connection.send("a IDLE\r\n");
    await connection.until((octets) => octets.includes("+ idling"));
    for (let time = 0; time < 3; time++) {
      while (server.clock.pending < 2) await new Promise(setImmediate);
      server.clock.advance(2 * 60_000);
      const said = await connection.until((octets) => octets.length > 0);
      assert.equal(said.toString(), "* OK Still here\r\n");
    }
  });

  test("IDLE is over after 30 minutes without a word of the client, whatever happens in the folder", async () => {
    await using server = await ImapServer.start();
    const connection = await server.open("INBOX");
    connection.send("a IDLE\r\n");
    await connection.until((octets) => octets.includes("+ idling"));
    for (let minutes = 0; minutes < 30; minutes += 10) {
      await server.deliver("INBOX", "x");
      await connection.until((octets) => octets.includes("RECENT"));
      server.clock.advance(10 * 60_000);
    }
    assert.match((await connection.until(() => false)).toString(), /^\* BYE Idle for too long\r\n/m);
  });

  test("IDLE ends when the server drains, and after 30 minutes", async () => {
    await using server = await ImapServer.start();
    const [drained, forgotten] = [await server.open("INBOX"), await server.open("INBOX")];
    for (const connection of [drained, forgotten]) {
      connection.send("a IDLE\r\n");
      await connection.until((octets) => octets.toString().includes("+ idling"));
    }
    drained.shutdown();
    assert.equal(
      (await drained.until(() => false)).toString(),
      "* BYE [UNAVAILABLE] Server is shutting down\r\na OK Idle over\r\n",
    );
    server.clock.advance(30 * 60_000);
    assert.match((await forgotten.until(() => false)).toString(), /^\* BYE Idle for too long\r\n/);
  });
});

test("commands on a folder that another session has deleted end the session, and are no bug", async () => {
  await using server = await ImapServer.start();
  const commands = [
    "SEARCH UNSEEN",
    "FETCH 1 FLAGS",
    "STORE 1 FLAGS (\\Seen)",
    "COPY 1 INBOX",
    "MOVE 1 INBOX",
    "EXPUNGE",
  ];
  for (const command of [...commands, "NOOP", "APPEND Gone {1+}\r\nx"]) {
    const connection = await server.logIn();
    await server.store.createFolder(server.account.id, "Gone");
    await server.deliver("Gone", "Subject: x\n\nx\n");
    connection.send("b SELECT Gone\r\n");
    await connection.until((octets) => octets.toString().includes("b OK"));
    await server.store.removeFolder(server.account.id, "Gone");
    connection.send(`c ${command}\r\n`);
    const said = (await connection.until(() => false)).toString();
    assert.match(said, /^\* BYE \[UNAVAILABLE\] The selected mailbox was deleted\r\nc /m, command);
  }
});
