import assert from "node:assert/strict";
import test from "node:test";
import type { AppendRequest } from "./command.ts";
import { parseAppendHead } from "./parse-append.ts";

const REQUEST: AppendRequest = {
  mailbox: "box",
  flags: [],
  internalDate: null,
  sizeOctets: 310,
  binary: false,
  utf8: false,
};

/** What the head says, or `argument`, `other`, or the problem as `BAD` or `NO` with its code. */
function check(input: string, expected: Partial<AppendRequest> | string): void {
  const head = parseAppendHead(`tag ${input}`, { utf8: false });
  if (head.kind === "message") assert.deepEqual(head.request, { ...REQUEST, ...(expected as object) }, input);
  else if (head.kind === "problem") {
    assert.equal(head.tag, "tag");
    assert.equal([head.problem.status, head.problem.code?.name].filter(Boolean).join(" "), expected, input);
  } else assert.equal(head.kind, expected, input);
}

test("mailbox, flags, date and size (RFC 3501 §6.3.11)", () => {
  check("APPEND box {310}", {});
  check("append box {310+}", {});
  check(String.raw`APPEND saved-messages (\seen $Work) {310}`, {
    mailbox: "saved-messages",
    flags: [String.raw`\Seen`, "$Work"],
  });
  const internalDate = { ms: Date.UTC(1994, 1, 8, 5, 52, 25), zoneMinutes: -480 };
  check('APPEND box () " 7-Feb-1994 21:52:25 -0800" {310}', { internalDate });
  check('APPEND "box" " 7-Feb-1994 21:52:25 -0800" {310}', { internalDate });
  check("APPEND {5}\r\nINbox {310}", { mailbox: "INBOX" });
});

test("literal8 and UTF8 (RFC 3516 §4.4, RFC 6855 §4)", () => {
  check("APPEND box ~{310}", { binary: true });
  check("APPEND box () UTF8 (~{310+}", { binary: true, utf8: true });
  check("APPEND box UTF8 ({310}", "BAD");
  check("APPEND box UTF8 ~{310}", "BAD");
});

test("a literal where the mailbox name stands is an argument", () => {
  check("APPEND {5}", "argument");
  check("APPEND {5+}", "argument");
});

test("what is not APPEND is left to others", () => {
  check("SELECT {5}", "other");
  check("APPENDX box {5}", "other");
});

test("anything else before the message is an error", () => {
  for (const input of ["APPEND box", "APPEND box ", "APPEND box x {5}", "APPEND box {5} {5}", "APPEND box () () {5}"]) {
    check(input, "BAD");
  }
  const tails = [
    "(a {5}",
    "({5}",
    '"{5}',
    '"7-Feb-1994" {5}',
    String.raw`(\Recent) {5}`,
    "{5-}",
    "{}",
    "  {5}",
    "~ {5}",
  ];
  for (const tail of tails) check(`APPEND box ${tail}`, "BAD");
  check("APPEND a&b {5}", "NO CANNOT");
});
