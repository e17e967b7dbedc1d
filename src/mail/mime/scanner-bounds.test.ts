import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { HEADER_OCTETS_MAX, LINE_HEAD_OCTETS_MAX, NESTING_MAX, PARTS_MAX } from "./limits.ts";
import { MimeScanner } from "./scanner.ts";
import type { MessageIndex, MimePart } from "./structure.ts";

const CHUNK_OCTETS = 64 * 1024;
/** Characters of the index as JSON, for any message: what limits.ts promises. */
const INDEX_LENGTH_MAX = 8 * 1024 * 1024;

suite("MIME scanner under attack (R81)", () => {
  test("100,000 multiparts one in the other", () => {
    const message = Array.from(
      { length: 100_000 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
    );
    const index = scan(message.join(""));
    assert.equal(index.truncated, true);
    assert.equal(depth(index.root), NESTING_MAX + 1);
  });

  test("100,000 messages one in the other", () => {
    const index = scan("Content-Type: message/rfc822\n\n".repeat(100_000));
    assert.equal(index.truncated, true);
    assert.equal(depth(index.root), NESTING_MAX + 1);
  });

  test("a million parts of four octets", () => {
    const index = scan(`Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nabcd\n".repeat(1_000_000)}`);
    assert.equal(index.truncated, true);
    assert.equal(index.root.parts?.length, PARTS_MAX - 1);
    // Nothing is lost: the last part holds the rest.
    assert.equal(index.root.parts?.at(-1)?.bodyEnd, index.sizeOctets);
  });

  test("a digest of messages with a large header each: what is described was read, the rest belongs to the last", () => {
    const index = scan(
      `Content-Type: multipart/digest; boundary=b\n\n${`--b\n\nTo: ${"a@b,".repeat(500)}\n\nx\n`.repeat(3000)}`,
    );
    assert.equal(index.truncated, true);
    const unread = index.root.parts?.filter(({ message }) => message?.envelope.to === null);
    assert.ok(unread !== undefined && unread.length <= 1);
    assert.equal(index.root.parts?.at(-1)?.bodyEnd, index.sizeOctets);
  });

  test("a header of many megabytes, in one line or in many", () => {
    for (const header of [`Subject: ${"x".repeat(4_000_000)}`, `Subject: x${"\n y".repeat(1_000_000)}`]) {
      const index = scan(`Content-Type: text/html\n${header}\nTo: too@late.test\n\nbody`);
      assert.equal(index.truncated, true);
      assert.equal(index.root.subtype, "html");
      assert.equal(index.root.bodyEnd - index.root.bodyStart, "body".length);
      assert.equal(index.envelope.to, null);
    }
  });

  test("50,000 Received fields are counted as far as the header is read", () => {
    const field = "Received: from a by b\n";
    const index = scan(`${field.repeat(50_000)}\n`);
    assert.equal(index.receivedCount, Math.floor(HEADER_OCTETS_MAX / field.length));
    assert.equal(index.truncated, true);
  });

  test("100,000 parentheses, quotes and brackets in every field that is parsed", () => {
    for (const piece of ["(", "()", '"', "<", "[", "=?", "=?a?q?", "\\", "<@", "a@", ";", "*0=", "%"]) {
      const value = piece.repeat(100_000);
      const fields = ["From", "To", "Content-Type", "Content-Disposition", "Content-Language", "Date"];
      scan(`${fields.map((name) => `${name}: ${value}`).join("\n")}\n\nbody`);
    }
  });

  test("tag soup in the text that is previewed", () => {
    for (const piece of ["<", "<!--", "<a ", "<script>", "&#", "&amp"]) {
      scan(`Content-Type: text/html\n\n${piece.repeat(100_000)}`);
    }
  });

  test("lines that look like delimiters and are none", () => {
    const line = `--${"b".repeat(800)}x\n`;
    const opening = Array.from(
      { length: NESTING_MAX - 1 },
      (_, i) => `Content-Type: multipart/mixed; boundary=${"b".repeat(800)}${i}\n\n--${"b".repeat(800)}${i}\n`,
    );
    const index = scan(`${opening.join("")}\n${line.repeat(2_000)}`);
    assert.equal(depth(index.root), NESTING_MAX);
  });

  test("a delimiter line that is longer than what is looked at is none, in a body and in a header", () => {
    const line = `--b${" ".repeat(LINE_HEAD_OCTETS_MAX)}`;
    for (const before of ["\n\none", "\nContent-Type: text/html"]) {
      const index = scan(`Content-Type: multipart/mixed; boundary=b\n\n--b${before}\n${line}\n\ntwo\n--b--`);
      assert.equal(index.root.parts?.length, 1);
    }
  });
});

function scan(message: string): MessageIndex {
  const octets = Buffer.from(message, "latin1");
  const scanner = new MimeScanner();
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) scanner.push(octets.subarray(at, at + CHUNK_OCTETS));
  const index = scanner.finish();
  assert.equal(index.sizeOctets, octets.length);
  assert.ok(JSON.stringify(index).length < INDEX_LENGTH_MAX);
  return index;
}

function depth(part: MimePart): number {
  const inside = part.message === undefined ? (part.parts ?? []) : [part.message.root];
  return 1 + inside.reduce((deepest, child) => Math.max(deepest, depth(child)), 0);
}
