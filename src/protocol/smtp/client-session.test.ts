import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  checkCourse as check,
  GREETED,
  LOGGING_IN,
  MESSAGE,
  recipients,
  SETTINGS,
  TWO,
} from "../../../test/fakes/smtp-client-course.ts";
import type { ClientInput } from "./client-events.ts";
import { CHUNK_OCTETS } from "./client-limits.ts";
import { ClientSession } from "./client-session.ts";

suite("SMTP as a client", () => {
  test("one message, one recipient, one command at a time", () => {
    check(
      [
        ...GREETED,
        "S: 250 peer",
        "C: MAIL FROM:<alice@example.test>",
        "S: 250 2.1.0 OK",
        "C: RCPT TO:<bob@peer.test>",
        "S: 250 2.1.5 OK",
        "C: DATA",
        "S: 354 go",
        "C: Hi||..x|.",
        "S: 250 2.0.0 taken",
      ],
      "done: accepted 250",
    );
  });

  test("a server without EHLO is greeted with HELO (RFC 5321 §4.1.4)", () => {
    check(
      [...GREETED, "S: 502 what?", "C: HELO mx.example.test", "S: 250 peer", "C: MAIL FROM:<alice@example.test>"],
      "open",
    );
    check([...GREETED, "S: 451 later"], "failed: ehlo refused");
    check([...GREETED, "S: 550 no", "C: HELO mx.example.test", "S: 550 no"], "failed: ehlo refused");
  });

  test("what is offered is used: SIZE, BODY, DSN, SMTPUTF8, REQUIRETLS", () => {
    const offer = "S: 250-peer\\|S: 250-SIZE 1000\\|S: 250-8BITMIME\\|S: 250-DSN\\|S: 250-SMTPUTF8\\|S: 250 REQUIRETLS";
    check(
      [
        ...GREETED,
        ...offer.split("|"),
        "C: MAIL FROM:<> SIZE=12 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=q+2B",
        "S: 250 OK",
        "C: RCPT TO:<bob@peer.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob@peer.test",
      ],
      "open",
      {
        message: {
          mailFrom: "",
          body: "8BITMIME",
          utf8: true,
          requireTls: true,
          returnContent: "HDRS",
          envelopeId: "q+2B",
          recipients: [
            { address: "bob@peer.test", notify: ["SUCCESS", "DELAY"], originalRecipient: "rfc822;bob@peer.test" },
          ],
        },
      },
    );
  });

  test("what is not offered is not said, and what needs it is not sent", () => {
    const dsn = { notify: ["NEVER"], originalRecipient: "rfc822;b@c.test", address: "bob@peer.test" } as const;
    check(
      [...GREETED, "S: 250 peer", "C: MAIL FROM:<alice@example.test>", "S: 250 OK", "C: RCPT TO:<bob@peer.test>"],
      "open",
      { message: { recipients: [dsn], returnContent: "FULL", envelopeId: "x" } },
    );
    const plain = [...GREETED, "S: 250 peer"];
    check(plain, "done: needs-8bitmime", { message: { body: "8BITMIME" } });
    check(plain, "done: needs-smtputf8", { message: { utf8: true } });
    check(plain, "done: needs-requiretls", { message: { requireTls: true } });
    check(plain, "done: needs-binarymime", { message: { body: "BINARYMIME" } });
    check([...GREETED, "S: 250-peer\\", "S: 250 SIZE 11"], "done: larger-than-size");
    check([...GREETED, "S: 250-peer\\", "S: 250 SIZE 0", "C: MAIL FROM:<alice@example.test> SIZE=12"], "open");
  });

  test("PIPELINING: envelope and DATA go in one piece (RFC 2920)", () => {
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 PIPELINING",
        "C: MAIL FROM:<alice@example.test>|RCPT TO:<bob@peer.test>|RCPT TO:<carol@peer.test>|DATA",
        "S: 250 OK\\",
        "S: 250 OK",
        "S: 550 5.1.1 who?\\",
        "S: 354 go",
        "C: Hi||..x|.",
        "S: 250 taken",
      ],
      "done: accepted 250, refused 550 rcpt",
      { message: TWO },
    );
  });

  test("PIPELINING: a server that wants the message of nobody gets an empty one, which counts for nobody", () => {
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 PIPELINING",
        "C: MAIL FROM:<alice@example.test>|RCPT TO:<bob@peer.test>|DATA",
        "S: 250 OK\\",
        "S: 550 who?\\",
        "S: 354 go",
        "C: .",
        "S: 250 taken",
      ],
      "done: refused 550 rcpt",
    );
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 PIPELINING",
        "C: MAIL FROM:<alice@example.test>|RCPT TO:<bob@peer.test>|DATA",
        "S: 452 full\\",
        "S: 250 OK\\",
        "S: 503 no",
      ],
      "done: refused 452 mail",
    );
  });

  test("PIPELINING: a server that refuses the sender and takes recipients all the same gets no message, not even an empty one", () => {
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 PIPELINING",
        "C: MAIL FROM:<alice@example.test>|RCPT TO:<bob@peer.test>|DATA",
        "S: 450 later\\",
        "S: 250 OK\\",
        "S: 354 go",
      ],
      "failed: data out-of-step [refused 450 mail]",
    );
  });

  test("each recipient has the reply it was given, wherever it was given", () => {
    const mail = [...GREETED, "S: 250 peer", "C: MAIL FROM:<alice@example.test>"];
    check([...mail, "S: 550 5.7.1 not you"], "done: refused 550 mail, refused 550 mail", { message: TWO });
    const rcpt = [...mail, "S: 250 OK", "C: RCPT TO:<bob@peer.test>"];
    const second = [...rcpt, "S: 450 later", "C: RCPT TO:<carol@peer.test>"];
    check([...second, "S: 550 who?"], "done: refused 450 rcpt, refused 550 rcpt", { message: TWO });
    check([...second, "S: 250 OK", "C: DATA", "S: 554 no"], "done: refused 450 rcpt, refused 554 data", {
      message: TWO,
    });
    check(
      [...second, "S: 250 OK", "C: DATA", "S: 354 go", "C: Hi||..x|.", "S: 552 big"],
      "done: refused 450 rcpt, refused 552 final-dot",
      { message: TWO },
    );
  });

  test("CHUNKING: no dots, and a reply for each chunk before the next (RFC 3030)", () => {
    const big = "x".repeat(CHUNK_OCTETS - 2);
    const begun = [
      ...GREETED,
      "S: 250-peer\\",
      "S: 250-PIPELINING\\",
      "S: 250 CHUNKING",
      "C: MAIL FROM:<alice@example.test>|RCPT TO:<bob@peer.test>",
      "S: 250 OK\\",
      "S: 250 OK",
    ];
    check([...begun, "C: BDAT 10 LAST|Hi||.x", "S: 250 taken"], "done: accepted 250");
    const content = [`${big}\r\n`, ".\r\n"];
    const chunked = [...begun, `C: BDAT ${CHUNK_OCTETS}|${big}`];
    check([...chunked, "S: 250 go on", "C: BDAT 3 LAST|.", "S: 250 taken"], "done: accepted 250", { content });
    check([...chunked, "S: 552 too much"], "done: refused 552 content", { content });
    check(
      begun
        .slice(0, 2)
        .concat(
          "S: 250-peer\\",
          "S: 250 CHUNKING",
          "C: MAIL FROM:<alice@example.test>",
          "S: 250 OK",
          "C: RCPT TO:<bob@peer.test>",
          "S: 250 OK",
          "C: DATA",
        ),
      "open",
      { settings: { chunking: false } },
    );
  });

  test("LMTP: LHLO, and a reply for each recipient that was accepted (RFC 2033 §4.2)", () => {
    const settings = { protocol: "lmtp" } as const;
    const three = { recipients: recipients("a@peer.test", "b@peer.test", "c@peer.test") };
    const begun = [
      "S: 220 peer",
      "C: LHLO mx.example.test",
      "S: 250-peer\\",
      "S: 250 PIPELINING",
      "C: MAIL FROM:<alice@example.test>|RCPT TO:<a@peer.test>|RCPT TO:<b@peer.test>|RCPT TO:<c@peer.test>|DATA",
      "S: 250 OK\\",
      "S: 250 OK\\",
      "S: 550 who?\\",
      "S: 250 OK\\",
      "S: 354 go",
      "C: Hi||..x|.",
    ];
    check([...begun, "S: 250 taken", "S: 452 full"], "done: accepted 250, refused 550 rcpt, refused 452 final-dot", {
      settings,
      message: three,
    });
    check([...begun, "S: 250 taken"], "failed: final-dot closed (unknown) [accepted 250, refused 550 rcpt, -]", {
      settings,
      message: three,
      lost: "closed",
    });
    check(["S: 220 peer", "C: LHLO mx.example.test", "S: 500 what?"], "failed: ehlo refused", { settings });
  });

  test("STARTTLS: greeted anew, and nothing of what was offered in clear is believed (RFC 3207 §4.2)", () => {
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250-PIPELINING\\",
        "S: 250 STARTTLS",
        "C: STARTTLS",
        "S: 220 go",
        "C: <TLS>",
        "<TLS>",
        "C: EHLO mx.example.test",
        "S: 250 peer",
        "C: MAIL FROM:<alice@example.test>",
      ],
      "open",
    );
  });

  test("STARTTLS that is missing or refused ends the session where TLS is required, and only there", () => {
    const required = { settings: { tls: "required" } } as const;
    check([...GREETED, "S: 250 peer"], "failed: ehlo tls-not-offered", required);
    const offered = [...GREETED, "S: 250-peer\\", "S: 250 STARTTLS", "C: STARTTLS", "S: 454 not now"];
    check(offered, "failed: starttls tls-refused", required);
    check([...offered, "C: MAIL FROM:<alice@example.test>"], "open");
    check([...GREETED, "S: 250-peer\\", "S: 250 STARTTLS", "C: MAIL FROM:<alice@example.test>"], "open", {
      settings: { tls: "never" },
    });
  });

  test("AUTH: inside TLS with the best mechanism in common, and never in clear", () => {
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 AUTH LOGIN PLAIN",
        "C: AUTH PLAIN AHVzZXIAcGVuY2ls",
        "S: 235 in",
        "C: MAIL FROM:<alice@example.test>",
      ],
      "open",
      { settings: LOGGING_IN },
    );
    check(
      [
        ...GREETED,
        "S: 250-peer\\",
        "S: 250 AUTH=LOGIN",
        "C: AUTH LOGIN",
        "S: 334 VXNlcm5hbWU6",
        "C: dXNlcg==",
        "S: 334 UGFzc3dvcmQ6",
        "C: cGVuY2ls",
        "S: 535 5.7.8 wrong",
      ],
      "failed: auth authentication-refused",
      { settings: LOGGING_IN },
    );
    const inClear = { settings: { ...LOGGING_IN, tls: "if-offered" } } as const;
    check(
      [...GREETED, "S: 250-peer\\", "S: 250 AUTH PLAIN LOGIN SCRAM-SHA-256"],
      "failed: ehlo no-authentication",
      inClear,
    );
    check([...GREETED, "S: 250 peer"], "failed: ehlo no-authentication", { settings: LOGGING_IN });
  });

  test("a greeting that says no, and 421 anywhere, end the session", () => {
    check(["S: 554 no mail here"], "failed: greeting refused");
    check(["S: 421 busy"], "failed: greeting refused");
    check([...GREETED, "S: 421 busy"], "failed: ehlo refused");
    const mail = [...GREETED, "S: 250 peer", "C: MAIL FROM:<alice@example.test>"];
    check([...mail, "S: 421 busy"], "failed: mail refused [-]");
    check(
      [...mail, "S: 250 OK", "C: RCPT TO:<bob@peer.test>", "S: 550 who?", "C: RCPT TO:<carol@peer.test>", "S: 421 bye"],
      "failed: rcpt refused [refused 550 rcpt, -]",
      { message: TWO },
    );
  });

  test("before the final dot a lost connection leaves nothing, behind it nobody knows (RFC 5321 §4.5.3.2.6)", () => {
    const data = [
      ...GREETED,
      "S: 250 peer",
      "C: MAIL FROM:<alice@example.test>",
      "S: 250 OK",
      "C: RCPT TO:<bob@peer.test>",
      "S: 250 OK",
      "C: DATA",
    ];
    check(data, "failed: data closed [-]", { lost: "closed" });
    const sent = [...data, "S: 354 go", "C: Hi||..x|."];
    check(sent, "failed: final-dot timed-out (unknown) [-]", { lost: "timed-out" });
    check([...sent, "S: garbage"], "failed: final-dot malformed-reply (unknown) [-]");
    check([...sent, "S: 354 more?"], "failed: final-dot out-of-step (unknown) [-]");
    check([...sent, "S: 421 later"], "failed: final-dot refused [-]");
  });

  test("a message after a refused one begins with RSET, on the same connection; then QUIT", () => {
    const session = new ClientSession(SETTINGS);
    const said = (input: ClientInput): string =>
      session
        .handle(input)
        .map((event) => (event.kind === "write" ? String(event.octets) : ""))
        .join("");
    const hear = (text: string): string => said({ kind: "octets", octets: Buffer.from(text) });
    hear("220 peer\r\n");
    hear("250-peer\r\n250 PIPELINING\r\n");
    const envelope = "MAIL FROM:<alice@example.test>\r\nRCPT TO:<bob@peer.test>\r\nDATA\r\n";
    assert.equal(said({ kind: "send", message: MESSAGE }), envelope);
    hear("250 OK\r\n550 who?\r\n503 no\r\n");
    assert.equal(said({ kind: "send", message: MESSAGE }), `RSET\r\n${envelope}`);
    hear("250 OK\r\n250 OK\r\n250 OK\r\n354 go\r\n");
    said({ kind: "content-end" });
    hear("250 taken\r\n");
    assert.equal(said({ kind: "send", message: MESSAGE }), envelope);
    hear("550 no\r\n503 no\r\n503 no\r\n");
    assert.equal(said({ kind: "quit" }), "QUIT\r\n");
    assert.deepEqual(session.handle({ kind: "octets", octets: Buffer.from("221 bye\r\n") }), [{ kind: "bye" }]);
  });
});
