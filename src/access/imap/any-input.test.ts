/** Whatever a client sends, however it is cut. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { ImapServer } from "../../../test/fakes/imap-server.ts";

const fragment = fc.constantFrom(
  "a NOOP\r\n",
  "b SELECT INBOX\r\n",
  "c FETCH 1:* (FLAGS BODY.PEEK[])\r\n",
  "d UID FETCH 1 BODY[1.2.3.MIME]<0.1>\r\n",
  "e APPEND INBOX {5+}\r\nhello\r\n",
  "f APPEND INBOX {5}\r\n",
  "hello\r\n",
  "g IDLE\r\n",
  "DONE\r\n",
  "h SEARCH RETURN (SAVE) OR SUBJECT {1+}\r\nx $\r\n",
  'i LIST (SUBSCRIBED) "" (* %) RETURN (STATUS (MESSAGES))\r\n',
  "j STORE $ +FLAGS (\\Deleted x)\r\n",
  "k UID EXPUNGE 1:*\r\n",
  "l MOVE 1 Trash\r\n",
  "m CLOSE\r\n",
  "n ENABLE QRESYNC UTF8=ACCEPT\r\n",
  "o AUTHENTICATE PLAIN\r\n",
  "{99999999999}\r\n",
  "\r\n",
  "\0",
  "\u00ff(",
  '"',
);

suite("any input", () => {
  test("gets the same answers however the octets are cut (property)", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fragment, { maxLength: 12 }),
        fc.array(fc.nat(60), { maxLength: 30 }),
        async (script, cuts) => {
          const whole = Buffer.from(`${script.join("")}\r\nend NOOP\r\n`, "latin1");
          assert.equal(await converse(split(whole, cuts)), await converse([whole]));
        },
      ),
      { numRuns: 25 },
    ));
});

/** What the server says until it has answered `end`, closed, or waits for more. */
async function converse(pieces: readonly Uint8Array[]): Promise<string> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", "Subject: x\n\ny\n");
  const connection = await server.logIn();
  for (const piece of pieces) {
    connection.send(piece);
    await new Promise(setImmediate);
  }
  // Where the script left a literal or IDLE open, what follows ends it.
  connection.send("\r\nDONE\r\nlast NOOP\r\n");
  const said = await connection.until((octets) => /^(?:last|end) (?:OK|BAD)/m.test(octets.toString("latin1")));
  assert.deepEqual(
    server.log.lines.filter(({ level }) => level === "error"),
    [],
  );
  // What comes behind the first of the two may have come or not.
  return said.toString("latin1").replace(/^(?:last|end) (?:OK|BAD)[^]*$/m, "");
}

function split(octets: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let rest = octets;
  for (const length of lengths) {
    pieces.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...pieces, rest];
}
