import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Conversation, playScript, sessionSettings } from "../../../test/fakes/smtp-conversation.ts";
import type { SessionSettings } from "./session-settings.ts";

const GREETED = `
  S: 220 mx.test ESMTP Postern
  C: EHLO client.test
  S: 250-mx.test
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-BINARYMIME
  S: 250-CHUNKING
  S: 250-SMTPUTF8
  S: 250-ENHANCEDSTATUSCODES
  S: 250-DSN
  S: 250-LIMITS RCPTMAX=100
  S: 250 STARTTLS`;
const RECIPIENT_TAKEN = `${GREETED}
  C: MAIL FROM:<a@b.test>
  S: 250 2.1.0 Sender ok
  C: RCPT TO:<user@local.test>
  S: 250 2.1.5 Recipient ok`;

suite("smtp session: a message", () => {
  test("one message, dots unstuffed (RFC 5321 §4.5.2)", () =>
    check(`${RECIPIENT_TAKEN}
      C: DATA
      S: 354 End the message with <CRLF>.<CRLF>
      C: Subject: x\\r\\n\\r\\n..dot\\r\\n.x
      C: .
      = "Subject: x\\r\\n\\r\\n.dot\\r\\nx\\r\\n"
      S: 250 2.0.0 Taken
      C: QUIT
      S: 221 2.0.0 Goodbye
      CLOSED quit`));

  test("commands in one burst up to DATA (RFC 2920)", () =>
    check(`${GREETED}
      C& MAIL FROM:<>
      C& RCPT TO:<user@local.test>
      C& RCPT TO:<unknown@local.test>
      C: DATA
      S: 250 2.1.0 Sender ok
      S: 250 2.1.5 Recipient ok
      S: 550 5.1.1 No such user
      S: 354 …
      C& .
      C& MAIL FROM:<>
      C: QUIT
      = ""
      S: 250 2.0.0 Taken
      S: 250 2.1.0 Sender ok
      S: 221 2.0.0 Goodbye
      CLOSED quit`));

  test("LMTP: one reply a recipient (RFC 2033 §4.2)", () =>
    check(
      `S: 220 mx.test LMTP Postern
      C: EHLO client
      S: 500 5.5.1 This is LMTP: say LHLO …
      C: LHLO client
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250-…
      S: 250 …
      C: MAIL FROM:<>
      S: 250 …
      C: RCPT TO:<a@local.test>
      S: 250 …
      C: RCPT TO:<b@local.test>
      S: 250 …
      C: DATA
      S: 354 …
      C: x\\ny\\r\\n.
      ABANDONED bare-newline
      S: 550 5.6.0 …
      S: 550 5.6.0 …
      C: MAIL FROM:<>
      S: 250 …
      C: RCPT TO:<a@local.test>
      S: 250 …
      C: RCPT TO:<b@local.test>
      S: 250 …
      C& BDAT 3 LAST
      C: abc\\
      = "abc"
      S: 250 2.0.0 Taken
      S: 250 2.0.0 Taken`,
      { protocol: "lmtp", tls: "none" },
    ));

  test("HELO: no extensions, no parameters (RFC 5321 §4.1.1.11)", () =>
    check(`S: 220 …
      C: HELO client
      S: 250 mx.test
      C: MAIL FROM:<a@b.test> SIZE=10
      S: 555 5.5.4 …
      C: MAIL FROM:<a@b.test>
      S: 250 …
      C: RCPT TO:<user@local.test>
      S: 250 …
      C& BDAT 3 LAST
      C: abc\\
      S: 503 5.5.1 …
      C: LHLO x
      S: 500 5.5.2 …`));
});

suite("smtp session: chunks (RFC 3030)", () => {
  test("two chunks and the rest of the session in one segment", () =>
    check(`${RECIPIENT_TAKEN}
      C& BDAT 5
      C& abc\\r\\n\\
      C& BDAT 4 LAST
      C& .\\r\\n.\\
      C: QUIT
      S: 250 2.0.0 5 octets received
      = "abc\\r\\n.\\r\\n."
      S: 250 2.0.0 Taken
      S: 221 2.0.0 Goodbye
      CLOSED quit`));
  test("BINARYMIME takes any octet and needs chunks", () =>
    check(`${GREETED}
      C: MAIL FROM:<> BODY=BINARYMIME
      S: 250 …
      C: RCPT TO:<user@local.test>
      S: 250 …
      C: DATA
      S: 503 5.5.1 …
      C& BDAT 4 LAST
      C: \\n\\r\\0.\\
      = "\\n\\r\\u0000."
      S: 250 2.0.0 Taken`));
  test("RSET forgets the chunks", () =>
    check(`${RECIPIENT_TAKEN}
      C: BDAT 3\\r\\nabc\\
      S: 250 …
      C: RSET
      ABANDONED client
      S: 250 2.0.0 Reset
      C: BDAT 1 LAST\\r\\nx\\
      S: 503 5.5.1 …`));
  test("a CR at the end of the last chunk is bare", () =>
    check(`${RECIPIENT_TAKEN}
      C: BDAT 1\\r\\n\\r\\
      S: 250 …
      C: BDAT 2 LAST\\r\\n\\n\\r\\
      ABANDONED bare-newline
      S: 550 5.6.0 …`));
});

suite("smtp session: parameters", () => {
  test("SIZE over the limit (RFC 1870 §6.1; R89)", refused("MAIL FROM:<> SIZE=52428801", "552 5.3.4"));
  test("SIZE that is no number", refused("MAIL FROM:<> SIZE=1e3", "501 5.5.4"));
  test("BODY of another kind", refused("MAIL FROM:<> BODY=9BIT", "501 5.5.4"));
  test("a parameter twice", refused("MAIL FROM:<> BODY=7BIT BODY=7BIT", "501 5.5.4"));
  test("RET that is neither", refused("MAIL FROM:<> RET=ALL", "501 5.5.4"));
  test("ENVID with a bare =", refused("MAIL FROM:<> ENVID=a=b", "501 5.5.4"));
  test("ENVID over 100 octets (RFC 3461 §5.4)", refused(`MAIL FROM:<> ENVID=${"x".repeat(101)}`, "501 5.5.4"));
  test("REQUIRETLS in clear (RFC 8689 §2)", refused("MAIL FROM:<> REQUIRETLS", "555 5.5.4"));
  test("AUTH= where AUTH was not announced", refused("MAIL FROM:<> AUTH=<>", "555 5.5.4"));
  test("a path without a space before its parameter", refused("MAIL FROM:<>SIZE=1", "501 5.1.7"));
  test("the null path as recipient", () =>
    check(`${RECIPIENT_TAKEN}
      C: RCPT TO:<>
      S: 501 5.1.3 …`));
  test("NOTIFY and ORCPT by their grammar (RFC 3461 §4)", () =>
    check(`${RECIPIENT_TAKEN}
      C: RCPT TO:<a@local.test> NOTIFY=NEVER ORCPT=rfc822;a+2Bb@local.test
      S: 250 …
      C: RCPT TO:<a@local.test> NOTIFY=success,DELAY
      S: 250 …
      C: RCPT TO:<a@local.test> NOTIFY=NEVER,DELAY
      S: 501 5.5.4 …
      C: RCPT TO:<a@local.test> NOTIFY=DELAY,DELAY
      S: 501 5.5.4 …
      C: RCPT TO:<a@local.test> NOTIFY
      S: 501 5.5.4 …
      C: RCPT TO:<a@local.test> ORCPT=rfc822
      S: 501 5.5.4 …
      C: RCPT TO:<a@local.test> ORCPT=rfc822;a+2bb
      S: 501 5.5.4 …`));
  test("all that MAIL may say, inside TLS", () =>
    check(
      `S: 220 …
      C: HELO x
      S: 250 mx.test
      C: RSET
      S: 250 …
      C: MAIL FROM:<> REQUIRETLS
      S: 555 …`,
      { tls: "implicit" },
    ));
  test("SMTPUTF8 opens the address for UTF-8 (RFC 6531)", () =>
    check(`${GREETED}
      C: MAIL FROM:<j\\xc3\\xb6@b.test> SMTPUTF8 RET=FULL ENVID=x+20y BODY=8BITMIME SIZE=1
      S: 250 …
      C: RCPT TO:<\\xc3\\xbc@l\\xc3\\xb6cal.test>
      S: 250 …
      C: RCPT TO:<\\xfc@local.test>
      S: 501 5.5.2 …`));
  test(
    "SMTPUTF8 inside a quoted local-part opens nothing",
    refused('MAIL FROM:<"\\xc3\\xb6 SMTPUTF8 "@b.test>', "553 5.6.7"),
  );
});

suite("smtp session: STARTTLS and AUTH", () => {
  const submission: Partial<SessionSettings> = { protocol: "submission" };
  const secured: Partial<SessionSettings> = { protocol: "submission", tls: "implicit" };
  const EHLO = `S: 220 …
      C: EHLO x
      ${"S: 250-…\n".repeat(10)}`;

  test("after the handshake the client is a stranger (RFC 3207 §4.2)", () =>
    check(`${GREETED}
      C: STARTTLS
      S: 220 2.0.0 Ready to start TLS
      TLS
      SECURE
      C: MAIL FROM:<>
      S: 503 5.5.1 Send EHLO first`));
  test("what arrives in clear before the handshake is dropped with the connection", () =>
    check(`${GREETED}
      C: STARTTLS
      S: 220 2.0.0 Ready to start TLS
      TLS
      C: NOOP
      ! command-behind-starttls
      CLOSED out-of-step abruptly`));
  for (const tls of ["starttls", "implicit"] as const) {
    test(`port 25 announces no AUTH, and takes none: ${tls} (R26)`, () => {
      const talk = new Conversation(sessionSettings({ tls, protocol: "smtp" }));
      const hello = (): readonly string[] => {
        const before = talk.transcript.length;
        talk.send("EHLO client.test\r\n");
        return talk.transcript.slice(before);
      };
      const announced = [hello()];
      if (tls === "starttls") {
        talk.send("STARTTLS\r\n");
        talk.input({ kind: "tls-established" });
        announced.push(hello());
      }
      for (const lines of announced) {
        assert.ok(lines.length > 5);
        assert.ok(lines.every((line) => !/AUTH/i.test(line)));
      }
      for (const mechanism of ["PLAIN AGEAc2VjcmV0", "LOGIN", "SCRAM-SHA-256", "CRAM-MD5"]) {
        talk.send(`AUTH ${mechanism}\r\n`);
        assert.match(talk.transcript.at(-1) ?? "", /^S: 502 5\.5\.1 /);
      }
    });
  }
  test("no mail without a credential, no credential without TLS (RFC 4954 §6; R26)", () =>
    check(
      `${EHLO}S: 250 STARTTLS
      C: MAIL FROM:<a>
      S: 501 5.1.7 …
      C: MAIL FROM:<a@b.test>
      S: 530 5.7.0 Send STARTTLS first…
      C: RCPT TO:<a@b.test>
      S: 530 5.7.0 …
      C: AUTH PLAIN AGEAc2VjcmV0
      S: 538 5.7.11 …`,
      submission,
    ));
  test("PLAIN with an initial response, once, outside a transaction", () =>
    check(
      `${EHLO}S: 250-REQUIRETLS
      S: 250 AUTH PLAIN LOGIN
      C: AUTH PLAIN AGEAc2VjcmV0
      S: 235 2.7.0 Welcome
      C: AUTH PLAIN AGEAc2VjcmV0
      S: 503 5.5.1 Already authenticated
      C: MAIL FROM:<a@b.test> REQUIRETLS AUTH=<>
      S: 250 …
      C: AUTH PLAIN AGEAc2VjcmV0
      S: 503 5.5.1 …
      C: RCPT TO:<user@local.test>
      S: 250 …`,
      secured,
    ));
  test("no AUTH inside a transaction, however it was begun (RFC 4954 §4)", () =>
    check(
      `${EHLO}S: 250-REQUIRETLS
      S: 250 AUTH PLAIN LOGIN
      C: MAIL FROM:<a@b.test>
      S: 250 …
      C: AUTH PLAIN AGEAc2VjcmV0
      S: 503 5.5.1 A transaction is open…
      C: RSET
      S: 250 …
      C: AUTH PLAIN AGEAc2VjcmV0
      S: 235 …`,
      { ...secured, authenticationRequired: false },
    ));
  test("LOGIN asks for user and password; * cancels", () =>
    check(
      `${EHLO}S: 250-REQUIRETLS
      S: 250 AUTH PLAIN LOGIN
      C: AUTH LOGIN
      S: 334 VXNlcm5hbWU6
      C: *
      S: 501 5.7.0 Authentication cancelled
      C: AUTH LOGIN YQ==
      S: 334 UGFzc3dvcmQ6
      C: c2VjcmV0
      S: 235 …`,
      secured,
    ));
  test("what is wrong with a response has its code (RFC 4954 §4, RFC 5248)", () =>
    check(
      `${EHLO}S: 250-REQUIRETLS
      S: 250 AUTH PLAIN LOGIN
      C: AUTH CRAM-MD5
      S: 504 5.5.4 …
      C: AUTH
      S: 501 5.5.4 …
      C: AUTH PLAIN AGE!
      S: 501 5.5.2 …
      C: AUTH PLAIN =
      S: 501 5.5.2 …
      C: AUTH PLAIN
      S: 334
      C: ${"A".repeat(12_289)}
      S: 500 5.5.6 …
      C: NOOP
      S: 250 …
      C: AUTH PLAIN ${"A".repeat(12_289)}
      S: 500 5.5.6 …`,
      secured,
    ));
  test("three failures end the session", () =>
    check(
      `${EHLO}S: 250-REQUIRETLS
      S: 250 AUTH PLAIN LOGIN
      C: AUTH PLAIN AGEAYg==
      S: 535 5.7.8 No
      C: AUTH PLAIN AGEAYg==
      S: 535 5.7.8 No
      C: AUTH PLAIN AGEAYg==
      S: 421 4.7.0 …
      CLOSED authentication-failures`,
      secured,
    ));
});

suite("smtp session: patience", () => {
  test("half of the first ten recipients unknown", () =>
    check(`${RECIPIENT_TAKEN}
      ${[1, 2, 3, 4].map((n) => `C: RCPT TO:<unknown${n}@local.test>\nS: 550 5.1.1 No such user`).join("\n")}
      C: RCPT TO:<unknown5@local.test>
      ! recipient-probing
      S: 421 4.7.0 …
      CLOSED recipient-probing`));
  test("a message between them makes RSET and NOOP useful again", () =>
    check(`${GREETED}
      ${"C: NOOP\nS: 250 2.0.0 Ok\n".repeat(20)}
      C: MAIL FROM:<>
      S: 250 …
      C: RCPT TO:<a@local.test>
      S: 250 …
      C: DATA
      S: 354 …
      C: .
      = ""
      S: 250 …
      C: NOOP
      S: 250 …`));
  test("twenty errors, then 421 (R90)", () =>
    check(`${GREETED}
      ${"C: FOO\nS: 500 5.5.2 …\n".repeat(20)}
      C: FOO
      S: 421 4.7.0 …
      CLOSED too-many-errors`));
});

function refused(command: string, expected: string): () => void {
  return () => check(`${GREETED}\nC: ${command}\nS: ${expected} …`);
}

function check(script: string, settings: Partial<SessionSettings> = {}): void {
  playScript(sessionSettings(settings), script);
}
