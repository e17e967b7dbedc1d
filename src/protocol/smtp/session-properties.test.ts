import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { Conversation, sessionSettings } from "../../../test/fakes/smtp-conversation.ts";
import { HELD_OCTETS_MAX } from "./limits.ts";
import { ServerSession } from "./server-session.ts";

/** What may be sent without waiting for an answer. */
const pipelined = fc.constantFrom(
  "MAIL FROM:<a@b.test>\r\n",
  "MAIL FROM:<> BODY=BINARYMIME\r\n",
  "RCPT TO:<user@local.test>\r\n",
  "RCPT TO:<unknown@local.test>\r\n",
  "RCPT TO:<b@foreign.test>\r\n",
  "BDAT 4\r\nabc\n",
  "BDAT 3 LAST\r\n\r\nx",
  "BDAT 0\r\n",
  "BDAT x\r\n",
  "RSET\r\n",
  "NOOP\r\n",
  "QUIT\r\n",
  "AUTH PLAIN AGEAc2VjcmV0\r\n",
  "AUTH PLAIN AGEAYg==\r\n",
  "AUTH LOGIN\r\n",
  "c2VjcmV0\r\n",
  "\r\n",
  "\r",
  "\n",
  "\0\r\n",
  "\x16\x03\x01",
  ".\r\n",
  "..x\r\n",
  "Subject: x\r\n",
  `${"x".repeat(2100)}\r\n`,
  `AUTH PLAIN ${"A".repeat(12_300)}\r\n`,
  "x".repeat(30_000),
);
/** What a client must hear the answer to before it goes on (RFC 2920 §3.1, RFC 3207 §4). */
const awaited = fc.constantFrom("EHLO x\r\n", "HELO x\r\n", "LHLO x\r\n", "DATA\r\n", "STARTTLS\r\n", "");
const group = fc
  .tuple(fc.array(pipelined, { maxLength: 6 }), awaited)
  .map(([commands, last]) => commands.join("") + last);
const usualStart = fc.constantFrom<string[]>(
  [],
  ["EHLO x\r\n"],
  ["EHLO x\r\n", "MAIL FROM:<>\r\nRCPT TO:<user@local.test>\r\n"],
  ["EHLO x\r\n", "MAIL FROM:<>\r\nRCPT TO:<user@local.test>\r\nDATA\r\n"],
);
const protocol = fc.constantFrom("smtp" as const, "submission" as const, "lmtp" as const);
const tls = fc.constantFrom("starttls" as const, "implicit" as const);

suite("smtp session", () => {
  test("says the same however the octets are cut", () => {
    fc.assert(
      fc.property(
        usualStart,
        fc.array(group, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
        fc.record({ protocol, tls }),
        (start, groups, cuts, settings) => {
          const script = [...start, ...groups];
          const whole = play(script, [], settings);
          const inPieces = play(script, cuts, settings);
          assert.deepEqual(inPieces.transcript, whole.transcript);
          assert.deepEqual(inPieces.messages, whole.messages);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("no input throws, nothing is said after the close", () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.oneof(pipelined, awaited), { maxLength: 8 }).map((lines) => Buffer.from(lines.join(""), "latin1")),
    );
    fc.assert(
      fc.property(fc.array(octets, { maxLength: 8 }), fc.record({ protocol, tls }), (segments, settings) => {
        const talk = new Conversation(sessionSettings(settings));
        for (const segment of segments) talk.send(segment);
        talk.input({ kind: "timed-out" });
        talk.input({ kind: "shutdown" });
        assert.equal(
          talk.transcript.findIndex((line) => line.startsWith("CLOSED")),
          talk.transcript.length - 1,
        );
      }),
      { numRuns: 300 },
    );
  });

  test("what is held behind an open question is bounded", () => {
    const session = new ServerSession(sessionSettings());
    session.handle({ kind: "greet" });
    session.handle({ kind: "octets", octets: Buffer.from("EHLO x\r\n") }); // never answered
    const flood = Buffer.alloc(64 * 1024, "NOOP\r\n");
    let sent = 0;
    let closed = false;
    while (!closed && sent < 4 * HELD_OCTETS_MAX) {
      closed = session.handle({ kind: "octets", octets: flood }).some(({ kind }) => kind === "close");
      sent += flood.length;
      assert.ok(closed || session.congested);
    }
    assert.ok(closed && sent <= HELD_OCTETS_MAX + flood.length);
  });

  test("an answer without its question is a bug of the driver", () => {
    const session = new ServerSession(sessionSettings());
    session.handle({ kind: "greet" });
    assert.throws(() => session.handle({ kind: "answer", reply: { code: 250, status: null, text: "" } }));
    assert.throws(() => session.handle({ kind: "tls-established" }));
    assert.throws(() => session.handle({ kind: "message-answer", replies: [] }));
  });
});

/** Sends each group in pieces of these lengths, the next group when all is answered. */
function play(
  groups: readonly string[],
  cuts: readonly number[],
  settings: Parameters<typeof sessionSettings>[0],
): Conversation {
  const talk = new Conversation(sessionSettings(settings));
  const lengths = [...cuts];
  let secured = false;
  for (const text of groups) {
    const octets = Buffer.from(text, "latin1");
    for (let at = 0; at < octets.length; ) {
      const length = lengths.shift() ?? octets.length;
      talk.send(octets.subarray(at, at + length));
      at += length;
    }
    if (talk.transcript.at(-1) === "TLS" && !secured) {
      talk.input({ kind: "tls-established" });
      secured = true;
    }
  }
  return talk;
}
