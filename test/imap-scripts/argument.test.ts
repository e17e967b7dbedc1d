import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Argument, parseReply } from "./argument.ts";

function plain(argument: Argument): unknown {
  switch (argument.kind) {
    case "nil":
      return null;
    case "text":
      return argument.text;
    case "list":
      return argument.items.map(plain);
  }
}

function check(reply: string, expected: readonly unknown[]): void {
  assert.deepEqual(parseReply(reply).map(plain), expected);
}

test("words, quoted strings, literals and NIL are told apart only as far as IMAP does", () => {
  check('LIST (\\HasNoChildren) "/" "a \\"b\\""', ["LIST", ["\\HasNoChildren"], "/", 'a "b"']);
  check("1 FETCH (X {3}\r\na)b Y NIL)", ["1", "FETCH", ["X", "a)b", "Y", null]]);
  check("1 FETCH (BINARY[1] ~{2}\r\n\0\n)", ["1", "FETCH", ["binary[1]", "\0\n"]]);
  check('X "NIL" nil', ["X", "NIL", null]);
});

test("a section is one word, however its header names are quoted", () => {
  check('1 FETCH (BODY[HEADER.FIELDS ("From" To)]<0> "x")', ["1", "FETCH", ["body[header.fields (from to)]<0>", "x"]]);
});

test("text for people may hold quotes and parentheses that never close", () => {
  check('OK [UIDNEXT 3] It"s (well', ["OK", "[UIDNEXT", "3]", 'It"s', "(well"]);
  check("OK [PERMANENTFLAGS (\\Seen \\*)] Done", ["OK", "[PERMANENTFLAGS", ["\\Seen", "\\*"], "]", "Done"]);
  check('NO [X "a]b"] c', ["NO", "[X", "a]b", "]", "c"]);
});

test("refuses what a server must not send", () => {
  for (const broken of ["1 FETCH (FLAGS (\\Seen)", "SEARCH 1)", 'LIST () "/', "1 FETCH (X {9}\r\nab)"])
    assert.throws(() => parseReply(broken));
});

test("reads back any octets sent as a literal", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const text = Buffer.from(octets).toString("latin1");
      check(`1 FETCH (X {${text.length}}\r\n${text} Y 1)`, ["1", "FETCH", ["X", text, "Y", "1"]]);
    }),
    { numRuns: 100 },
  );
});
