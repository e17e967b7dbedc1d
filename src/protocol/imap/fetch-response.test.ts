import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import * as fc from "fast-check";
import type { Envelope, MimePart } from "#mail/mime/structure.ts";
import { encodeFetch, type FetchValue, prepareValue } from "./fetch-response.ts";
import { NO_ENVELOPE, PART } from "./mime-part.test-data.ts";
import { unicode } from "./unicode.test-data.ts";

/** @param expected without `* 1 FETCH (` and `)`; a range of the stored message shows as `<start-end>`. */
function check(values: readonly FetchValue[], expected: string, options = { utf8: false }): void {
  const written = (all: readonly FetchValue[]): string =>
    encodeFetch(1, all, options)
      .map((piece) =>
        piece instanceof Uint8Array ? Buffer.from(piece).toString("latin1") : `<${piece.start}-${piece.end}>`,
      )
      .join("");
  assert.equal(written(values), `* 1 FETCH (${expected})\r\n`);
  const prepared = values.map((value): FetchValue => {
    const text = prepareValue(value, options);
    return text === undefined ? value : { kind: "prepared", text };
  });
  assert.equal(written(prepared), written(values), "prepared");
}

function checkStructure(root: MimePart, body: string, bodyStructure: string, options = { utf8: false }): void {
  check([{ kind: "body", root }], `BODY ${body}`, options);
  check([{ kind: "body-structure", root }], `BODYSTRUCTURE ${bodyStructure}`, options);
}

const address = (name: string | null, mailbox: string | null, host: string | null, route: string | null = null) => ({
  name,
  route,
  mailbox,
  host,
});

test("flags, dates, numbers (RFC 3501 §7.4.2, RFC 7162 §3.1.4)", () => {
  const date = { ms: Date.UTC(1996, 6, 17, 9, 44, 25), zoneMinutes: -420 };
  check(
    [
      { kind: "flags", flags: [String.raw`\Seen`, "$x"] },
      { kind: "internal-date", date },
      { kind: "size", octets: 4286 },
      { kind: "uid", uid: 5 },
      { kind: "mod-sequence", modSeq: 624140003 },
    ],
    String.raw`FLAGS (\Seen $x) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286 UID 5 MODSEQ (624140003)`,
  );
  check([{ kind: "flags", flags: [] }], "FLAGS ()");
});

test("the envelope of RFC 3501 §8", () => {
  const gray = [address("Terry Gray", "gray", "cac.washington.edu")];
  const envelope: Envelope = {
    date: "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
    subject: "IMAP4rev1 WG mtg summary and minutes",
    from: gray,
    sender: null,
    replyTo: [],
    to: [address(null, "imap", "cac.washington.edu")],
    cc: [address(null, "minutes", "CNRI.Reston.VA.US"), address("John Klensin", "KLENSIN", "MIT.EDU")],
    bcc: null,
    inReplyTo: null,
    messageId: "<B27397-0100000@cac.washington.edu>",
  };
  const terry = '(("Terry Gray" NIL "gray" "cac.washington.edu"))';
  check(
    [{ kind: "envelope", envelope }],
    `ENVELOPE ("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" ${terry} ${terry} ${terry} ` +
      '((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")' +
      '("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.edu>")',
  );
});

test("groups and routes in an envelope (RFC 3501 §7.4.2)", () => {
  const to = [address(null, "group", null), address(null, "g1", "d1.org"), address(null, null, null)];
  const envelope = { ...NO_ENVELOPE, from: [address(null, "user", "domain", "@route")], to };
  const from = '((NIL "@route" "user" "domain"))';
  check(
    [{ kind: "envelope", envelope }],
    `ENVELOPE (NIL NIL ${from} ${from} ${from} ((NIL NIL "group" NIL)(NIL NIL "g1" "d1.org")(NIL NIL NIL NIL)) NIL NIL NIL NIL)`,
  );
});

test("text outside ASCII is a literal, or in quotes for those who enabled it (RFC 6855 §3)", () => {
  const envelope = { ...NO_ENVELOPE, subject: "ä", messageId: '<"a\\b"@x>' };
  const rest = String.raw`NIL NIL NIL NIL NIL NIL NIL "<\"a\\b\"@x>")`;
  check([{ kind: "envelope", envelope }], `ENVELOPE (NIL {2}\r\n\xc3\xa4 ${rest}`);
  check([{ kind: "envelope", envelope }], `ENVELOPE (NIL "\xc3\xa4" ${rest}`, { utf8: true });
});

const text = (octets: number, bodyLines: number): MimePart => ({
  ...PART,
  bodyEnd: octets,
  bodyLines,
  parameters: [["charset", "US-ASCII"]],
});

test("the body structures of RFC 3501 §7.4.2", () => {
  const simple = '"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 2279 48';
  checkStructure(text(2279, 48), `(${simple})`, `(${simple} NIL NIL NIL NIL)`);
  const second: MimePart = {
    ...text(4554, 73),
    parameters: [
      ["charset", "US-ASCII"],
      ["name", "cc.diff"],
    ],
    contentId: "<960723163407.20117h@cac.washington.edu>",
    description: "Compiler diff",
    encoding: "base64",
  };
  const root: MimePart = {
    ...PART,
    type: "multipart",
    subtype: "mixed",
    parameters: [["boundary", "b"]],
    parts: [text(1152, 23), second],
  };
  const first = '"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23';
  const diff =
    '"TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") ' +
    '"<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73';
  checkStructure(
    root,
    `((${first})(${diff}) "MIXED")`,
    `((${first} NIL NIL NIL NIL)(${diff} NIL NIL NIL NIL) "MIXED" ("BOUNDARY" "b") NIL NIL NIL)`,
  );
});

test("extension data in its order (RFC 3501 §7.4.2)", () => {
  const image: MimePart = {
    ...PART,
    bodyEnd: 99,
    type: "image",
    subtype: "png",
    encoding: "base64",
    md5: "Q2hlY2s=",
    disposition: { type: "attachment", parameters: [["filename", "a b.png"]] },
    language: ["en", "de"],
    location: "http://x/",
  };
  const fields = '"IMAGE" "PNG" NIL NIL NIL "BASE64" 99';
  const rest = '"Q2hlY2s=" ("ATTACHMENT" ("FILENAME" "a b.png")) ("en" "de") "http://x/"';
  checkStructure(image, `(${fields})`, `(${fields} ${rest})`);
});

test("a message in a message has envelope, structure and lines", () => {
  const forwarded: MimePart = {
    ...PART,
    bodyEnd: 300,
    bodyLines: 12,
    type: "message",
    subtype: "rfc822",
    message: { envelope: { ...NO_ENVELOPE, subject: "s" }, root: text(20, 2) },
  };
  const envelope = '(NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL)';
  const inner = '"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 20 2';
  const start = '"MESSAGE" "RFC822" NIL NIL NIL "7BIT" 300';
  checkStructure(
    forwarded,
    `(${start} ${envelope} (${inner}) 12)`,
    `(${start} ${envelope} (${inner} NIL NIL NIL NIL) 12 NIL NIL NIL NIL)`,
  );
  const global = { ...forwarded, subtype: "global" };
  check([{ kind: "body", root: global }], 'BODY ("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 300)');
  check(
    [{ kind: "body", root: global }],
    `BODY ("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 300 ${envelope} (${inner}) 12)`,
    {
      utf8: true,
    },
  );
});

test("what was not taken apart stays grammatical", () => {
  const empty: MimePart = { ...PART, type: "multipart", subtype: "mixed", parts: [] };
  const part = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)';
  checkStructure(empty, `(${part} "MIXED")`, `(${part} "MIXED" NIL NIL NIL NIL)`);
  const { parts: _, ...opaque } = empty;
  check([{ kind: "body", root: opaque }], `BODY (${part} "MIXED")`);
  const tooDeep: MimePart = { ...PART, type: "message", subtype: "rfc822", bodyEnd: 9 };
  check([{ kind: "body", root: tooDeep }], 'BODY ("APPLICATION" "OCTET-STREAM" NIL NIL NIL "7BIT" 9)');
});

test("sections are named as they were asked for, with their content or a place for it", () => {
  const item = { kind: "section", spelling: "BODY", peek: true, partial: null } as const;
  const names = { kind: "header-fields", not: false, names: ["Subject", "x y"] } as const;
  const fields = { ...item, section: { path: [1], text: names }, partial: { start: 0, length: 10 } };
  const whole = { ...item, section: { path: [], text: null } };
  check(
    [
      { kind: "section", item: fields, content: Buffer.from("Subject: x") },
      { kind: "section", item: whole, content: { start: 0, end: 4286 } },
      { kind: "uid", uid: 7 },
    ],
    'BODY[1.HEADER.FIELDS (Subject "x y")]<0> {10}\r\nSubject: x BODY[] {4286}\r\n<0-4286> UID 7',
  );
  check([{ kind: "section", item: whole, content: null }], "BODY[] NIL");
  check([{ kind: "section", item: whole, content: { start: 5, end: 5 } }], 'BODY[] ""');
  check([{ kind: "section", item: { ...whole, spelling: "RFC822" }, content: Buffer.from("x") }], "RFC822 {1}\r\nx");
});

test("BINARY is a literal8 where NUL stands in it or might (RFC 3516 §4.3)", () => {
  const binary = { kind: "binary", path: [1, 2], partial: null } as const;
  check([{ ...binary, content: Buffer.from("a\0") }], "BINARY[1.2] ~{2}\r\na\0");
  check([{ ...binary, content: Buffer.from("ab"), partial: { start: 3, length: 2 } }], "BINARY[1.2]<3> {2}\r\nab");
  check([{ ...binary, content: { start: 1, end: 3 } }], "BINARY[1.2] ~{2}\r\n<1-3>");
  check([{ ...binary, content: null }], "BINARY[1.2] NIL");
  check([{ kind: "binary-size", path: [1], octets: 602 }], "BINARY.SIZE[1] 602");
});

test("whatever stands in a message, its structure has balanced parentheses and no stray octets", () => {
  const string = unicode(6);
  const leaf = fc.record({
    type: string,
    subtype: string,
    encoding: string,
    description: fc.option(string),
    value: string,
  });
  fc.assert(
    fc.property(fc.array(leaf, { maxLength: 4 }), fc.boolean(), (leaves, utf8) => {
      const parts = leaves.map(({ value, ...rest }) => ({ ...PART, ...rest, parameters: [[value, value]] as const }));
      const root: MimePart = { ...PART, type: "multipart", parts };
      const [line] = encodeFetch(1, [{ kind: "body-structure", root }], { utf8 });
      assert(line instanceof Uint8Array);
      assert.equal(balanceOf(Buffer.from(line).toString("latin1")), 0);
    }),
    { numRuns: 60 },
  );
});

/** Open parentheses at the end of a line of strings, atoms and parentheses; NaN where something else stands in it. */
function balanceOf(line: string): number {
  const tokens = /"(?:[^"\\\r\n]|\\["\\])*"|\{(\d+)\}\r\n|[()]|[^"{}()\s\\]+| |\r\n$/y;
  let balance = 0;
  for (let at = 0; at < line.length; ) {
    tokens.lastIndex = at;
    const [token, size = "0"] = tokens.exec(line) ?? [];
    if (token === undefined) return Number.NaN;
    balance += token === "(" ? 1 : token === ")" ? -1 : 0;
    at += token.length + Number(size);
  }
  return balance;
}
