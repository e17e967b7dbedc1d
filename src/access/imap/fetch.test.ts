import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { FakeConnection } from "../../../test/fakes/connection.ts";
import { ImapServer, type ImapServerOptions } from "../../../test/fakes/imap-server.ts";
import { READ_AHEAD_OCTETS_MAX, READ_TOGETHER_OCTETS_MAX } from "../limits.ts";

const plain =
  "From: Ann <ann@example.test>\nSubject: =?utf-8?q?caf=C3=A9?=\nDate: Sat, 24 Mar 2007 23:00:00 +0200\n\nbody\n";
const mixed = [
  "Subject: two parts",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "caf=C3=A9 =",
  "au lait",
  "--b",
  "Content-Type: application/octet-stream",
  "Content-Transfer-Encoding: base64",
  "",
  "AAECAw==",
  "--b",
  "Content-Transfer-Encoding: x-unknown",
  "",
  "what",
  "--b--",
  "",
].join("\n");

async function check(messages: readonly string[], script: string): Promise<void> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", ...messages);
  await server.play(script, [await server.open("INBOX", "EXAMINE")]);
}

suite("FETCH", () => {
  test("answers from row and index (RFC 3501 §7.4.2)", () =>
    check(
      [plain],
      `
      C: a FETCH 1 (UID RFC822.SIZE INTERNALDATE ENVELOPE)
      S: * 1 FETCH (UID 1 RFC822.SIZE 109 INTERNALDATE "01-Jan-2030 12:00:00 +0000" ENVELOPE ("Sat, 24 Mar 2007 23:00:00 +0200" "=?utf-8?q?caf=C3=A9?=" (("Ann" NIL "ann" "example.test")) (("Ann" NIL "ann" "example.test")) (("Ann" NIL "ann" "example.test")) NIL NIL NIL NIL NIL))
      S: a OK Fetch completed
      C: b FETCH 1 BODY
      S: * 1 FETCH (BODY ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 6 1))
      S: b OK Fetch completed
      C: c UID FETCH 1 FLAGS
      S: * 1 FETCH (UID 1 FLAGS (\\Recent))
      S: c OK Fetch completed
    `,
    ));

  test("names sections, cuts partials, and says what is not there (R77)", () =>
    check(
      [plain],
      `
      C: a FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT X-No)] BODY.PEEK[TEXT]<1.3> BODY.PEEK[TEXT]<99.5> BODY.PEEK[2])
      S: * 1 FETCH (BODY[HEADER.FIELDS (SUBJECT X-No)] {34}
      S: Subject: =?utf-8?q?caf=C3=A9?=
      S: 
      S:  BODY[TEXT]<1> {3}
      S: ody BODY[TEXT]<99> "" BODY[2] NIL)
      S: a OK Fetch completed
    `,
    ));

  test("gives parts decoded with BINARY, and their sizes (RFC 3516)", () =>
    check(
      [mixed],
      `
      C: a FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1] BINARY.SIZE[2] BINARY.PEEK[2]<2.9>)
      S: * 1 FETCH (BINARY.SIZE[1] 13 BINARY[1] ~{13}
      S: caf\u00c3\u00a9 au lait BINARY.SIZE[2] 4 BINARY[2]<2> ~{2}
      S: \u0002\u0003)
      S: a OK Fetch completed
      C: b FETCH 1 (UID BINARY.PEEK[3])
      S: * 1 FETCH (UID 1)
      S: b NO [UNKNOWN-CTE] A part has an unknown encoding
    `,
    ));

  test("sets \\Seen and tells it, except with PEEK and read-only", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", plain, plain, plain);
    const reader = await server.open("INBOX", "EXAMINE");
    await server.play(
      `
      C: a FETCH 1 (BODY[TEXT] FLAGS)
      S: * 1 FETCH (BODY[TEXT] {6}
      S: body
      S:  FLAGS (\\Recent))
      S: a OK Fetch completed
      C2: a SELECT INBOX
      S2: * FLAGS …
      S2: * OK …
      S2: * 3 EXISTS
      S2: * 3 RECENT
      S2: * OK [UNSEEN 1] …
      S2: * OK …
      S2: * OK …
      S2: * OK …
      S2: a OK …
      C2: b FETCH 1 BODY.PEEK[TEXT]
      S2: * 1 FETCH (BODY[TEXT] {6}
      S2: body
      S2: )
      S2: b OK Fetch completed
      C2: c FETCH 2:3 (FLAGS RFC822.TEXT)
      S2: * 2 FETCH (FLAGS (\\Seen \\Recent) RFC822.TEXT {6}
      S2: body
      S2: )
      S2: * 3 FETCH (FLAGS (\\Seen \\Recent) RFC822.TEXT {6}
      S2: body
      S2: )
      S2: c OK Fetch completed
      C: b NOOP
      S: * 2 FETCH (FLAGS (\\Seen \\Recent))
      S: * 3 FETCH (FLAGS (\\Seen \\Recent))
      S: b OK Completed
    `,
      [reader],
    );
  });

  test("parts of a message joined are the message, however it is cut (property; R77)", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", mixed);
    const connection = await server.open("INBOX", "EXAMINE");
    const whole = await literal(connection, "BODY.PEEK[]");
    assert.equal(whole, mixed.replaceAll("\n", "\r\n"));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (size) => {
        let joined = "";
        for (let start = 0; start <= whole.length; start += size) {
          joined += await literal(connection, `BODY.PEEK[]<${start}.${size}>`);
        }
        assert.equal(joined, whole);
      }),
      { numRuns: 10 },
    );
  });

  test("header fields of many messages come with few reads at a time, in order", async () => {
    const count = 300;
    let reads = 0;
    await using server = await ImapServer.start({
      wrapStore: (store) => ({
        ...store,
        readContent: () => assert.fail("one by one"),
        readContents: (ranges) => {
          reads++;
          return store.readContents(ranges);
        },
      }),
    });
    await server.deliver("INBOX", ...Array.from({ length: count }, (_, i) => `Subject: ${i + 1}\n\nx\n`));
    const connection = await server.open("INBOX", "EXAMINE");
    reads = 0;
    connection.send("a FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n");
    const said = (await connection.until((octets) => octets.toString().includes("a OK"))).toString();
    const subjects = [...said.matchAll(/^Subject: (\d+)/gm)].map(([, number]) => Number(number));
    assert.deepEqual(
      subjects,
      Array.from({ length: count }, (_, i) => i + 1),
    );
    assert.ok(reads <= 10, `${reads} reads`);
  });

  test("octets of many messages are read together within the bound, and large ones by themselves", async () => {
    const together: number[] = [];
    await using server = await ImapServer.start({
      wrapStore: (store) => ({
        ...store,
        readContents: (ranges) => {
          together.push(ranges.reduce((sum, { start, end }) => sum + end - start, 0));
          return store.readContents(ranges);
        },
      }),
    });
    const letters = Array.from(
      { length: 60 },
      (_, i) => `Subject: ${i}\n\n${"x".repeat(i % 7 === 0 ? 40_000 : 9000)}\n`,
    );
    await server.deliver("INBOX", ...letters);
    const connection = await server.open("INBOX", "EXAMINE");
    connection.send("a FETCH 1:* (BODY.PEEK[] BODY.PEEK[]<0.5> BODY.PEEK[TEXT])\r\n");
    const said = (await connection.until((octets) => octets.subarray(-30).includes("a OK"))).toString("latin1");
    const whole = letters.map((letter) => letter.replaceAll("\n", "\r\n"));
    const told = [...said.matchAll(/^\* \d+ FETCH \(BODY\[\] \{(\d+)\}\r\n/gm)].map(({ 0: line, 1: size, index }) =>
      said.slice(index + line.length, index + line.length + Number(size)),
    );
    assert.deepEqual(told, whole);
    assert.ok(together.length > 1 && together.length < 10, `${together.length} calls`);
    assert.ok(Math.max(...together) <= READ_TOGETHER_OCTETS_MAX + READ_AHEAD_OCTETS_MAX);
  });
});

function odd(type: string, body: string): string {
  return `From: a@example.test\nSubject: odd\nMIME-Version: 1.0\nContent-Type: ${type}\n\n${body}`;
}

suite("FETCH of messages that are odd (R76, R82, R83)", () => {
  const emptyText = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)';
  for (const [what, type, body, structure] of [
    ["its closing boundary before any part", "multipart/mixed; boundary=b", "--b--\n", `(${emptyText} "MIXED")`],
    ["closing boundaries alone", "multipart/mixed; boundary=b", "--b--\n--b--\n", `(${emptyText} "MIXED")`],
    ["no part between its boundaries", "multipart/mixed; boundary=b", "--b\n--b--\n", `(${emptyText} "MIXED")`],
    ["a type without a subtype", "X-ZIP", "x\n", '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1)'],
    ["a multipart without a boundary", "multipart/mixed", "--b\n\nx\n", '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 10 3)'],
    ["an empty boundary", 'multipart/mixed; boundary=""', "--\n\nx\n", '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 9 3)'],
    ["NULs in header and body", "text/plain\nX-Nul: a\0b", "c\0d\n", '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)'],
    [
      "what is no UTF-8",
      "text/plain; charset=utf-8\nX: \xff\xfe",
      "\xc3\n",
      '("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 3 1)',
    ],
    ["no type at all", "", "x\n", '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 3 1)'],
  ] as const) {
    test(`${what}: its structure is grammatical, and it is there as it came`, async () => {
      await using server = await ImapServer.start();
      const message = odd(type, body);
      await server.deliver("INBOX", message, plain);
      const connection = await server.open("INBOX", "EXAMINE");
      connection.send("b FETCH 1 BODY\r\ns FETCH 1 BODYSTRUCTURE\r\n");
      const said = (await connection.until((octets) => octets.toString().includes("\r\ns OK"))).toString();
      assert.match(said, /^\* 1 FETCH \(BODYSTRUCTURE \(.*\)\)\r$/m);
      assert.equal(/^\* 1 FETCH \(BODY (.*)\)\r$/m.exec(said)?.[1], structure);
      assert.equal(await literal(connection, "BODY.PEEK[]"), message.replaceAll("\n", "\r\n"));
      connection.send("f SEARCH SUBJECT odd TEXT a@example.test\r\n");
      assert.match(
        (await connection.until((octets) => octets.toString().includes("f OK"))).toString(),
        /^\* SEARCH 1\r$/m,
      );
      connection.send("n FETCH 2 (ENVELOPE)\r\n");
      assert.match((await connection.until((octets) => octets.toString().includes("n OK"))).toString(), /"ann"/);
    });
  }
});

suite("FETCH to a slow client", () => {
  const large = `Subject: large\n\n${"0123456789abcdef".repeat(160 * 1024)}\n`;

  test("holds a bounded part of what is asked for", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", large, large, large);
    const highWaterOctets = 64 * 1024;
    const connection = await server.open("INBOX", "EXAMINE", { highWaterOctets });
    connection.send("a FETCH 1:* BODY.PEEK[]\r\n");
    // The client takes nothing until the server has stopped to write.
    for (let before = -1; before !== connection.untakenOctetsPeak; ) {
      before = connection.untakenOctetsPeak;
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    }
    const said = await connection.until((octets) => octets.subarray(-30).includes("a OK Fetch completed"));
    assert.ok(said.length > 3 * large.length);
    // One piece that was under way when the mark was passed, and what was gathered before it.
    const bound = highWaterOctets + 256 * 1024 + 32 * 1024;
    assert.ok(connection.untakenOctetsPeak <= bound, `${connection.untakenOctetsPeak} octets waited for the client`);
  });

  test("drops a client that takes nothing for five minutes", async () => {
    await using server = await ImapServer.start();
    await server.deliver("INBOX", large);
    const connection = await server.open("INBOX", "EXAMINE", { highWaterOctets: 1024 });
    connection.send("a FETCH 1 BODY.PEEK[]\r\n");
    while (connection.untakenOctetsPeak < 1024) await new Promise(setImmediate);
    while (connection.deadlineMs !== 300_000) await new Promise(setImmediate);
    server.clock.advance(300_000);
    assert.equal(connection.state, "destroyed");
  });
});

suite("FETCH of a message that is gone", () => {
  test("leaves it out and says so", () => withContentGone("never-there", "* 2 FETCH", "a NO [EXPUNGEISSUED]"));

  test("drops the connection when it goes while its octets are sent: a literal cannot be taken back", async () => {
    const { said, state } = await fetchAll("gone-midway");
    assert.equal(state, "destroyed");
    assert.doesNotMatch(said, /^a /m);
  });
});

async function withContentGone(how: "never-there" | "gone-midway", ...expected: readonly string[]): Promise<void> {
  const { said } = await fetchAll(how);
  for (const text of expected) assert.ok(said.includes(text), said);
  assert.doesNotMatch(said, /^\* 1 FETCH/m);
}

/** FETCH of two messages, the first of which another session expunges at a bad moment. */
async function fetchAll(how: "never-there" | "gone-midway"): Promise<{ said: string; state: string }> {
  const size = how === "never-there" ? 10 : 1024 * 1024;
  let reads = 0;
  const wrapStore: ImapServerOptions["wrapStore"] = (store) => ({
    ...store,
    readContents: async ([first, ...others]) => {
      assert.ok(first !== undefined && how === "never-there");
      return [undefined, ...(await store.readContents(others))];
    },
    readContent: async (blobId, start, end) => {
      reads++;
      return reads === 3 ? undefined : store.readContent(blobId, start, end);
    },
  });
  await using server = await ImapServer.start(wrapStore === undefined ? {} : { wrapStore });
  await server.deliver("INBOX", `Subject: x\n\n${"y".repeat(size)}\n`, plain);
  const connection = await server.open("INBOX", "EXAMINE");
  connection.send("a FETCH 1:2 BODY.PEEK[]\r\n");
  const said = (await connection.until((octets) => /^a /m.test(octets.toString()))).toString();
  return { said, state: connection.state };
}

/** The octets of one literal or quoted string. */
async function literal(connection: FakeConnection, item: string): Promise<string> {
  connection.send(`l FETCH 1 ${item}\r\n`);
  const said = (await connection.until((octets) => octets.toString("latin1").includes("\r\nl OK"))).toString("latin1");
  const [announced = "", size = "0"] = /^\* 1 FETCH \(BODY\[\](?:<\d+>)? (?:\{(\d+)\}\r\n|"")/.exec(said) ?? [];
  assert.notEqual(announced, "", said);
  return said.slice(announced.length, announced.length + Number(size));
}
