import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import type { Command } from "./command.ts";
import { FLAGS_MAX, ID_FIELDS_MAX, TAG_OCTETS_MAX } from "./limits.ts";
import { parseCommand } from "./parse-command.ts";
import type { SequenceSet } from "./sequence-set.ts";

const MODIFIED_UTF7 = { utf8: false };

/** The command, or `BAD`, `NO` with the code's name. */
function check(input: string, expected: Command | "BAD" | "NO CANNOT"): void {
  const parsed = parseCommand(`tag ${input}`, MODIFIED_UTF7);
  assert.equal(parsed.tag, "tag");
  if (parsed.ok) assert.deepEqual(parsed.command, expected, input);
  else assert.equal([parsed.problem.status, parsed.problem.code?.name].filter(Boolean).join(" "), expected, input);
}

function tagOf(input: string): string | null {
  return parseCommand(input, MODIFIED_UTF7).tag;
}

function login(user: string, password: string): Command {
  return { name: "LOGIN", user: Buffer.from(user, "latin1"), password: Buffer.from(password, "latin1") };
}

function authenticate(mechanism: string, initialResponse: Uint8Array | null): Command {
  return { name: "AUTHENTICATE", mechanism, initialResponse };
}

function numbers(from: number, to: number): SequenceSet {
  return { kind: "ranges", ranges: [[from, to]] };
}

const NO_PARAMETERS = { condstore: false, qresync: null };

test("commands without arguments, in any case (RFC 3501 §6)", () => {
  for (const name of ["CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "NAMESPACE", "IDLE", "CHECK", "CLOSE", "UNSELECT"]) {
    assert.deepEqual(parseCommand(`a ${name.toLowerCase()}`, MODIFIED_UTF7), { ok: true, tag: "a", command: { name } });
    check(`${name} x`, "BAD");
    check(`${name} `, "BAD");
  }
});

test("unknown commands and missing arguments are bad", () => {
  for (const input of ["", "FROB", "FROB x", "UID", "UID NOOP", "UID FROB 1", "SELECT", "FETCH", "SELECT ", "(NOOP)"]) {
    check(input, "BAD");
  }
});

test("a tag is what RFC 3501 §9 says", () => {
  assert.equal(tagOf("A1.]~ NOOP"), "A1.]~");
  for (const input of ["", "NOOP", "+ NOOP", "a+b NOOP", "a(b NOOP", '"a" NOOP', "a\0 NOOP", "\xe9 NOOP", " NOOP"]) {
    assert.equal(tagOf(input), null, input);
  }
  assert.equal(tagOf(`${"a".repeat(TAG_OCTETS_MAX)} NOOP`)?.length, TAG_OCTETS_MAX);
  assert.equal(tagOf(`${"a".repeat(TAG_OCTETS_MAX + 1)} NOOP`), null);
});

test("LOGIN takes atoms, quoted strings and literals, octet for octet (RFC 3501 §6.2.3)", () => {
  check("LOGIN SMITH SESAME", login("SMITH", "SESAME"));
  check("LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man", login("FRED FOOBAR", "fat man"));
  check("LOGIN {4+}\r\n\r\n\r\n {0}\r\n", login("\r\n\r\n", ""));
  check(String.raw`LOGIN "a\"b\\c" "\xe9"`.replace(String.raw`\xe9`, "\xe9"), login(String.raw`a"b\c`, "\xe9"));
  check("LOGIN nil NIL", login("nil", "NIL"));
  for (const input of [
    "LOGIN a",
    "LOGIN a  b",
    'LOGIN a "b',
    'LOGIN a "\\n"',
    "LOGIN a b c",
    "LOGIN (a) b",
    "LOGIN a {9}\r\nb",
  ]) {
    check(input, "BAD");
  }
  check("LOGIN a {1}\r\n\0", "BAD");
  check('LOGIN a "\0"', "BAD");
});

test("AUTHENTICATE with and without an initial response (RFC 4959 §3)", () => {
  check("AUTHENTICATE scram-sha-256", authenticate("SCRAM-SHA-256", null));
  check("AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=", authenticate("PLAIN", Buffer.from("test\0test\0test")));
  check("AUTHENTICATE EXTERNAL =", authenticate("EXTERNAL", new Uint8Array()));
  for (const response of ["", "!", "dGVzdA", "dGVzdA= ", "==", "dGV zdA=="])
    check(`AUTHENTICATE PLAIN ${response}`, "BAD");
});

test("ID (RFC 2971 §3)", () => {
  check("ID NIL", { name: "ID", fields: null });
  check("ID ()", { name: "ID", fields: [] });
  const fields = [
    ["name", "sodr"],
    ["version", null],
  ] as const;
  check('ID ("name" "sodr" "version" NIL)', { name: "ID", fields });
  const field = '"f" "v"';
  check(`ID (${Array.from({ length: ID_FIELDS_MAX + 1 }, () => field).join(" ")})`, "BAD");
  check(`ID ("${"f".repeat(31)}" "v")`, "BAD");
  check(`ID ("f" "${"v".repeat(1025)}")`, "BAD");
  check('ID ("f")', "BAD");
  check("ID (f v)", "BAD");
});

test("ENABLE (RFC 5161)", () => {
  check("ENABLE condstore X-GOOD-IDEA", { name: "ENABLE", capabilities: ["CONDSTORE", "X-GOOD-IDEA"] });
  check("ENABLE", "BAD");
});

test("SELECT and EXAMINE with their parameters (RFC 3501 §6.3.1, RFC 7162)", () => {
  check("SELECT INBOX", { name: "SELECT", mailbox: "INBOX", parameters: NO_PARAMETERS });
  check("EXAMINE inBox", { name: "EXAMINE", mailbox: "INBOX", parameters: NO_PARAMETERS });
  check("SELECT inbox/Sub", { name: "SELECT", mailbox: "INBOX/Sub", parameters: NO_PARAMETERS });
  check("SELECT ~foo", { name: "SELECT", mailbox: "~foo", parameters: NO_PARAMETERS });
  check("SELECT {3}\r\nbox", { name: "SELECT", mailbox: "box", parameters: NO_PARAMETERS });
  check("SELECT box (CONDSTORE)", { name: "SELECT", mailbox: "box", parameters: { condstore: true, qresync: null } });
  check("SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211 (1:2 3:4)))", {
    name: "SELECT",
    mailbox: "INBOX",
    parameters: {
      condstore: false,
      qresync: {
        uidValidity: 67_890_007,
        // Above 2^53: no mod-sequence here gets there, so the largest safe number says the same.
        modSeq: Number.MAX_SAFE_INTEGER,
        knownUids: numbers(41, 211),
        sequenceMatch: { sequences: numbers(1, 2), uids: numbers(3, 4) },
      },
    },
  });
  for (const input of ["SELECT box ()", "SELECT box (FROB)", "SELECT box  (CONDSTORE)", "SELECT box (QRESYNC)"])
    check(input, "BAD");
});

test("a mailbox name in the wrong encoding is refused, not misread (RFC 3501 §5.1.3)", () => {
  check("SELECT p&AOQA5A-", { name: "SELECT", mailbox: "pää", parameters: NO_PARAMETERS });
  check('SELECT "&-x"', { name: "SELECT", mailbox: "&x", parameters: NO_PARAMETERS });
  for (const input of ["SELECT a&b", "DELETE &AOQA5A", 'CREATE "\xc3\xa4"', "SUBSCRIBE {1}\r\n\n"])
    check(input, "NO CANNOT");
});

test("CREATE, with a special use (RFC 6154 §3)", () => {
  check("CREATE owatagusiam/", { name: "CREATE", mailbox: "owatagusiam/", uses: null });
  check(String.raw`CREATE MySpecial (USE (\Drafts \Sent))`, {
    name: "CREATE",
    mailbox: "MySpecial",
    uses: [String.raw`\Drafts`, String.raw`\Sent`],
  });
  check("CREATE box (USE ())", { name: "CREATE", mailbox: "box", uses: [] });
  for (const input of ["CREATE box (USE)", "CREATE box (USE (Sent))", "CREATE box (FROB (x))"]) check(input, "BAD");
});

test("DELETE, SUBSCRIBE, UNSUBSCRIBE, RENAME (RFC 3501 §6.3.4 to §6.3.7)", () => {
  check("DELETE blurdybloop", { name: "DELETE", mailbox: "blurdybloop" });
  check("SUBSCRIBE #news.comp.mail.mime", { name: "SUBSCRIBE", mailbox: "#news.comp.mail.mime" });
  check("UNSUBSCRIBE x", { name: "UNSUBSCRIBE", mailbox: "x" });
  check('RENAME "a b" inbox', { name: "RENAME", mailbox: "a b", newMailbox: "INBOX" });
  check("RENAME a", "BAD");
});

test("STATUS, each item once (RFC 3501 §6.3.10, RFC 8438)", () => {
  check("STATUS blurdybloop (UIDNEXT MESSAGES uidnext)", {
    name: "STATUS",
    mailbox: "blurdybloop",
    items: ["UIDNEXT", "MESSAGES"],
  });
  check("STATUS x (SIZE HIGHESTMODSEQ DELETED)", {
    name: "STATUS",
    mailbox: "x",
    items: ["SIZE", "HIGHESTMODSEQ", "DELETED"],
  });
  for (const input of ["STATUS x", "STATUS x ()", "STATUS x (FROB)", "STATUS x MESSAGES"]) check(input, "BAD");
});

test("STORE (RFC 3501 §6.4.6, RFC 7162 §3.1.3)", () => {
  const set = { kind: "ranges", ranges: [[2, 4]] } as const;
  const store = { name: "STORE", uid: false, set, silent: false, unchangedSince: null } as const;
  check(String.raw`STORE 2:4 +FLAGS (\deleted)`, { ...store, operation: "add", flags: [String.raw`\Deleted`] });
  check("UID STORE 2:4 -flags.silent ($Junk)", {
    ...store,
    uid: true,
    operation: "remove",
    silent: true,
    flags: ["$Junk"],
  });
  check("STORE 2:4 +FLAGS (Foo foo bar)", { ...store, operation: "add", flags: ["Foo", "bar"] });
  check("STORE 2:4 FLAGS ()", { ...store, operation: "set", flags: [] });
  check(String.raw`STORE 2:4 FLAGS \Seen NIL \seen`, { ...store, operation: "set", flags: [String.raw`\Seen`, "NIL"] });
  check(String.raw`STORE 2:4 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT \Deleted`, {
    ...store,
    operation: "add",
    silent: true,
    flags: [String.raw`\Deleted`],
    unchangedSince: 320_162_338,
  });
  const bad = [
    String.raw`STORE 1 FLAGS \Recent`,
    String.raw`STORE 1 FLAGS (\Seen  \Draft)`,
    "STORE 1 FLAGS",
    "STORE 1 FROB x",
  ];
  bad.push(
    "STORE 1 (FROB 1) FLAGS x",
    "STORE 1 () FLAGS x",
    "STORE 1 *FLAGS x",
    "STORE 1 FLAGS a]b",
    'STORE 1 FLAGS "x"',
  );
  bad.push(`STORE 1 FLAGS (${Array.from({ length: FLAGS_MAX + 1 }, (_, i) => `f${i}`).join(" ")})`);
  for (const input of bad) check(input, "BAD");
});

test("COPY, MOVE, EXPUNGE, and with UID (RFC 3501 §6.4.7, RFC 6851, RFC 4315)", () => {
  const set = { kind: "ranges", ranges: [[2, 4]] } as const;
  check("COPY 2:4 MEETING", { name: "COPY", uid: false, set, mailbox: "MEETING" });
  check("UID MOVE 2:4 foo", { name: "MOVE", uid: true, set, mailbox: "foo" });
  check("MOVE $ foo", { name: "MOVE", uid: false, set: { kind: "saved" }, mailbox: "foo" });
  check("EXPUNGE", { name: "EXPUNGE", uids: null });
  check("UID EXPUNGE 2:4", { name: "EXPUNGE", uids: set });
  for (const input of ["EXPUNGE 1", "UID EXPUNGE", "COPY 1", "COPY a b", "UID COPY 0 x"]) check(input, "BAD");
});

test("no input throws, whatever stands behind a command's name", () => {
  const words = [
    "FETCH",
    "SEARCH",
    "STORE",
    "LIST",
    "BODY[",
    "RETURN",
    "(",
    ")",
    " ",
    '"',
    "{3}\r\n",
    "\\",
    "1",
    "*",
    ":",
    ",",
    "<",
    ".",
  ];
  const token = fc.oneof(
    fc.constantFrom(...words, "OR", "NOT", "UID", "HEADER.FIELDS", "a", "$", "]"),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 20 }), fc.boolean(), (tokens, utf8) => {
      const octets = Buffer.from(`a ${tokens.join("")}`).toString("latin1");
      assert.equal(typeof parseCommand(octets, { utf8 }).ok, "boolean");
    }),
    { numRuns: 300 },
  );
});
