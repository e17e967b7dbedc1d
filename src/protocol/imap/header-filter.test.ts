import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import { filterHeader } from "./header-filter.ts";

const HEADER = "From: a\r\nSUBJECT : one\r\n\ttwo\r\n three\r\nDate: x\r\nsubject:\r\n\r\n";

function check(header: string, names: readonly string[], expected: string, not = false): void {
  const filtered = filterHeader(Buffer.from(header, "latin1"), names, not);
  assert.equal(Buffer.from(filtered).toString("latin1"), expected);
}

test("keeps the fields named, all of each, in their order, and an empty line (RFC 3501 §6.4.5)", () => {
  check(HEADER, ["Subject"], "SUBJECT : one\r\n\ttwo\r\n three\r\nsubject:\r\n\r\n");
  check(HEADER, ["date", "FROM", "date"], "From: a\r\nDate: x\r\n\r\n");
  check(HEADER, ["X-None"], "\r\n");
});

test("or all others", () => {
  check(HEADER, ["Subject"], "From: a\r\nDate: x\r\n\r\n", true);
  check(HEADER, ["X-None"], HEADER, true);
});

test("takes names and values for what they are", () => {
  check("From: Subject: x\r\nSubjects: y\r\n\r\n", ["Subject"], "\r\n");
  check("a: \xe4\0\r\nno colon\r\n\r\n", ["a"], "a: \xe4\0\r\n\r\n");
  check("a: 1\r\nno colon\r\n\r\n", ["a"], "no colon\r\n\r\n", true);
});

test("a header that ends early ends with a line all the same", () => {
  check("", ["a"], "\r\n");
  check("a: 1", ["a"], "a: 1\r\n\r\n");
  check("a: 1\nb: 2\n\nbody", ["b"], "b: 2\n\r\n");
});

test("every field is in one of the two answers", () => {
  const field = fc.tuple(fc.constantFrom("a", "B", "c-d"), fc.stringMatching(/^[ -~]{0,10}(\r\n [ -~]{0,9}x)?$/));
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
      const header = Buffer.from(`${lines.join("")}\r\n`);
      const sizes = [false, true].map((not) => filterHeader(header, ["b"], not).length);
      assert.equal((sizes[0] ?? 0) + (sizes[1] ?? 0), header.length + 2);
    }),
    { numRuns: 100 },
  );
});
