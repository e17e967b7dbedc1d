import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { decodeEncodedWords } from "./encoded-words.ts";

suite("encoded words (RFC 2047)", () => {
  const cases = [
    ["plain text", "plain text"],
    ["=?iso-8859-1?q?this=20is=20some=20text?=", "this is some text"],
    ["=?ISO-8859-1?Q?a_b?=", "a b"],
    ["=?utf-8?B?w7w=?=", "ü"],
    // §8: white space between neighbours goes, other white space stays.
    ["=?ISO-8859-1?Q?a?= b", "a b"],
    ["=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"],
    ["(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"],
    ["x =?utf-8?q?y?= z", "x y z"],
    // A character cut in two by a careless sender, in either encoding.
    ["=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"],
    ["=?utf-8?b?w7w?= =?UTF-8?q?=C3=BC?=", "üü"],
    // RFC 2231 §5: a language behind the charset.
    ["=?utf-8*de?q?=C3=BC?=", "ü"],
    ["=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"],
    ["=?utf-8?q?with blanks inside?=", "with blanks inside"],
    // Broken: left as they stand.
    ["=?utf-8?x?abc?=", "=?utf-8?x?abc?="],
    ["=?utf-8?q?abc", "=?utf-8?q?abc"],
    ["=?utf-8 q?abc?=", "=?utf-8 q?abc?="],
    ["=??q?abc?=", "=??q?abc?="],
    ["=?=?utf-8?q?a?=", "=?a"],
    ["a =? b", "a =? b"],
  ] as const;
  for (const [text, expected] of cases) {
    test(`${text} is ${expected}`, () => assert.equal(decodeEncodedWords(text), expected));
  }

  test("an unknown charset is guessed", () => assert.equal(decodeEncodedWords("=?x-nobody?q?=C3=BC?="), "ü"));

  test("100,000 beginnings of words are passed over", () => {
    for (const piece of ["=?", "=?a?q ", "=?a?q?x ", "=?a?b?! "]) {
      const text = piece.repeat(100_000);
      assert.ok(decodeEncodedWords(text) === text);
      assert.ok(decodeEncodedWords(`${text}?=`).length <= text.length + 2);
    }
  });

  test("some answer to any text", () => {
    const fragments = fc.constantFrom("=?", "?=", "utf-8", "?q?", "?b?", "=C3", "=BC", "w7w", " ", "=", "?", "é", "_");
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), (parts) => {
        assert.ok(decodeEncodedWords(parts.join("")).isWellFormed());
      }),
      { numRuns: 300 },
    );
  });
});
