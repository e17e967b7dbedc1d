import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { fieldValue, splitFields } from "./fields.ts";

suite("header fields", () => {
  test("are found with their octet ranges, folded lines included", () => {
    const header = Buffer.from("From: a\r\nSubject: one\r\n two\r\nTo: b\r\n\r\n");
    const fields = splitFields(header).map(({ start, end }) => header.toString("latin1", start, end));
    assert.deepEqual(fields, ["From: a\r\n", "Subject: one\r\n two\r\n", "To: b\r\n"]);
  });

  test("have lower-case names, blanks before the colon left out (RFC 5322 §4.5)", () =>
    check("SUBJECT \t: x\n", [["subject", "x"]]));

  test("are unfolded by taking line breaks out, not blanks (RFC 5322 §2.2.3)", () =>
    check("Subject: one\r\n\ttwo\n  three\r\n", [["subject", "one\ttwo  three"]]));

  test("may end with LF, CRLF or nothing", () =>
    check("A: 1\nB: 2\r\nC: 3", [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]));

  test("stop at the empty line", () => check("A: 1\n\nB: 2\n", [["a", "1"]]));

  test("leave out lines that are no field, and what is folded under them", () =>
    check("From user@host Fri Feb 22\n folded\nA: 1\ngarbage\n more: garbage\n: no name\nB: 2\n", [
      ["a", "1"],
      ["b", "2"],
    ]));

  test("are UTF-8 where that is valid and Latin-1 otherwise", () => {
    check(Buffer.from("A: ü\n", "utf8"), [["a", "ü"]]);
    check(Buffer.from("A: ü\n", "latin1"), [["a", "ü"]]);
  });

  test("lose NULs and lone CRs, which no protocol can hand on", () => check("A: x\0y\rz\n", [["a", "xyz"]]));

  test("are cut at a bound where one is given", () => {
    const header = Buffer.from(`A: ${"x".repeat(1000)}\n`);
    assert.equal(fieldValue(header, splitFields(header)[0]!, 11), "x".repeat(10));
  });
});

function check(header: string | Buffer, expected: readonly (readonly [string, string])[]): void {
  const octets = typeof header === "string" ? Buffer.from(header, "latin1") : header;
  assert.deepEqual(
    splitFields(octets).map((field) => [field.name, fieldValue(octets, field)]),
    expected,
  );
}
