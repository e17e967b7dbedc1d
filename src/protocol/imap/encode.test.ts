import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import { Cursor, decodeUtf8 } from "./cursor.ts";
import { encodeResponse } from "./encode.ts";
import { encodeAstring, encodeMailbox, encodeNstring, encodeString, utf8Octets } from "./encode-string.ts";
import { decodeMailboxName } from "./mailbox-name.ts";
import type { Response, ResponseCode } from "./response.ts";
import { unicode } from "./unicode.test-data.ts";

/** @param expected without its CRLF; one octet a character. */
function check(response: Response, expected: string, options = { utf8: false }): void {
  assert.equal(Buffer.from(encodeResponse(response, options)).toString("latin1"), `${expected}\r\n`);
}

function checkCode(code: ResponseCode, expected: string): void {
  check({ kind: "tagged", tag: "a", status: "OK", code, text: "Done" }, `a OK [${expected}] Done`);
}

test("status responses (RFC 3501 §7.1)", () => {
  check({ kind: "tagged", tag: "A044", status: "BAD", text: "No such command" }, "A044 BAD No such command");
  check({ kind: "untagged", status: "BYE", text: "Autologout" }, "* BYE Autologout");
  check({ kind: "continue", text: "Ready" }, "+ Ready");
  check({ kind: "continue", text: "" }, "+ ");
  check({ kind: "challenge", octets: Buffer.from("hi") }, "+ aGk=");
});

test("no text breaks its line, or is taken for a response code", () => {
  check({ kind: "untagged", status: "NO", text: "a\r\n* BYE b\0" }, "* NO a * BYE b ");
  check({ kind: "untagged", status: "OK", text: "[ALERT] b" }, "* OK - [ALERT] b");
  check({ kind: "untagged", status: "OK", text: "ä😀" }, "* OK ??");
  check({ kind: "untagged", status: "OK", text: "ä" }, "* OK \xc3\xa4", { utf8: true });
});

test("response codes", () => {
  checkCode({ name: "READ-WRITE" }, "READ-WRITE");
  checkCode({ name: "PRIVACYREQUIRED" }, "PRIVACYREQUIRED");
  checkCode({ name: "UIDNEXT", value: 4392 }, "UIDNEXT 4392");
  checkCode({ name: "HIGHESTMODSEQ", value: 715194045007 }, "HIGHESTMODSEQ 715194045007");
  checkCode(
    { name: "PERMANENTFLAGS", flags: [String.raw`\Deleted`, String.raw`\*`] },
    String.raw`PERMANENTFLAGS (\Deleted \*)`,
  );
  checkCode({ name: "APPENDUID", uidValidity: 38505, uid: 3955 }, "APPENDUID 38505 3955");
  checkCode(
    { name: "COPYUID", uidValidity: 38505, from: [304, 319, 320], to: [3956, 3957, 3958] },
    "COPYUID 38505 304,319:320 3956:3958",
  );
  checkCode({ name: "MODIFIED", set: [7, 9] }, "MODIFIED 7,9");
  checkCode({ name: "BADCHARSET", charsets: ["US-ASCII", "UTF-8"] }, "BADCHARSET (US-ASCII UTF-8)");
  checkCode({ name: "CAPABILITY", capabilities: ["IMAP4rev1", "IDLE"] }, "CAPABILITY IMAP4rev1 IDLE");
});

test("data about the server (RFC 3501 §7.2, RFC 2342, RFC 2971, RFC 5161)", () => {
  check({ kind: "capability", capabilities: ["IMAP4rev1", "AUTH=PLAIN"] }, "* CAPABILITY IMAP4rev1 AUTH=PLAIN");
  check({ kind: "enabled", capabilities: [] }, "* ENABLED");
  check(
    {
      kind: "id",
      fields: [
        ["name", "Cyrus"],
        ["os", null],
      ],
    },
    '* ID ("name" "Cyrus" "os" NIL)',
  );
  check({ kind: "id", fields: null }, "* ID NIL");
  const personal = [{ prefix: "", separator: "/" }];
  check({ kind: "namespace", personal, others: [], shared: [] }, '* NAMESPACE (("" "/")) NIL NIL');
  const shared = [
    { prefix: "#shared/", separator: "/" },
    { prefix: "ä", separator: null },
  ];
  check({ kind: "namespace", personal: [], others: [], shared }, '* NAMESPACE NIL NIL (("#shared/" "/")("&AOQ-" NIL))');
});

test("LIST and LSUB (RFC 3501 §7.2.2, RFC 5258 §3.5)", () => {
  const list = { kind: "list", attributes: [], separator: "/", mailbox: "INBOX" } as const;
  check(list, '* LIST () "/" INBOX');
  check({ ...list, kind: "lsub", separator: null, mailbox: "a b" }, '* LSUB () NIL "a b"');
  check({ ...list, attributes: [String.raw`\Noselect`], mailbox: "" }, String.raw`* LIST (\Noselect) "/" ""`);
  check({ ...list, mailbox: "Foo", childInfo: ["SUBSCRIBED"] }, '* LIST () "/" Foo ("CHILDINFO" ("SUBSCRIBED"))');
  check({ ...list, mailbox: "b", oldName: "a" }, '* LIST () "/" b ("OLDNAME" (a))');
  check({ ...list, mailbox: "NIL" }, '* LIST () "/" "NIL"');
  check({ ...list, mailbox: 'ä"&' }, '* LIST () "/" "&AOQ-\\"&-"');
  check({ ...list, mailbox: "ä&" }, '* LIST () "/" "\xc3\xa4&"', { utf8: true });
});

test("data about a mailbox (RFC 3501 §7.2 to §7.4)", () => {
  check(
    {
      kind: "status",
      mailbox: "blurdybloop",
      values: [
        ["MESSAGES", 231],
        ["UIDNEXT", 44292],
      ],
    },
    "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)",
  );
  check({ kind: "flags", flags: [String.raw`\Seen`, "$Junk"] }, String.raw`* FLAGS (\Seen $Junk)`);
  check({ kind: "exists", count: 23 }, "* 23 EXISTS");
  check({ kind: "recent", count: 5 }, "* 5 RECENT");
  check({ kind: "expunge", sequence: 44 }, "* 44 EXPUNGE");
  check({ kind: "vanished", earlier: true, uids: [41, 43, 44, 45] }, "* VANISHED (EARLIER) 41,43:45");
});

test("SEARCH and ESEARCH (RFC 3501 §7.2.5, RFC 4731 §3.1, RFC 7162 §3.1.5)", () => {
  check({ kind: "search", numbers: [] }, "* SEARCH");
  check({ kind: "search", numbers: [2, 5, 6], modSeq: 917162500 }, "* SEARCH 2 5 6 (MODSEQ 917162500)");
  const esearch = { kind: "esearch", tag: "A282", uid: false } as const;
  check({ ...esearch, min: 2, count: 3 }, '* ESEARCH (TAG "A282") MIN 2 COUNT 3');
  check({ ...esearch, uid: true, all: new Uint32Array([17, 900, 901]) }, '* ESEARCH (TAG "A282") UID ALL 17,900:901');
  check({ ...esearch, all: [], count: 0 }, '* ESEARCH (TAG "A282") COUNT 0');
  check({ ...esearch, all: [1, 2, 3], modSeq: 7 }, '* ESEARCH (TAG "A282") ALL 1:3 MODSEQ 7');
});

test("strings are quoted where they can be, else literals", () => {
  const plain = { utf8: false };
  assert.equal(encodeString(String.raw`a"\b`, plain), String.raw`"a\"\\b"`);
  assert.equal(encodeString("ä", plain), "{2}\r\n\xc3\xa4");
  assert.equal(encodeString("ä", { utf8: true }), '"\xc3\xa4"');
  assert.equal(encodeString("a\r\n\0", { utf8: true }), "{4}\r\na\r\n?");
  assert.equal(encodeNstring(null, plain), "NIL");
  assert.equal(encodeNstring("", plain), '""');
});

const withoutNul = unicode(20).map((value) => value.replaceAll("\0", ""));

test("a client that reads as RFC 3501 §9 says gets back what was sent", () => {
  fc.assert(
    fc.property(withoutNul, fc.boolean(), (value, utf8) => {
      const astring = encodeAstring(utf8Octets(value), { utf8 });
      assert.equal(decodeUtf8(new Cursor(astring).astring("it")), value);
      assert.equal(decodeUtf8(new Cursor(encodeString(value, { utf8 })).string("it")), value);
    }),
    { numRuns: 300 },
  );
});

test("reading a mailbox name that was sent is the identity, in both encodings", () => {
  fc.assert(
    fc.property(unicode(20), fc.boolean(), (value, utf8) => {
      const name = decodeMailboxName(utf8Octets(value), { utf8: true });
      fc.pre(name !== undefined);
      const sent = new Cursor(encodeMailbox(name, { utf8 })).astring("it");
      assert.equal(decodeMailboxName(sent, { utf8 }), name);
    }),
    { numRuns: 300 },
  );
});
