/** What is announced works: each capability, used once. One that is announced and has no line here fails, too. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import type { FakeConnection } from "../../../test/fakes/connection.ts";
import { FAKE_TLS } from "../../../test/fakes/connection.ts";
import { ImapServer, PASSWORD } from "../../../test/fakes/imap-server.ts";

const MEBIBYTE = 1024 * 1024;

/** Commands, of which the last must end with OK, and what is said to them. */
type Use = readonly [commands: string, answer: RegExp];

const LOGGED_IN: Readonly<Record<string, Use>> = {
  IMAP4REV1: ["z NOOP", /^z OK/m],
  "LITERAL+": ["z CREATE {3+}\r\nbox", /^z OK/m],
  ID: ["z ID NIL", /^\* ID \("name"/m],
  ENABLE: ["z ENABLE CONDSTORE", /^\* ENABLED CONDSTORE/m],
  IDLE: ["z IDLE\r\nDONE", /^\+ idling/m],
  NAMESPACE: ["z NAMESPACE", /^\* NAMESPACE \(\("" "\/"\)\) NIL NIL/m],
  UIDPLUS: ["y UID STORE 1 +FLAGS.SILENT (\\Deleted)\r\nz UID EXPUNGE 1", /^\* 1 EXPUNGE/m],
  UNSELECT: ["z UNSELECT", /^z OK/m],
  CHILDREN: ['z LIST "" INBOX', /^\* LIST \(\\HasNoChildren\)/m],
  "LIST-EXTENDED": ['z LIST (SUBSCRIBED) "" (INBOX Sent) RETURN (CHILDREN)', /^\* LIST \(\\Subscribed .*Sent/m],
  "LIST-STATUS": ['z LIST "" INBOX RETURN (STATUS (MESSAGES))', /^\* STATUS INBOX \(MESSAGES 1\)/m],
  "SPECIAL-USE": ['z LIST (SPECIAL-USE) "" *', /^\* LIST \(.*\\Sent\) "\/" Sent/m],
  "CREATE-SPECIAL-USE": ["y DELETE Archive\r\nz CREATE Old (USE (\\Archive))", /^z OK/m],
  "STATUS=SIZE": ["z STATUS INBOX (SIZE)", /^\* STATUS INBOX \(SIZE 20\)/m],
  ESEARCH: ["z SEARCH RETURN (COUNT MAX) ALL", /^\* ESEARCH \(TAG "z"\) MAX 1 COUNT 1/m],
  SEARCHRES: ["y UID SEARCH RETURN (SAVE) ALL\r\nz UID FETCH $ (UID)", /^\* 1 FETCH \(UID 1\)/m],
  WITHIN: ["z SEARCH OLDER 1 YOUNGER 999999999", /^\* SEARCH/m],
  CONDSTORE: ["z FETCH 1 (MODSEQ)", /^\* 1 FETCH \(MODSEQ \(\d+\)\)/m],
  QRESYNC: [
    "x ENABLE QRESYNC\r\nz SELECT INBOX (QRESYNC (1893456000 1 1:9))",
    /^\* 1 FETCH \(UID 1 FLAGS \(.*\) MODSEQ \(2\)\)/m,
  ],
  MOVE: ["z MOVE 1 Trash", /^\* OK \[COPYUID \d+ 1 1\]/m],
  BINARY: ["z FETCH 1 (BINARY.PEEK[1])", /^\* 1 FETCH \(BINARY\[1\] ~\{6\}\r\nbody\r\n/m],
  "UTF8=ACCEPT": [
    "y ENABLE UTF8=ACCEPT\r\nz APPEND Sent (\\Seen) UTF8 (~{15+}\r\nSubject: \xc3\xbc\r\n\r\n)",
    /^z OK \[APPENDUID/m,
  ],
  APPENDLIMIT: [`y APPEND INBOX {${60 * MEBIBYTE}}\r\nz NOOP`, /^y NO \[TOOBIG\]/m],
};

const INSIDE_TLS: Readonly<Record<string, Use>> = {
  IMAP4REV1: ["z NOOP", /^z OK/m],
  "LITERAL+": [`z LOGIN {18+}\r\nalice@example.test "${PASSWORD}"`, /^z OK/m],
  ID: ["z ID NIL", /^\* ID \("name"/m],
  ENABLE: [`y LOGIN alice@example.test "${PASSWORD}"\r\nz ENABLE QRESYNC`, /^\* ENABLED QRESYNC/m],
  "SASL-IR": [`z AUTHENTICATE PLAIN ${plain()}`, /^z OK/m],
  "AUTH=PLAIN": [`z AUTHENTICATE PLAIN\r\n${plain()}`, /^\+ \r\nz OK/m],
  "AUTH=LOGIN": [`z AUTHENTICATE LOGIN\r\n${base64("alice@example.test")}\r\n${base64(PASSWORD)}`, /^z OK/m],
};

const IN_CLEAR: Readonly<Record<string, Use>> = {
  IMAP4REV1: ["z NOOP", /^z OK/m],
  "LITERAL+": ["y LOGIN {1+}\r\na b\r\nz NOOP", /^y NO \[PRIVACYREQUIRED\]/m],
  ID: ["z ID NIL", /^\* ID \("name"/m],
  ENABLE: ["y ENABLE QRESYNC\r\nz NOOP", /^y BAD ENABLE: log in first/m],
  STARTTLS: ["z STARTTLS", /^z OK/m],
  LOGINDISABLED: ["y LOGIN a b\r\nz NOOP", /^y NO \[PRIVACYREQUIRED\]/m],
};

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function plain(): string {
  return base64(`\0alice@example.test\0${PASSWORD}`);
}

async function inWorld(use: (server: ImapServer) => Promise<void>): Promise<void> {
  await using server = await ImapServer.start();
  await server.deliver("INBOX", "Subject: x\n\nbody\n");
  await use(server);
}

async function said(connection: FakeConnection, commands: string): Promise<string> {
  connection.send(Buffer.from(`${commands}\r\n`, "latin1"));
  return (await connection.until((octets) => /^z .*\r\n/m.test(octets.toString("latin1")))).toString("latin1");
}

async function announced(connection: FakeConnection): Promise<readonly string[]> {
  const line = await said(connection, "z CAPABILITY");
  const [, words = ""] = /^\* CAPABILITY (.*)\r\n/m.exec(line) ?? [];
  return words.split(" ").map((word) => word.toUpperCase().replace(/^APPENDLIMIT=.*/, "APPENDLIMIT"));
}

suite("every capability that is announced works (R73)", () => {
  const states = {
    "after the login": [(server: ImapServer) => server.open("INBOX"), LOGGED_IN],
    "inside TLS": [(server: ImapServer) => Promise.resolve(server.connect({ tls: FAKE_TLS })), INSIDE_TLS],
    "in clear": [(server: ImapServer) => Promise.resolve(server.connect({})), IN_CLEAR],
  } as const;
  for (const [state, [open, uses]] of Object.entries(states)) {
    test(`${state} there are these, and no others`, () =>
      inWorld(async (server) => {
        assert.deepEqual((await announced(await open(server))).toSorted(), Object.keys(uses).toSorted());
      }));
    for (const [capability, [commands, answer]] of Object.entries(uses)) {
      test(`${state}: ${capability}`, () =>
        inWorld(async (server) => {
          const answers = await said(await open(server), commands);
          assert.match(answers, answer);
          assert.match(answers, /^z OK/m);
        }));
    }
  }

  test("a copy of 4 MB of what was sent, as Thunderbird keeps it", () =>
    inWorld(async (server) => {
      const connection = await server.open("INBOX");
      const message = `Subject: gr\xc3\xb6\xc3\x9fer\r\n\r\n${`${"x".repeat(76)}\r\n`.repeat(54_000)}`;
      assert.ok(message.length > 4 * MEBIBYTE);
      const append = `z APPEND "Sent" (\\Seen) UTF8 (~{${message.length}+}\r\n${message})`;
      assert.match(await said(connection, `y ENABLE UTF8=ACCEPT\r\n${append}`), /^z OK \[APPENDUID \d+ 1\]/m);
      const fetched = await said(connection, "y SELECT Sent\r\nz FETCH 1 (RFC822.SIZE BODY.PEEK[])");
      assert.ok(fetched.includes(message), "octet for octet");
    }));
});
