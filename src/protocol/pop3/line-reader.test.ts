import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { LINE_OCTETS_MAX } from "./limits.ts";
import { LineReader } from "./line-reader.ts";

const longest = "x".repeat(LINE_OCTETS_MAX);

suite("pop3 line reader", () => {
  test("cuts at CRLF and holds the rest", () => check(["A\r\nB\r\nC"], ["A", "B"]));
  test("takes a bare LF for a line end too", () => check(["A\nB\n"], ["A", "B"]));
  test("keeps a CR inside a line", () => check(["A\rB\r\r\n"], ["A\rB\r"]));
  test("takes the longest line, its CRLF in another piece", () => check([longest, "\r", "\n"], [longest]));
  test("refuses a longer line before its end comes", () => check([`${longest}xx`], ["too-long"]));
  test("refuses a longer line with its end", () => check([`${longest}x\r\n`], ["too-long"]));

  test("the same lines however the octets are cut", () => {
    const part = fc.constantFrom("STAT", "\r\n", "\n", "\r", "RETR 1\r\n", "é");
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(9)), (parts, cuts) => {
        const whole = Buffer.from(parts.join(""));
        assert.deepEqual(readAll(split(whole, cuts)), readAll([whole]));
      }),
      { numRuns: 300 },
    );
  });
});

function check(pieces: readonly string[], expected: readonly string[]): void {
  assert.deepEqual(readAll(pieces.map((piece) => Buffer.from(piece))), expected);
}

function readAll(pieces: readonly Uint8Array[]): string[] {
  const reader = new LineReader();
  const lines: string[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      if (line === "too-long") return [...lines, line];
      lines.push(Buffer.from(line).toString());
    }
  }
  return lines;
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
