import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { PREVIEW_LENGTH_MAX, SEARCH_TEXT_OCTETS_MAX } from "./limits.ts";
import { foldForSearch, previewText, type TextPart, textForSearch } from "./search-text.ts";

const plain: TextPart = { type: "text", subtype: "plain", parameters: [["charset", "utf-8"]], encoding: "8bit" };
const html: TextPart = { ...plain, subtype: "html" };

suite("text for search", () => {
  test("undoes transfer encoding and charset", () => {
    const part: TextPart = { ...plain, parameters: [["charset", "iso-8859-1"]], encoding: "quoted-printable" };
    assert.equal(textForSearch(part, Buffer.from("gr=FC=\r\nn")), "grün");
  });

  test("is empty for what is no text", () =>
    assert.equal(textForSearch({ ...plain, type: "image", subtype: "png" }, Buffer.from("x")), ""));

  const cases = [
    ["<p>one</p><p>two</p>", "\none\n\ntwo\n"],
    ["wo<b>rd</b>s", "words"],
    ["a<br>b", "a\nb"],
    ["<a href='x'>link</a>", "link"],
    ["&uuml;&#252;&#xFC;&amp;lt; &unknown; &#0; &#xD800;", "üüü&lt; &unknown; &#0; &#xD800;"],
    ["&copy 2024", "© 2024"],
    ["a<!-- no <b> -->b", "ab"],
    ["a<!-- never closed", "a<!-- never closed"],
    ["a<!-- never closed <b>", "a"],
    ["<style>p { x: y }</style>a<script>if (a<b) {}</SCRIPT >b", "\na\nb"],
    ["a<script>never closed <b>", "a\n"],
    ["1 < 2 > 1", "1 < 2 > 1"],
    ["a <b", "a <b"],
  ] as const;
  for (const [source, expected] of cases) {
    test(`${source} reads ${JSON.stringify(expected)}`, () =>
      assert.equal(textForSearch(html, Buffer.from(source)), expected));
  }

  test("stops at its bound", () =>
    assert.equal(textForSearch(plain, Buffer.alloc(SEARCH_TEXT_OCTETS_MAX + 1, "x")).length, SEARCH_TEXT_OCTETS_MAX));
});

suite("folding for search", () => {
  const same = [
    ["Über", "ÜBER"],
    ["u\u0308ber", "über"], // composed or not
    ["straße", "STRASSE"],
    ["ΟΔΟΣ", "οδος"],
    ["ﬁne", "fine"],
    ["Ｆｕｌｌ", "full"],
    ["soft\u00adhyphen", "softhyphen"],
    ["two\r\n words", "two words"],
    ["ASCII  ONLY", "ascii only"],
  ] as const;
  for (const [left, right] of same) {
    test(`${left} is ${right}`, () => assert.equal(foldForSearch(left), foldForSearch(right)));
  }

  test("ß is found in a word that has it", () => assert.ok(foldForSearch("Die Straße").includes(foldForSearch("ß"))));

  test("accents count", () => assert.notEqual(foldForSearch("uber"), foldForSearch("über")));

  test("marks that pile up are cut, so that their order costs no square (UAX #15 stream-safe text)", () => {
    for (const pair of ["\u0300\u0316", "\uff9e\u0316"]) {
      const folded = foldForSearch(`a${pair.repeat(1000)} b`);
      assert.ok(folded.length < 40 && folded.endsWith(" b"), `${folded.length} characters`);
    }
  });

  test("is the same when done twice", () => {
    for (const text of ["ẞß", "İı", "ŉ", "ΐ", "ǰ", "Σς"]) {
      assert.equal(foldForSearch(foldForSearch(text)), foldForSearch(text));
    }
  });
});

suite("preview", () => {
  test("is one line", () => assert.equal(previewText(plain, Buffer.from(" a\r\n\tb\u200b\u0000c ")), "a b c"));

  test("ends at its bound, and never in half a character", () => {
    assert.equal(previewText(plain, Buffer.from("x".repeat(1000))).length, PREVIEW_LENGTH_MAX);
    assert.equal(previewText(plain, Buffer.from("aü").subarray(0, 2)), "a");
    const cut = previewText(plain, Buffer.from(`${"x".repeat(PREVIEW_LENGTH_MAX - 1)}😀`));
    assert.equal(cut, "x".repeat(PREVIEW_LENGTH_MAX - 1));
  });
});
