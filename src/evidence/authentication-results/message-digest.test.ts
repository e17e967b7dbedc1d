import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { MESSAGE, signed } from "../../../test/fakes/signed-mail.ts";
import { HEADER_OCTETS_MAX } from "../dkim/limits.ts";
import { type DigestedMessage, MessageDigest } from "./message-digest.ts";

function digest(message: string, cuts: readonly number[] = []): DigestedMessage {
  const octets = Buffer.from(message, "latin1");
  const reader = new MessageDigest();
  let start = 0;
  for (const cut of [...cuts.map((at) => at % (octets.length + 1)).toSorted((a, b) => a - b), octets.length]) {
    // A chunk belongs to its giver again as soon as it was taken.
    const chunk = Buffer.from(octets.subarray(start, cut));
    reader.write(chunk);
    chunk.fill(0);
    start = cut;
  }
  return reader.end();
}

/** @param end what the header ends with, its empty line among it. */
function check(message: string, end: string): void {
  const { header } = digest(message);
  assert.equal(Buffer.from(header).toString("latin1"), end);
  for (let cut = 0; cut <= message.length; cut++) {
    assert.deepEqual(digest(message, [cut]).header, header, `cut at ${cut}`);
  }
}

test("the header ends at the first empty line, wherever the chunks end", () => {
  check("A: b\r\n\r\nbody", "A: b\r\n\r\n");
  check("A: b\n\nC: d\n\n", "A: b\n\n");
  check("A: b\r\n\nC: d", "A: b\r\n\n");
  check("\r\nA: b\r\n\r\n", "\r\n");
  check("\nA: b\n", "\n");
  check("A: b\r\n", "A: b\r\n");
  check("A: b", "A: b");
  check("A: b\r\n\r", "A: b\r\n\r");
  check("A: b\r\n\rC: d\r\n\r\n", "A: b\r\n\rC: d\r\n\r\n");
  check("", "");
});

test("the same digest however the octets are cut", async () => {
  const one = await signed(MESSAGE);
  const whole = [await signed(one, { canonicalization: "simple/simple", bodyOctetsMax: 4 }), "\r\n\r\nA: b", MESSAGE];
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.array(fc.nat(), { maxLength: 12 }), (message, cuts) => {
      assert.deepEqual(digest(message, cuts), digest(message));
    }),
    { numRuns: 200 },
  );
});

test("a header over its bound is not read and not held, however it comes", () => {
  const field = `X: ${"x".repeat(1020)}\r\n`;
  const fields = field.repeat(HEADER_OCTETS_MAX / field.length + 1);
  for (const rest of ["", "\r\nbody"]) {
    const { header, author, signatures, arc } = digest(
      `From: a@example.com\r\n${fields}${rest}`,
      [100, 200_000, 262_150],
    );
    assert.deepEqual([header.length, author.kind, signatures.length, arc.kind], [0, "header-too-large", 0, "broken"]);
  }
  const fits = `From: a@example.com\r\n${"X: y\r\n".repeat(40_000)}\r\n`;
  assert.equal(digest(fits, [3, 99_999]).author.kind, "one");
});

test("what is handed on is plain data for another thread", async () => {
  const digested = digest(await signed(MESSAGE));
  assert.deepEqual(structuredClone(digested), digested);
});
