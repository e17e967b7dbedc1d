import * as fc from "fast-check";

/** Any character of Unicode, those that matter to the grammar and to normal forms more often. */
const character: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "&",
    "-",
    "/",
    "+",
    '"',
    "\\",
    "(",
    "{",
    "}",
    "%",
    "*",
    "]",
    " ",
    "\r",
    "\n",
    "~",
    "a",
    "ä",
    "\u0308",
    "日",
    "😀",
  ),
  fc.nat(0x10ffff).map((code) => String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? code + 0x800 : code)),
);

export function unicode(lengthMax: number): fc.Arbitrary<string> {
  return fc.array(character, { maxLength: lengthMax }).map((characters) => characters.join(""));
}
