import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { DotStuffer } from "./dot-stuffing.ts";
import { TopCut } from "./top-cut.ts";

suite("pop3 dot-stuffing (RFC 1939 §3)", () => {
  test("doubles a dot at the start of a line, and of the message", () =>
    checkStuffed(".a\r\n..b\r\nc.\r\n", "..a\r\n...b\r\nc.\r\n.\r\n"));
  test("a line that is one dot does not end the reply", () => checkStuffed("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"));
  test("ends a message without a final CRLF", () => checkStuffed("a", "a\r\n.\r\n"));
  test("ends a message that ends with a bare LF, for who looks for CRLF", () => checkStuffed("a\n", "a\n\r\n.\r\n"));
  test("ends a message that ends with a bare CR", () => checkStuffed("a\r", "a\r\r\n.\r\n"));
  test("an empty message is the final dot", () => checkStuffed("", ".\r\n"));
  test("keeps bare LF, and doubles a dot behind it: no client finds an end inside the message", () =>
    checkStuffed("a\n.\r\n+OK forged\r\n", "a\n..\r\n+OK forged\r\n.\r\n"));
  test("hands on the same octets where there is nothing to do", () => {
    const piece = Buffer.from("no dots\r\nhere.\r\n");
    assert.equal(new DotStuffer().stuff(piece), piece);
  });

  test("a reader that unstuffs gets the message back, however it was cut", () => {
    const part = fc.constantFrom(".", "\r\n", "\n", "\r", "a", "\r\n.\r\n", "..");
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(4)), (parts, cuts) => {
        const message = parts.join("");
        const wire = stuffed(message, cuts);
        assert.equal(wire, stuffed(message, []));
        assert.ok(wire.endsWith("\r\n.\r\n") || wire === ".\r\n");
        const body = wire.slice(0, -3).replace(/(^|\n)\.\./g, "$1.");
        assert.ok(body === message || body === `${message}\r\n`);
        assert.doesNotMatch(wire.slice(0, -3), /(^|\n)\.(\r|\n)/);
      }),
      { numRuns: 300 },
    );
  });
});

suite("pop3 TOP (RFC 1939 §7)", () => {
  const message = "A: b\r\nC: d\r\n\r\n1\r\n2\r\n3\r\n";
  test("gives the header and the empty line", () => checkTop(message, 0, "A: b\r\nC: d\r\n\r\n"));
  test("gives so many lines of the body", () => checkTop(message, 2, "A: b\r\nC: d\r\n\r\n1\r\n2\r\n"));
  test("gives all when there are fewer", () => checkTop(message, 9, message));
  test("finds the end of a header with bare LF", () => checkTop("A: b\n\n1\n2\n", 1, "A: b\n\n1\n"));
  test("gives a message without a body", () => checkTop("A: b\r\n", 3, "A: b\r\n"));
  test("takes a line of CRs for text", () => checkTop("A: b\r\n\r\r\n\r\n1\r\n", 0, "A: b\r\n\r\r\n\r\n"));
  test("finds an empty header", () => checkTop("\r\n1\r\n2\r\n", 1, "\r\n1\r\n"));

  test("the same answer however the octets are cut", () => {
    const part = fc.constantFrom("\r\n", "\n", "\r", "a", "A: b\r\n");
    fc.assert(
      fc.property(fc.array(part), fc.nat(4), fc.array(fc.nat(3)), (parts, lines, cuts) => {
        assert.equal(top(parts.join(""), lines, cuts), top(parts.join(""), lines, []));
      }),
      { numRuns: 300 },
    );
  });
});

function checkStuffed(message: string, expected: string): void {
  assert.equal(stuffed(message, []), expected);
}

function checkTop(message: string, bodyLines: number, expected: string): void {
  assert.equal(top(message, bodyLines, []), expected);
}

function stuffed(message: string, cuts: readonly number[]): string {
  const stuffer = new DotStuffer();
  const pieces = split(message, cuts).map((piece) => Buffer.from(stuffer.stuff(piece)).toString());
  return pieces.join("") + stuffer.finish();
}

function top(message: string, bodyLines: number, cuts: readonly number[]): string {
  const cut = new TopCut(bodyLines);
  return split(message, cuts)
    .map((piece) => Buffer.from(cut.cut(piece)).toString())
    .join("");
}

function split(text: string, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let rest: Uint8Array = Buffer.from(text);
  for (const length of cuts) {
    pieces.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...pieces, rest];
}
