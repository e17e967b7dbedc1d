import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { type Command, parseCommand } from "./command.ts";

const malformed: Command = { verb: "malformed" };

suite("pop3 command", () => {
  test("takes verbs in any case (RFC 1939 §3)", () => check("quIT", { verb: "QUIT" }));
  test("keeps the spaces of a password (RFC 1939 §7)", () =>
    check("PASS  two  spaces ", { verb: "PASS", password: " two  spaces " }));
  test("keeps a password's octets beyond ASCII (RFC 6856)", () =>
    check("PASS pa§s€ü", { verb: "PASS", password: "pa§s€ü" }));
  test("refuses a password that is not UTF-8", () => check(Buffer.from("PASS \xff\xfe", "latin1"), malformed));
  test("refuses a password that is none", () => check("PASS ", malformed));
  test("takes a user name with what stands in it", () => check("USER a b@c ", { verb: "USER", name: "a b@c" }));
  test("refuses a user name that is none", () => check("USER", malformed));
  test("takes AUTH with an initial response (RFC 5034 §4)", () =>
    check("AUTH PLAIN AGEAYg==", { verb: "AUTH", mechanism: "PLAIN", initial: "AGEAYg==" }));
  test("takes a listing of all and of one", () => {
    check("LIST", { verb: "LIST", number: undefined });
    check("uidl 12", { verb: "UIDL", number: 12 });
  });
  test("takes TOP with no line of the body", () => check("TOP 1 0", { verb: "TOP", number: 1, bodyLines: 0 }));
  for (const line of ["LIST x", "LIST -1", "LIST 1 2", "LIST 1.5", "RETR", "RETR 0x1", "DELE 12345678901"]) {
    test(`refuses ${line}`, () => check(line, malformed));
  }
  for (const line of ["TOP 1", "TOP 1 -1", "TOP 1 1 1", "STAT 1", "QUIT now", "AUTH PLAIN a b"]) {
    test(`refuses ${line}`, () => check(line, malformed));
  }
  for (const line of ["", " STAT", "APOP a b", "GET / HTTP/1.1", "STA", "STATS"]) {
    test(`does not know ${JSON.stringify(line)}`, () => check(line, { verb: "unknown" }));
  }
  test("no line throws", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (line) => {
        parseCommand(line);
      }),
      { numRuns: 300 },
    );
  });
});

function check(line: string | Uint8Array, expected: Command): void {
  assert.deepEqual(parseCommand(typeof line === "string" ? Buffer.from(line) : line), expected);
}
