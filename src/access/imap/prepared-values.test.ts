import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { FakeConnection } from "../../../test/fakes/connection.ts";
import { ImapServer } from "../../../test/fakes/imap-server.ts";
import { PREPARED_LENGTH_MAX, PREPARED_VALUE_LENGTH_MAX } from "../limits.ts";
import { PreparedValues } from "./prepared-values.ts";

const LIST =
  "FETCH 1:* (UID FLAGS ENVELOPE RFC822.SIZE BODY BODYSTRUCTURE BODY.PEEK[HEADER] BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]<0.5> BODY.PEEK[HEADER]<0.5> BODY.PEEK[HEADER]<0.9>)";
const letter = (subject: string): string => `From: Ann <ann@example.test>\nSubject: ${subject}\n\nbody\n`;

async function said(connection: FakeConnection, command: string): Promise<string> {
  connection.send(`a ${command}\r\n`);
  return (await connection.until((octets) => /^a /m.test(octets.toString("latin1")))).toString("latin1");
}

suite("values that were told before", () => {
  test("are told the same again to every session, without a look at structure or octets", async () => {
    let looks = 0;
    await using server = await ImapServer.start({
      wrapStore: (store) => ({
        ...store,
        fetchRows: (folderId, uids, options) => {
          if (options.index) looks++;
          return store.fetchRows(folderId, uids, options);
        },
        readContents: (ranges) => {
          looks++;
          return store.readContents(ranges);
        },
      }),
    });
    await server.deliver("INBOX", letter("one"), letter("caf\u00e9 \u0001"), letter('"two"'));
    const first = await server.open("INBOX", "EXAMINE");
    const expected = await said(first, LIST);
    assert.ok(looks > 0);
    looks = 0;
    assert.equal(await said(first, LIST), expected);
    assert.equal(await said(await server.open("INBOX", "EXAMINE"), LIST), expected);
    assert.equal(looks, 0);
    await server.deliver("INBOX", letter("three"));
    const more = await said(await server.open("INBOX", "EXAMINE"), LIST);
    assert.ok(looks > 0);
    assert.ok(more.startsWith(expected.slice(0, expected.lastIndexOf("a OK"))));
    assert.match(more, /^\* 4 FETCH .*three/m);
  });

  test("are those of the folder, and of the form that the session speaks (RFC 6855)", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", letter("in\u00c3\u00a9"));
    await server.deliver("Junk", letter("junk"));
    assert.match(await said(await server.open("INBOX"), "FETCH 1 ENVELOPE"), /\{4\}\r\nin\u00c3\u00a9/);
    assert.match(await said(await server.open("Junk"), "FETCH 1 ENVELOPE"), /"junk"/);
    const utf8 = await server.open("INBOX");
    await said(utf8, "ENABLE UTF8=ACCEPT");
    assert.match(await said(utf8, "FETCH 1 ENVELOPE"), /"in\u00c3\u00a9"/);
  });

  test("are not told of a message that is gone", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", letter("one"), letter("two"));
    const [reader, other] = [await server.open("INBOX", "EXAMINE"), await server.open("INBOX")];
    await said(reader, "FETCH 1:* ENVELOPE");
    await said(other, "STORE 1 +FLAGS (\\Deleted)");
    await said(other, "EXPUNGE");
    const answer = await said(reader, "FETCH 1:2 ENVELOPE");
    assert.doesNotMatch(answer, /one/);
    assert.match(answer, /^a NO \[EXPUNGEISSUED\]/m);
  });

  test("are as many as there is room for, and no long ones", () => {
    const values = new PreparedValues();
    const text = "x".repeat(PREPARED_VALUE_LENGTH_MAX);
    const count = PREPARED_LENGTH_MAX / PREPARED_VALUE_LENGTH_MAX;
    for (let number = 0; number < count; number++) values.put(`${number}`, text);
    assert.equal(values.get("0"), undefined);
    assert.equal(values.get(`${count - 1}`), text);
    values.put("long", `${text}x`);
    assert.equal(values.get("long"), undefined);
  });
});
