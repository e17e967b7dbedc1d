import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { suite, test } from "node:test";
import { ImapServer, type ImapServerOptions } from "../../../test/fakes/imap-server.ts";

async function check(script: string, options: ImapServerOptions = {}): Promise<void> {
  await using server = await ImapServer.start(options);
  await server.play(script);
}

suite("APPEND", () => {
  test("puts a message with flags and date into a folder (RFC 3501 §6.3.11, RFC 4315 §3)", () =>
    check(`
      C: a APPEND Sent (\\Seen $Label) "24-Mar-2007 23:00:00 +0200" {17}
      S: + Go on
      C: Subject: x
      C: 
      C: y
      C: 
      S: a OK [APPENDUID … 1] Append completed
      C: b EXAMINE Sent
      S: * FLAGS …
      S: * OK …
      S: * 1 EXISTS
      S: * 1 RECENT
      S: * OK …
      S: * OK …
      S: * OK …
      S: b OK …
      C: c FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
      S: * FLAGS (… $Label)
      S: * OK [PERMANENTFLAGS ()] …
      S: * 1 FETCH (FLAGS (\\Seen $Label \\Recent) INTERNALDATE "24-Mar-2007 21:00:00 +0000" RFC822.SIZE 17 ENVELOPE (NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL))
      S: c OK Fetch completed
    `));

  test("is refused before the message is sent, when it cannot be kept", () =>
    check(
      `
      C: a APPEND Nowhere {17}
      S: a NO [TRYCREATE] No such mailbox
      C: b APPEND INBOX {1001}
      S: b NO [TOOBIG] More than 1000 octets
      C: c APPEND INBOX {600}
      S: c NO [OVERQUOTA] The account is over its quota
      C: d APPEND INBOX {0}
      S: d NO [CANNOT] An empty message
      C: e APPEND INBOX UTF8 (~{5+}
      C: abcde)
      S: e BAD UTF8=ACCEPT is not enabled
      C: f APPEND Nowhere {3+}
      C: abc
      S: f NO [TRYCREATE] No such mailbox
      C: g NOOP
      S: g OK Completed
    `,
      { settings: { messageSizeOctetsMax: 1000 }, quotaOctets: 500 },
    ));

  test("refused, none of its lines is run as a command, however the client announced it (R78)", async () => {
    await using server = await ImapServer.start({ settings: { messageSizeOctetsMax: 1000 } });
    await server.deliver("INBOX", "Subject: stays\n\nx\n");
    const lines = "Subject: y\r\nb STORE 1 +FLAGS (\\Deleted)\r\nc EXPUNGE\r\n";
    for (const head of [`Nowhere {${lines.length}}`, `Nowhere {${lines.length}+}`, "INBOX {5000}", "INBOX {5000+}"]) {
      const connection = await server.open("INBOX");
      connection.send(`a APPEND ${head}\r\n${lines}${head.endsWith("+}") ? "x".repeat(5000) : ""}\r\n`);
      connection.finish();
      const said = (await connection.until(() => false)).toString();
      assert.match(said, /^a NO \[(?:TRYCREATE|TOOBIG)\]/m);
      assert.doesNotMatch(said, /^b |^c |FETCH|EXPUNGE/m);
      assert.equal(
        said.includes("* BYE A literal came that was not asked for"),
        head.endsWith("}") && !head.endsWith("+}"),
      );
    }
    const inbox = await server.store.findFolder(server.account.id, "INBOX");
    assert.deepEqual([...(await server.store.listUids(inbox?.id ?? 0))], [1]);
  });

  test("takes UTF-8 headers once they are enabled (RFC 6855 §4)", () =>
    check(`
      C: a ENABLE UTF8=ACCEPT
      S: * ENABLED UTF8=ACCEPT
      S: a OK Enabled
      C: b APPEND INBOX UTF8 (~{18+}
      C: Subject: \u00c3\u00bc
      C: 
      C: y
      C: )
      S: b OK [APPENDUID … 1] Append completed
    `));

  test("NUL octets are refused where no transfer encoding can carry them (RFC 3516 §4.3)", () =>
    check(`
      C: a APPEND INBOX ~{17+}
      C: Subject: \u0000
      C: 
      C: y
      C: 
      S: a NO [UNKNOWN-CTE] …
      C: b APPEND INBOX {17+}
      C: Subject: x
      C: 
      C: \u0000
      C: 
      S: b NO [UNKNOWN-CTE] …
      C: c STATUS INBOX (MESSAGES)
      S: * STATUS INBOX (MESSAGES 0)
      S: c OK Status completed
    `));

  test("binary parts become base64 (RFC 3516 §4.4)", () =>
    check(`
      C: a APPEND INBOX ~{55+}
      C: Content-Transfer-Encoding:
      C:  binary
      C: Subject: x
      C: 
      C: \u0000\u0001
      C: 
      S: a OK [APPENDUID … 1] Append completed
      C: b EXAMINE INBOX
      S: * FLAGS …
      S: * OK …
      S: * 1 EXISTS
      S: * 1 RECENT
      S: * OK …
      S: * OK …
      S: * OK …
      S: * OK …
      S: b OK …
      C: c FETCH 1 (BODY.PEEK[] BINARY.SIZE[1] BINARY.PEEK[1])
      S: * 1 FETCH (BODY[] {59}
      S: Content-Transfer-Encoding: base64
      S: Subject: x
      S: 
      S: AAENCg==
      S:  BINARY.SIZE[1] 4 BINARY[1] ~{4}
      S: \u0000\u0001
      S: )
      S: c OK Fetch completed
    `));

  test("a message of several mebibytes flows through, and a client that leaves midway leaves nothing behind", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    const body = Buffer.alloc(3 * 1024 * 1024, "0123456789\r\n");
    connection.send(`a APPEND INBOX {${body.length}+}\r\n`);
    for (let at = 0; at < body.length; at += 10_000) connection.send(body.subarray(at, at + 10_000));
    connection.send("\r\n");
    assert.match((await connection.until((octets) => octets.includes("a OK"))).toString(), /^a OK \[APPENDUID \d+ 1\]/);

    connection.send(`b APPEND INBOX {${body.length}+}\r\n`);
    connection.send(body.subarray(0, 1_000_000));
    while (readdirSync(server.spoolFolder).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    connection.leave();
    while (readdirSync(server.spoolFolder).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const folder = await server.store.findFolder(server.account.id, "INBOX");
    assert.equal(folder?.messages, 1);
  });

  test("a message that the store refuses in the end leaves no file behind", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    await server.store.createFolder(server.account.id, "Short");
    const body = Buffer.alloc(1024 * 1024, "0123456789\r\n");
    connection.send(`a APPEND Short {${body.length}+}\r\n`);
    connection.send(body.subarray(0, 500_000));
    while (readdirSync(server.spoolFolder).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.store.removeFolder(server.account.id, "Short");
    connection.send(body.subarray(500_000));
    connection.send("\r\n");
    const said = await connection.until((octets) => octets.includes("a "));
    assert.match(said.toString(), /^a NO \[TRYCREATE\] /);
    for (let i = 0; i < 400 && readdirSync(server.spoolFolder).length > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(readdirSync(server.spoolFolder), []);
  });

  test("tells the new message to the session that has the folder selected", async () => {
    await using server = await ImapServer.start();
    const connection = await server.logIn();
    connection.send("s SELECT INBOX\r\n");
    await connection.until((octets) => octets.toString().includes("s OK"));
    await server.play(
      `
      C: a APPEND INBOX {15+}
      C: Subject: x
      C: 
      C: y
      S: * 1 EXISTS
      S: * 1 RECENT
      S: a OK [APPENDUID … 1] Append completed
    `,
      [connection],
    );
  });
});
