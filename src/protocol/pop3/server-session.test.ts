import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { CredentialPolicy, LoginOffer } from "./capabilities.ts";
import { BAD_COMMANDS_MAX } from "./limits.ts";
import { Maildrop } from "./maildrop.ts";
import { type Pop3Answer, type Pop3Event, Pop3ServerSession } from "./server-session.ts";

const LOGIN = "USER alice\r\nPASS secret\r\n";
const LOGGED_IN = `S: +OK and the password
  ?  login alice/secret
  S: +OK maildrop has 3 messages (600 octets)`;

suite("pop3 session: authorization", () => {
  test("logs in with USER and PASS", () => check(LOGIN, LOGGED_IN));

  test("logs in with AUTH PLAIN and its initial response (RFC 5034)", () =>
    check(
      `AUTH plain ${base64("\0alice\0secret")}\r\n`,
      `?  login alice/secret
       S: +OK maildrop has 3 messages (600 octets)`,
    ));

  test("logs in with AUTH PLAIN after an empty challenge", () =>
    check(
      `AUTH PLAIN\r\n${base64("\0alice\0secret")}\r\n`,
      `S: +
       ?  login alice/secret
       S: +OK maildrop has 3 messages (600 octets)`,
    ));

  test("a client may cancel an exchange, and one that sends no base64 has", () =>
    check(
      "AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\nQUIT \r\nAUTH PLAIN =\r\nAUTH GSSAPI\r\n",
      `S: +
       S: -ERR cancelled
       S: +
       S: -ERR not base64
       S: -ERR malformed response
       S: -ERR no such mechanism`,
    ));

  test("acting for another user is refused like a wrong password", () =>
    check(
      `AUTH PLAIN ${base64("bob\0alice\0secret")}\r\n`,
      `?  refuse
       S: -ERR [AUTH] authentication failed`,
    ));

  test("refuses a wrong password, and closes after the third (RFC 3206)", () =>
    check(
      "USER alice\r\nPASS no\r\nPASS secret\r\nUSER alice\r\nPASS no\r\nUSER alice\r\nPASS no\r\nSTAT\r\n",
      `S: +OK and the password
       ?  login alice/no
       ?  refuse
       S: -ERR [AUTH] authentication failed
       S: -ERR USER first
       S: +OK and the password
       ?  login alice/no
       ?  refuse
       S: -ERR [AUTH] authentication failed
       S: +OK and the password
       ?  login alice/no
       ?  refuse
       S: -ERR [AUTH] authentication failed
       closed`,
    ));

  test("our own trouble does not look like a wrong password (RFC 3206)", () =>
    check(
      "USER alice\r\nPASS unavailable\r\n",
      `S: +OK and the password
       ?  login alice/unavailable
       S: -ERR [SYS/TEMP] logins are not possible now, try again later`,
    ));

  test("takes no message command before the login, and no login after it", () =>
    check(
      `STAT\r\nRETR 1\r\n${LOGIN}USER bob\r\nAUTH PLAIN\r\nSTLS\r\nUTF8\r\n`,
      `S: -ERR log in first
       S: -ERR log in first
       ${LOGGED_IN}
       S: -ERR already logged in
       S: -ERR already logged in
       S: -ERR already logged in
       S: -ERR already logged in`,
    ));

  test("closes after too many useless commands", () => {
    const refusals = Array.from({ length: BAD_COMMANDS_MAX }, () => "S: -ERR unknown command");
    check("HELO\r\n".repeat(BAD_COMMANDS_MAX + 5), [...refusals, "closed"].join("\n"));
  });

  test("closes at a line that is too long", () =>
    check(
      "x".repeat(20_000),
      `S: -ERR line too long
       closed`,
    ));
});

suite("pop3 session: TLS (RFC 2595)", () => {
  test("looks at no credential in the clear, and says which passwords were sent so", () =>
    check(
      `USER alice\r\nPASS secret\r\nAUTH PLAIN ${base64("\0alice\0secret")}\r\nAUTH PLAIN\r\n`,
      `S: -ERR STLS first: no password in clear
       S: -ERR STLS first: no password in clear
       !  in clear alice/secret
       S: -ERR STLS first: no password in clear
       !  in clear alice/secret
       S: -ERR STLS first: no password in clear`,
      "needs-tls",
    ));

  test("forgets the clear text at STLS, and takes credentials then", () =>
    check(
      ["STLS\r\n", `STLS\r\n${LOGIN}`],
      `S: +OK begin TLS
       tls
       S: -ERR no STLS here
       ${LOGGED_IN}`,
      "needs-tls",
    ));

  test("drops a connection with octets behind STLS in the clear (CVE-2011-0411)", () =>
    check(`STLS\r\n${LOGIN}`, "dropped", "needs-tls"));

  test("announces what is taken, before TLS and after it, with single spaces (RFC 2449; R80)", () => {
    const always = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER"];
    const listing = (lines: readonly string[]): string =>
      ["S: +OK capabilities follow", ...always, ...lines, "IMPLEMENTATION Postern", "."].join("\n");
    check("CAPA\r\n", listing(["STLS"]), "needs-tls");
    check("CAPA\r\n", listing(["USER", "SASL PLAIN"]));
    check("CAPA\r\n", listing([]), "never");
  });

  test("tells bare AUTH what there is", () =>
    check(
      "AUTH\r\n",
      `S: +OK mechanisms follow
       PLAIN
       .`,
    ));
});

suite("pop3 session: transaction", () => {
  test("lists messages with numbers, sizes and unique ids, with single spaces (R80)", () =>
    check(
      `${LOGIN}STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 3\r\nLIST 4\r\nUIDL 0\r\nNOOP\r\n`,
      `${LOGGED_IN}
       S: +OK 3 600
       S: +OK 3 messages
       1 100
       2 200
       3 300
       .
       S: +OK 2 200
       S: +OK 3 messages
       1 7.11
       2 7.12
       3 7.19
       .
       S: +OK 3 7.19
       S: -ERR no such message
       S: -ERR no such message
       S: +OK nothing done`,
    ));

  test("a deleted message is gone from every answer, and no number shifts", () =>
    check(
      `${LOGIN}DELE 2\r\nDELE 2\r\nSTAT\r\nLIST\r\nUIDL 2\r\nRETR 2\r\nTOP 2 0\r\nUIDL 3\r\n`,
      `${LOGGED_IN}
       S: +OK message 2 deleted
       S: -ERR no such message
       S: +OK 2 400
       S: +OK 2 messages
       1 100
       3 300
       .
       S: -ERR no such message
       S: -ERR no such message
       S: -ERR no such message
       S: +OK 3 7.19`,
    ));

  test("RSET brings deleted messages back, and QUIT then removes none", () =>
    check(
      `${LOGIN}DELE 1\r\nDELE 3\r\nRSET\r\nSTAT\r\nQUIT\r\n`,
      `${LOGGED_IN}
       S: +OK message 1 deleted
       S: +OK message 3 deleted
       S: +OK maildrop has 3 messages (600 octets)
       S: +OK 3 600
       S: +OK bye
       closed`,
    ));

  test("QUIT removes deleted messages, by their UIDs", () =>
    check(
      `${LOGIN}DELE 3\r\nDELE 1\r\nQUIT\r\nSTAT\r\n`,
      `${LOGGED_IN}
       S: +OK message 3 deleted
       S: +OK message 1 deleted
       ?  update 11 19
       S: +OK bye
       closed`,
    ));

  test("fetches messages, and says so when one was removed meanwhile", () =>
    check(
      `${LOGIN}RETR 1\r\nTOP 3 5\r\nRETR 2\r\nSTAT\r\n`,
      `${LOGGED_IN}
       ?  retrieve 1
       ?  retrieve 3 top 5
       ?  retrieve 2
       S: -ERR that message has been removed meanwhile
       S: +OK 3 600`,
    ));

  test("QUIT before the login removes nothing", () =>
    check(
      "QUIT\r\nSTAT\r\n",
      `S: +OK bye
       closed`,
    ));
});

suite("pop3 session: however the octets come", () => {
  test("the same answers however the octets are cut", () => {
    const fragment = fc.constantFrom(
      LOGIN,
      "PASS no\r\n",
      "STAT\r\n",
      "LIST\r\n",
      "RETR 2\r\n",
      "DELE 1\r\n",
      "AUTH PLAIN\r\n",
      "*\r\n",
      "QUIT\r\n",
      "\r",
      "\n",
      "é",
    );
    fc.assert(
      fc.property(fc.array(fragment), fc.array(fc.nat(20)), (script, cuts) => {
        const whole = Buffer.from(script.join(""));
        assert.deepEqual(converse(split(whole, cuts), "open"), converse([whole], "open"));
      }),
      { numRuns: 300 },
    );
  });
});

/** The one place that knows the session's API. Pieces of `client` after the first are sent once the session waits for them. */
function check(client: string | readonly string[], expected: string, credentials: CredentialPolicy = "open"): void {
  const pieces = typeof client === "string" ? [client] : client;
  assert.deepEqual(
    converse(
      pieces.map((piece) => Buffer.from(piece)),
      credentials,
    ),
    expected.split("\n").map((line) => line.trim()),
  );
}

function converse(pieces: readonly Uint8Array[], credentials: CredentialPolicy): string[] {
  const session = new Pop3ServerSession(offer(credentials));
  const transcript: string[] = [];
  for (const piece of pieces) {
    session.push(piece);
    for (let events = session.step(); events !== undefined; events = session.step())
      carryOut(session, events, transcript);
  }
  return transcript;
}

function carryOut(session: Pop3ServerSession, events: readonly Pop3Event[], transcript: string[]): void {
  for (const event of events) {
    transcript.push(...render(event));
    const answer = answerTo(event);
    if (answer !== undefined) carryOut(session, session.answer(answer), transcript);
  }
}

function offer(policy: CredentialPolicy): LoginOffer {
  const mechanisms = policy === "open" ? ["PLAIN"] : [];
  return { policy, sasl: { mechanisms, channelBinding: undefined, tokenScope: "", tokenDescription: "" } };
}

function render(event: Pop3Event): string[] {
  switch (event.kind) {
    case "say":
      return event.text
        .replace(/^(?=[+-])/, "S: ")
        .split("\r\n")
        .slice(0, -1)
        .map((line) => line.trim());
    case "sasl":
      if (event.question.about !== "password") return [`?  ${event.question.about}`];
      return [`?  login ${event.question.username}/${event.question.password}`];
    case "login":
      return event.outcome.kind === "refused" ? ["?  refuse"] : [];
    case "clear-password":
      return [`!  in clear ${event.username}/${event.password}`];
    case "retrieve":
      return [`?  retrieve ${event.number}${event.bodyLines === null ? "" : ` top ${event.bodyLines}`}`];
    case "update":
      return [`?  update ${event.uids.join(" ")}`];
    case "start-tls":
      return ["tls"];
    case "close":
      return ["closed"];
    case "drop":
      return ["dropped"];
  }
}

/** The world in these tests: `secret` is right, message 2 is gone. */
function answerTo(event: Pop3Event): Pop3Answer | undefined {
  switch (event.kind) {
    case "sasl": {
      const password = event.question.about === "password" ? event.question.password : "";
      const identity = { accountId: 1, address: "alice@example.test" };
      if (password === "secret") return { kind: "sasl", answer: { kind: "accepted", identity } };
      return { kind: "sasl", answer: { kind: password === "unavailable" ? "unavailable" : "refused" } };
    }
    case "login": {
      const { kind } = event.outcome;
      return { kind: "login", outcome: kind === "accepted" ? threeMessages() : kind };
    }
    case "retrieve":
      return { kind: "retrieved", outcome: event.number === 2 ? "gone" : "sent" };
    case "update":
      return { kind: "updated", outcome: "done" };
    case "start-tls":
      return { kind: "tls-established", logins: offer("open") };
    case "say":
    case "clear-password":
    case "close":
    case "drop":
      return undefined;
  }
}

function threeMessages(): Maildrop {
  return new Maildrop({
    uidValidity: 7,
    uids: Uint32Array.of(11, 12, 19),
    sizes: Uint32Array.of(100, 200, 300),
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function split(octets: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let rest = octets;
  for (const length of cuts) {
    pieces.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...pieces, rest];
}
