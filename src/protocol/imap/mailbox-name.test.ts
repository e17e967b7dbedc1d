import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import { decodeMailboxName, decodeModifiedUtf7, encodeModifiedUtf7 } from "./mailbox-name.ts";
import { unicode } from "./unicode.test-data.ts";

function check(encoded: string, text: string): void {
  assert.equal(decodeModifiedUtf7(encoded), text);
  assert.equal(encodeModifiedUtf7(text), encoded);
}

test("modified UTF-7, both ways (RFC 3501 §5.1.3)", () => {
  check("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語");
  check("p&AOQA5A-", "pää");
  check("&-", "&");
  check("a&-b&AOQ-c", "a&bäc");
  check("&2D3eAA-", "😀");
  check("plain name (1)", "plain name (1)");
  check("", "");
});

test("what has another spelling, or none, is not a name", () => {
  const bad = [
    "&",
    "&AOQ",
    "a&b",
    "&AOQ-&AOQ-",
    "&AGE-",
    "&AOR-",
    "&AO-",
    "&AOQ=-",
    "&AO/k-",
    "&2D0-",
    "&!-",
    "\xe4",
    "a\nb",
    "&&-",
  ];
  for (const text of bad) assert.equal(decodeModifiedUtf7(text), undefined, text);
});

test("decoding what was encoded is the identity", () => {
  fc.assert(
    fc.property(unicode(20), (text) => {
      const encoded = encodeModifiedUtf7(text);
      assert.match(encoded, /^[ -~]*$/);
      assert.equal(decodeModifiedUtf7(encoded), text);
    }),
    { numRuns: 100 },
  );
});

function name(text: string, options = { utf8: false }): string | undefined {
  return decodeMailboxName(Buffer.from(text).toString("latin1"), options);
}

test("a name longer than any that exists is not put into normal form, which would take the square of its marks", () => {
  const marks = `a${"\u0300\u0316".repeat(2500)}`;
  assert.equal(name(marks, { utf8: true }), marks);
});

test("INBOX has one spelling, alone and as a first level (RFC 3501 §5.1)", () => {
  assert.equal(name("iNbOx"), "INBOX");
  assert.equal(name("inbox/Lists"), "INBOX/Lists");
  assert.equal(name("inboxes"), "inboxes");
  assert.equal(name("Lists/inbox"), "Lists/inbox");
});

const UTF8 = { utf8: true };

test("names come in NFC and without control characters (RFC 6855 §3)", () => {
  assert.equal(name("A\u0308 & more", UTF8), "Ä & more");
  assert.equal(name("&AOQ-", UTF8), "&AOQ-");
  for (const text of ["a\0", "a\x7f", "a\u0085", "a\u2028b", "\n"]) assert.equal(name(text, UTF8), undefined);
  assert.equal(decodeMailboxName("\xe4", { utf8: true }), undefined);
  assert.equal(decodeMailboxName("&AAo-", { utf8: false }), undefined);
});
