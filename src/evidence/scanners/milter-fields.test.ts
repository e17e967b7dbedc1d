import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { splitFields } from "#mail/header/fields.ts";
import type { Change } from "#protocol/milter/reply.ts";
import { ADDED_FIELDS_MAX, ADDED_OCTETS_MAX } from "./limits.ts";
import { addedFields, additionsAmong, milterFields, spamField } from "./milter-fields.ts";

const HOST = "mx.local.test";

const add = (name: string, value: string, index: number | null = null): Change => ({
  kind: "add-header",
  index,
  name,
  value,
});

/** @param expected the fields that are taken, or what is refused. */
function check(changes: readonly Change[], expected: readonly string[], refused: readonly string[] = []): void {
  assert.deepEqual(addedFields(changes, HOST), { taken: expected, refused });
}

suite("fields that a milter adds", () => {
  test("stand as it says, those for the top first, the last of them highest", () => {
    check(
      [add("X-End", "1"), add("X-Low", "2", 0), add("X-High", "3", 0)],
      ["X-High: 3\r\n", "X-Low: 2\r\n", "X-End: 1\r\n"],
    );
  });

  test("may be folded, in any kind of line end", () => {
    check([add("X-A", " one\n\ttwo")], ["X-A: one\r\n\ttwo\r\n"]);
    check([add("X-A", "one\r\n two\r\n")], ["X-A: one\r\n two\r\n"]);
  });

  test("cannot end the header or begin another field", () => {
    for (const value of [
      "a\nBcc: x@example.com",
      "a\r\n\r\nbody",
      "a\n\n b",
      "a\0b",
      "a\u0007b",
      "x".repeat(999),
      "a\n ",
    ]) {
      const [refused] = [addedFields([add("X-A", value)], HOST)];
      for (const field of refused.taken) assert.equal(splitFields(Buffer.from(field)).length, 1, JSON.stringify(value));
    }
    check([add("X-A", "a\nBcc: x@example.com")], [], ["X-A"]);
    check([add("X A", "1"), add("", "1"), add("X:A", "1"), add("X\u00e4", "1")], [], ["X A", "", "X:A", "X\u00e4"]);
  });

  test("that only we may write are not taken (RFC 8601 §5), nor those that are the sender's", () => {
    const names = [
      "Authentication-Results",
      "Return-Path",
      "X-Spam-Status",
      "x-spam-flag",
      "X-Postern-Id",
      "Received",
      "FROM",
      "Content-Type",
    ];
    for (const name of names) check([add(name, "mx.LOCAL.test; dkim=pass")], [], [name]);
    check([add("Authentication-Results", "(c) mx.local.test/1; dkim=pass")], [], ["Authentication-Results"]);
    check(
      [add("Authentication-Results", "filter.local.test; dkim=pass")],
      ["Authentication-Results: filter.local.test; dkim=pass\r\n"],
    );
    check([add("X-Spam", "Yes")], ["X-Spam: Yes\r\n"]);
  });

  test("are bounded in number and size", () => {
    const many = Array.from({ length: ADDED_FIELDS_MAX + 10 }, (_, index) => add(`X-${index}`, "1"));
    assert.deepEqual(
      [addedFields(many, HOST).taken.length, addedFields(many, HOST).refused.length],
      [ADDED_FIELDS_MAX, 10],
    );
    const long = Array.from({ length: 40 }, (_, index) =>
      add(`X-${index}`, Array(10).fill("y".repeat(900)).join("\n ")),
    );
    const octets = Buffer.byteLength(addedFields(long, HOST).taken.join(""));
    assert.ok(octets <= ADDED_OCTETS_MAX && octets > ADDED_OCTETS_MAX / 2);
  });

  test("whatever it says, what is taken is that many whole fields with their CRLF", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("a\n b", "\r\n\tc", "d\r\n\r\n", ""),
    );
    const changes = fc.array(fc.tuple(fc.oneof(fc.constant("X-A"), texts), texts), { maxLength: 6 });
    fc.assert(
      fc.property(changes, (asked) => {
        const { taken, refused } = addedFields(
          asked.map(([name, value]) => add(name, value)),
          HOST,
        );
        assert.equal(taken.length + refused.length, asked.length);
        const header = Buffer.from(taken.join(""));
        assert.equal(splitFields(header).length, taken.length);
        assert.ok(
          taken.every((field) => field.endsWith("\r\n") && !field.includes("\r\n\r\n") && !/\r(?!\n)/.test(field)),
        );
      }),
      { numRuns: 300 },
    );
  });
});

const change = (name: string, value: string): Change => ({ kind: "change-header", index: 1, name, value });

suite("changes of fields", () => {
  const header = Buffer.from("Subject: x\r\nX-Spam: No\r\n\r\n");

  test("that the message does not have are additions; what it has stays as it is", () => {
    const found = additionsAmong([change("X-New", "1"), change("Subject", "y"), change("X-Gone", "")], header);
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["add-header", "change-header", "change-header"],
    );
  });

  test("the mark of spam is added even beside the sender's own", () => {
    assert.deepEqual(additionsAmong([change("X-Spam", "Yes")], header), [add("X-Spam", "Yes", 0)]);
  });
});

const said = (name: string, value: string): string | null => spamField([add(name, value)]);

test("reads off a field that the milter takes a message for spam", () => {
  assert.equal(said("X-Spam", "Yes"), "X-Spam");
  assert.equal(said("X-Spam-Flag", "YES"), "X-Spam-Flag");
  assert.equal(said("X-Spam-Status", "Yes, score=9"), "X-Spam-Status");
  assert.equal(said("X-Spam-Status", "No, score=1"), null);
  assert.equal(said("X-Spam-Report", "Yes"), null);
  assert.equal(said("Subject", "Yes"), null);
});

const text = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

test("tells the header as its sender wrote it: without our trace, with what a submission server adds", () => {
  const ours = "Return-Path: <a@b.example>\r\nReceived: by us\r\n\twith SMTP\r\nDate: now\r\n";
  const theirs = "Received: by others\r\nSubject:  two\r\n\tlines\r\nX-Odd : 1\r\n\r\n";
  const fields = [...milterFields(Buffer.from(ours + theirs), ours.length)];
  assert.deepEqual(
    fields.map(({ name, value }) => [text(name), text(value)]),
    [
      ["Date", " now"],
      ["Received", " by others"],
      ["Subject", "  two\n\tlines"],
      ["X-Odd", " 1"],
    ],
  );
});
