/** The rows of `test/vectors/smtp-attacks.json` that a session alone answers; those of the connection are tested in reception. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { Conversation, playScript, sessionSettings } from "../../../test/fakes/smtp-conversation.ts";
import type { SessionSettings } from "./session-settings.ts";

const GREETED = ["EHLO client.test\r\n"];
const ENVELOPE = [...GREETED, "MAIL FROM:<a@b.test>\r\n", "RCPT TO:<user@local.test>\r\n"];
const DATA = [...ENVELOPE, "DATA\r\n"];

suite("smtp attacks: out of step", () => {
  attack(
    "pipeline-before-ehlo-reply",
    ["EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@local.test>\r\n"],
    ["! pipelined-past-greeting", "S: 554 5.5.0", "CLOSED"],
  );
  attack(
    "pipeline-after-helo",
    ["HELO x\r\nMAIL FROM:<>\r\n"],
    ["! pipelined-after-helo", "S: 250 mx", "S: 250 2.1.0"],
  );
  attack(
    "data-and-body-together",
    [...ENVELOPE, "DATA\r\nSubject: x\r\n\r\nRCPT TO:<b@c.test>\r\n.\r\n"],
    ["! data-before-go-ahead", "S: 554 5.5.0", "CLOSED"],
  );
  attack(
    "data-and-body-together, when DATA itself is refused",
    [...GREETED, "DATA\r\nMAIL FROM:<>\r\n.\r\n"],
    ["! data-before-go-ahead", "S: 554 5.5.0", "CLOSED"],
  );
  attack("starttls-injection", [...GREETED, "STARTTLS\r\nNOOP\r\n"], ["! command-behind-starttls", "CLOSED"]);
  attack("starttls-argument", [...GREETED, "STARTTLS x\r\n"], ["S: 501 5.5.4"]);
  attack("starttls-mid-transaction", [...ENVELOPE, "STARTTLS\r\n"], ["S: 503 5.5.1"]);
  attack("second-starttls", [...GREETED, "STARTTLS\r\n"], ["S: 503 5.5.1"], { tls: "implicit" });
  attack("auth-before-tls", [...GREETED, "AUTH PLAIN AGEAc2VjcmV0\r\n"], ["S: 538 5.7.11"], { protocol: "submission" });
  attack("auth-on-25", [...GREETED, "AUTH PLAIN AGEAc2VjcmV0\r\n"], ["S: 502 5.5.1"]);
  attack("auth-on-25 after TLS (R26)", [...GREETED, "AUTH PLAIN AGEAc2VjcmV0\r\n"], ["S: 502 5.5.1"], {
    tls: "implicit",
  });
  attack("nested-mail", [...ENVELOPE, "MAIL FROM:<c@d.test>\r\n"], ["S: 503 5.5.1"]);
  attack("data-no-rcpt", [...GREETED, "MAIL FROM:<>\r\n", "DATA\r\n"], ["S: 503 5.5.1"]);
  attack("xclient", [...GREETED, "XCLIENT ADDR=1.2.3.4\r\n", "XFORWARD NAME=x\r\n"], ["S: 500 5.5.2"]);
  attack(
    "vrfy-expn-turn",
    [...GREETED, "VRFY x\r\n", "EXPN x\r\n", "TURN\r\n", "ETRN x\r\n"],
    ["S: 252 2.1.5", "S: 502 5.5.1", "S: 502 5.5.1", "S: 502 5.5.1"],
  );
  attack("unknown-parameter", [...GREETED, "MAIL FROM:<a@b.test> FOO=1\r\n"], ["S: 555 5.5.4"]);
  attack("size-huge", [...GREETED, "MAIL FROM:<> SIZE=99999999999\r\n"], ["S: 552 5.3.4"]);
  attack(
    "noop-forever",
    [...GREETED, ...("NOOP\r\n".repeat(21).match(/.+\r\n/g) ?? [])],
    ["S: 250 2.0.0", "S: 421 4.7.0", "CLOSED too-many-errors"],
  );

  test("mail-after-tls-without-ehlo", () =>
    playScript(
      sessionSettings(),
      `S: 220 …
      C: HELO x
      S: 250 mx.test
      C: STARTTLS
      S: 220 2.0.0 …
      TLS
      SECURE
      C: MAIL FROM:<>
      S: 503 5.5.1 …`,
    ));

  test("rcpt-1001: the transaction goes on for the accepted ones", () => {
    const talk = converse([...GREETED, "MAIL FROM:<>\r\n", "RCPT TO:<a@local.test>\r\n".repeat(1001)]);
    const codes = talk.transcript.map((line) => line.slice(0, 12));
    assert.equal(codes.filter((code) => code === "S: 250 2.1.5").length, 100);
    assert.equal(codes.filter((code) => code === "S: 452 4.5.3").length, 901);
    talk.send("DATA\r\n");
    talk.send("x\r\n.\r\n");
    assert.equal(talk.transcript.at(-1), "S: 250 2.0.0 Taken");
  });
});

suite("smtp attacks: lines", () => {
  attack("bare-lf-command", [...GREETED, "NOOP\n"], ["! bad-line", "S: 500 5.5.2", "CLOSED"]);
  attack(
    "bare-lf-command in the middle",
    [...GREETED, "NOOP\nMAIL FROM:<>\r\n"],
    ["! bad-line", "S: 500 5.5.2", "CLOSED"],
  );
  attack("bare-cr-command", [...GREETED, "NOOP\rRSET\r\n"], ["! bad-line", "S: 500 5.5.2", "CLOSED"]);
  attack("nul-command", [...GREETED, "NOOP \0\r\n"], ["! bad-line", "S: 501 5.5.2", "CLOSED"]);
  attack(
    "long-command",
    [...GREETED, `NOOP ${"x".repeat(60_000)}MAIL FROM:<>\r\nRSET\r\n`],
    ["S: 500 5.5.2", "S: 250 2.0.0 Reset"],
  );
  attack(
    "long-command past 64 KiB",
    [...GREETED, `NOOP ${"x".repeat(100_000)}MAIL FROM:<>\r\nRSET\r\n`],
    ["! bad-line", "S: 500 5.5.2", "CLOSED"],
  );
  attack("8bit-ehlo", ["EHLO \xfc\r\n"], ["S: 501 5.5.4"]);
  attack("8bit-mail", [...GREETED, "MAIL FROM:<\xfc@b.test>\r\n"], ["S: 553 5.6.7"]);
  attack("8bit-mail in RCPT", [...ENVELOPE, "RCPT TO:<a@b\xfc.test>\r\n"], ["S: 553 5.6.7"]);
  attack("bad-utf8", [...GREETED, "MAIL FROM:<\xfc@b.test> SMTPUTF8\r\n"], ["S: 501 5.5.2"]);
  for (const line of ["GET / HTTP/1.1", "POST /x HTTP/1.1", "Subject: x", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2"]) {
    attack(`http, proxy-line: ${line}`, [`${line}\r\nEHLO x\r\n`], ["! not-smtp", "S: 554 5.5.0", "CLOSED"]);
  }
  attack("proxy-line, version 2", ["\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"], ["! not-smtp", "S: 554 5.5.0", "CLOSED"]);
  attack("tls-on-plain", ["\x16\x03\x01\x02\0\x01"], ["! tls-on-clear-port", "CLOSED tls-on-clear-port abruptly"]);

  test("pregreet", () => {
    const talk = new Conversation(sessionSettings(), { greet: false });
    talk.send("EHLO x\r\n");
    assert.deepEqual(starts(talk.transcript, 12), ["! early-talk", "S: 554 5.5.0", "CLOSED early"]);
  });

  test("no-crlf: a megabyte is not held", () => {
    const talk = converse(GREETED);
    for (let i = 0; i < 1024 && !talk.closed; i++) talk.send("x".repeat(1024));
    assert.equal(talk.transcript.at(-1), "CLOSED bad-line");
    assert.match(talk.transcript.at(-2) ?? "", /^S: 500 5\.5\.2 /);
  });
});

suite("smtp attacks: the end of a message (R84)", () => {
  const REFUSED = ["ABANDONED bare-newline", "S: 550 5.6.0", "S: 250 2.0.0 Reset"];
  const fake = {
    "eod-lf-dot-lf": "\n.\n",
    "eod-lf-dot-cr": "\n.\r",
    "eod-cr-dot-lf": "\r.\n",
    "eod-cr-dot-cr": "\r.\r",
    "eod-lf-dot-crlf": "\n.\r\n",
    "eod-cr-dot-crlf": "\r.\r\n",
    "eod-crlf-dot-lf": "\r\n.\n",
    "eod-crlf-dot-cr-crlf": "\r\n.\r\r\n",
  };
  for (const [id, end] of Object.entries(fake)) {
    // What follows the false end is a command that would be seen in the transcript.
    attack(id, [...DATA, `x${end}VRFY smuggled\r\n.\r\nRSET\r\n`], REFUSED);
  }
  attack(
    "eod-crlf-dot-nul-crlf",
    [...DATA, "x\r\n.\0\r\nVRFY smuggled\r\n.\r\nRSET\r\n"],
    ['= "x\\r\\n\\u0000\\r\\nVRFY smuggled\\r\\n"', "S: 250 2.0.0 Taken", "S: 250 2.0.0 Reset"],
  );

  test("eod-split: ends exactly once wherever it is cut", () => {
    const body = "Subject: x\r\n\r\n..\r\n.\r\nRSET\r\n";
    const expected = converse([...DATA, body]).transcript;
    for (let cut = 1; cut < body.length; cut++) {
      assert.deepEqual(converse([...DATA, body.slice(0, cut), body.slice(cut)]).transcript, expected, `cut at ${cut}`);
    }
  });

  test("long-text-line: octet by octet as sent", () => {
    const line = "y".repeat(1_000_000);
    const talk = converse([...DATA, `${"x".repeat(999)}\r\n${line}\r\n.\r\n`]);
    assert.equal(talk.messages[0]?.toString("latin1"), `${"x".repeat(999)}\r\n${line}\r\n`);
  });

  test("size-lie: drained, then 552; the connection is of use (R89)", () => {
    const small = { messageSizeOctetsMax: 100_000 };
    const talk = converse([...GREETED, "MAIL FROM:<> SIZE=10\r\n", "RCPT TO:<a@local.test>\r\n", "DATA\r\n"], small);
    for (let i = 0; i < 100; i++) talk.send(`${"x".repeat(9998)}\r\n`);
    talk.send(".\r\nRSET\r\n");
    assert.deepEqual(starts(talk.transcript.slice(-3), 12), ["ABANDONED to", "S: 552 5.3.4", "S: 250 2.0.0"]);
  });

  test("size-lie without end: closed (R89)", () => {
    const small = { messageSizeOctetsMax: 1000 };
    const talk = converse(DATA, small);
    const piece = Buffer.alloc(1024 * 1024, "x");
    for (let i = 0; i < 70 && !talk.closed; i++) talk.send(piece);
    assert.deepEqual(starts(talk.transcript.slice(-2), 12), ["S: 552 5.3.4", "CLOSED too-l"]);
  });
});

suite("smtp attacks: chunks", () => {
  attack("bdat-then-data", [...ENVELOPE, "BDAT 5\r\nabc\r\n", "DATA\r\n"], ["S: 250 2.0.0", "S: 503 5.5.1"]);
  attack("bdat-then-mail", [...ENVELOPE, "BDAT 5\r\nabc\r\n", "MAIL FROM:<>\r\n"], ["S: 250 2.0.0", "S: 503 5.5.1"]);
  attack("bdat-no-rcpt", [...GREETED, "BDAT 10\r\nQUIT\r\nQUITVRFY x\r\n"], ["S: 503 5.5.1", "S: 252 2.1.5"]);
  attack("bdat-zero", [...ENVELOPE, "BDAT 0\r\n"], ["S: 250 2.0.0"]);
  attack("bdat-zero-last", [...ENVELOPE, "BDAT 0 LAST\r\n"], ['= ""', "S: 250 2.0.0 Taken"]);
  for (const size of ["-1", "0x10", "9223372036854775808", ""]) {
    attack(`bdat-bad-size: ${size}`, [...ENVELOPE, `BDAT ${size}\r\n`], ["! bad-line", "S: 501 5.5.4", "CLOSED"]);
  }
  attack(
    "bdat-over-size",
    [...ENVELOPE, `BDAT 11\r\n${"x".repeat(11)}RSET\r\n`],
    ["ABANDONED", "S: 552 5.3.4", "S: 250 2.0.0"],
    {
      messageSizeOctetsMax: 10,
    },
  );
  attack(
    "bdat-over-size, in two",
    [...ENVELOPE, "BDAT 6\r\nxxxxxxBDAT 6\r\nxxxxxxBDAT 1 LAST\r\nx"],
    ["S: 250 2.0.0", "ABANDONED", "S: 552 5.3.4", "S: 503 5.5.1"],
    { messageSizeOctetsMax: 10 },
  );
  attack("bdat-over-size, far beyond", [...ENVELOPE, "BDAT 999999999\r\n"], ["S: 552 5.3.4", "CLOSED too-large"]);
  attack("bdat-after-last", [...ENVELOPE, "BDAT 1 LAST\r\nx", "BDAT 1\r\nx"], ['= "x"', "S: 250", "S: 503 5.5.1"]);
  attack(
    "bdat-bare-lf",
    [...ENVELOPE, "BDAT 3\r\nx\ny", "BDAT 2 LAST\r\n\r\n", "RSET\r\n"],
    ["ABANDONED bare-newline", "S: 250 2.0.0", "S: 550 5.6.0", "S: 250 2.0.0 Reset"],
  );
});

/** Plays the segments, one after the other; the end of the transcript must begin, line by line, like `expected`. */
function attack(
  id: string,
  segments: readonly string[],
  expected: readonly string[],
  changes: Partial<SessionSettings> = {},
): void {
  test(id, () => {
    const { transcript } = converse(segments, changes);
    const last = transcript.slice(-expected.length);
    assert.deepEqual(
      last.map((line, index) => (line.startsWith(expected[index] ?? "") ? expected[index] : line)),
      expected,
    );
  });
}

function converse(segments: readonly string[], changes: Partial<SessionSettings> = {}): Conversation {
  const talk = new Conversation(sessionSettings(changes));
  for (const segment of segments) talk.send(Buffer.from(segment, "latin1"));
  return talk;
}

function starts(lines: readonly string[], length: number): string[] {
  return lines.map((line) => line.slice(0, length));
}
