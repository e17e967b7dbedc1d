import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { REPLY_LINE_OCTETS_MAX, REPLY_LINES_MAX } from "./client-limits.ts";
import { type ReadReply, ReplyReader } from "./client-reply-reader.ts";

function readAll(octets: Uint8Array, cuts: readonly number[] = []): readonly ReadReply[] {
  const reader = new ReplyReader();
  const found: ReadReply[] = [];
  let at = 0;
  for (const cut of [...cuts, octets.length].toSorted((one, other) => one - other)) {
    reader.append(octets.subarray(at, cut));
    at = Math.max(at, cut);
    for (let read = reader.next(); read !== undefined; read = reader.next()) {
      found.push(read);
      if (typeof read === "string") return found;
    }
  }
  return found;
}

function check(said: string, ...expected: readonly (string | readonly [number, string | null, string])[]): void {
  const read = readAll(Buffer.from(said, "utf8"));
  assert.deepEqual(
    read,
    expected.map((one) => (typeof one === "string" ? one : { code: one[0], status: one[1], text: one[2] })),
  );
}

suite("replies of a server (RFC 5321 §4.2)", () => {
  test("code, status and text, of one line and of several", () => {
    check("250 OK\r\n", [250, null, "OK"]);
    check("250\r\n", [250, null, ""]);
    check("550 5.1.1 no such user\r\n", [550, "5.1.1", "no such user"]);
    check("550-5.1.1 no such\r\n550 5.1.1 user here\r\n", [550, "5.1.1", "no such\nuser here"]);
    check("250-mx\r\n250-SIZE 1\r\n250 OK\r\n354 go\r\n", [250, null, "mx\nSIZE 1\nOK"], [354, null, "go"]);
    check("250 OK\n", [250, null, "OK"]);
    check("250-half\r\n");
  });

  test("a status of another class than the code is text (RFC 2034 §4)", () => {
    check("250 5.1.1 fine\r\n", [250, null, "5.1.1 fine"]);
    check("451 4.7.1\r\n", [451, "4.7.1", ""]);
    check("550 5.1.1234 x\r\n", [550, null, "5.1.1234 x"]);
  });

  test("what is no reply is a problem, not a guess", () => {
    for (const said of [
      "hello\r\n",
      "25 OK\r\n",
      "150 preliminary\r\n",
      "650 x\r\n",
      "\r\n",
      "250OK\r\n",
      " 250 OK\r\n",
    ]) {
      check(said, "malformed-reply");
    }
    check("250-one\r\n550 two\r\n", "malformed-reply");
  });

  test("control characters of a server reach no report and no terminal", () => {
    check("550 a\u001b[2Jb\tc\rd\u0000\r\n", [550, null, "a?[2Jb?c?d?"]);
    check("550 zu gro\u00df\r\n", [550, null, "zu gro\u00df"]);
  });

  test("a line, a reply and the wait for a line end are bounded", () => {
    const longest = "x".repeat(REPLY_LINE_OCTETS_MAX - 4);
    check(`250 ${longest}\r\n`, [250, null, longest]);
    check(`250 ${longest}x\r\n`, "reply-too-long");
    check("x".repeat(REPLY_LINE_OCTETS_MAX + 1), "reply-too-long");
    check("250-x\r\n".repeat(REPLY_LINES_MAX + 1), "reply-too-long");
    check(`250-${"x".repeat(2000)}\r\n`.repeat(20), "reply-too-long");
  });

  test("the same replies however the octets are cut", () => {
    const line = fc.tuple(
      fc.integer({ min: 190, max: 600 }),
      fc.constantFrom("-", " ", ""),
      fc.string({ maxLength: 12 }),
    );
    const said = fc
      .array(line, { maxLength: 8 })
      .map((lines) => Buffer.from(lines.map((l) => l.join("")).join("\r\n")));
    fc.assert(
      fc.property(said, fc.array(fc.nat(80), { maxLength: 6 }), (octets, cuts) => {
        const inside = cuts.filter((cut) => cut < octets.length);
        assert.deepEqual(readAll(octets, inside), readAll(octets));
      }),
      { numRuns: 200 },
    );
  });
});
