import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { compileListPattern } from "./list-pattern.ts";

const NAMES = ["INBOX", "INBOX/Lists", "box", "box/a", "box/a/b", "box/test3/test4/test5", "Sent"];

function check(reference: string, pattern: string, expected: readonly string[]): void {
  const compiled = compileListPattern(reference, pattern);
  assert.deepEqual(
    NAMES.filter((name) => compiled.matches(name)),
    expected,
    `${reference} ${pattern}`,
  );
}

test("an asterisk crosses levels, a percent sign does not (RFC 3501 §6.3.8)", () => {
  check("", "*", NAMES);
  check("", "%", ["INBOX", "box", "Sent"]);
  check("", "box/%", ["box/a"]);
  check("", "box*", ["box", "box/a", "box/a/b", "box/test3/test4/test5"]);
  check("", "%/%/%", ["box/a/b"]);
  check("", "box/%3/%/*5", ["box/test3/test4/test5"]);
  check("", "*b", ["box/a/b"]);
  check("", "box/%t*5", ["box/test3/test4/test5"]);
  check("", "", []);
});

test("the reference stands in front of the pattern", () => {
  check("box/", "%", ["box/a"]);
  check("bo", "x", ["box"]);
});

test("INBOX matches in any case, other names do not", () => {
  check("", "inbox", ["INBOX"]);
  check("", "In%", ["INBOX"]);
  check("in", "box/*", ["INBOX/Lists"]);
  check("", "inbox/lists", []);
  check("", "sent", []);
});

test("a pattern made to be slow is not", () => {
  const compiled = compileListPattern("", `${"*a%a".repeat(250)}b`);
  assert.equal(compiled.matches("a".repeat(1000)), false);
});

test("agrees with the definition", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "/", "*", "%"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, text, (wildcards, name) => {
      const definition = new RegExp(`^${wildcards.replaceAll("*", ".*").replaceAll("%", "[^/]*")}$`);
      assert.equal(compileListPattern("", wildcards).matches(name), definition.test(name));
    }),
    { numRuns: 300 },
  );
});
