import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { chunk, END_OF_STREAM, INSTREAM } from "./command.ts";
import { CHUNK_OCTETS_MAX, NAME_CHARACTERS_MAX, REPLY_OCTETS_MAX } from "./limits.ts";
import { type GatheredReply, isPong, parseScanReply, parseVersion, ReplyReader, type ScanReply } from "./reply.ts";

function check(said: string, expected: ScanReply | undefined): void {
  assert.deepEqual(parseScanReply(said), expected, said);
}

test("reads what clamd answers to INSTREAM (clamd(8))", () => {
  check("stream: OK", { kind: "clean" });
  check("stream: Eicar-Test-Signature FOUND", { kind: "found", name: "Eicar-Test-Signature" });
  check("instream(local): Eicar FOUND", { kind: "found", name: "Eicar" });
  check("INSTREAM size limit exceeded. ERROR", { kind: "too-large" });
  check("stream: Can't allocate memory ERROR", { kind: "error", text: "stream: Can't allocate memory" });
});

test("a signature may be called as it likes, and is found all the same", () => {
  check("stream: OK FOUND", { kind: "found", name: "OK" });
  check("stream:  FOUND", { kind: "found", name: "a signature without a name" });
  check("stream: a\r\n250 b FOUND", { kind: "found", name: "a 250 b" });
  check(`stream: ${"x".repeat(500)} FOUND`, { kind: "found", name: "x".repeat(NAME_CHARACTERS_MAX) });
});

test("nothing but the exact words says that a message is clean", () => {
  for (const said of ["", "OK", "stream: OK ", "stream: ok", "stream: OKAY", "UNKNOWN COMMAND", "PONG"]) {
    check(said, undefined);
  }
});

test("PING and VERSION", () => {
  assert.equal(isPong("PONG"), true);
  assert.equal(isPong("PONG?"), false);
  assert.equal(parseVersion("ClamAV 1.4.6/27400/Wed"), "ClamAV 1.4.6/27400/Wed");
  assert.equal(parseVersion("220 smtp"), undefined);
});

test("reads the same reply however its octets are cut", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), fc.array(fc.nat(90), { maxLength: 6 }), (text, cuts) => {
      const said = text.replaceAll("\0", "").replace(/[^ -~]/g, "?");
      const octets = Buffer.from(`${said}\0behind`);
      const reader = new ReplyReader();
      let at = 0;
      let found: GatheredReply | undefined;
      for (const cut of [...cuts.toSorted((a, b) => a - b), octets.length]) {
        if (found !== undefined) break;
        found = reader.push(octets.subarray(at, Math.max(at, cut)));
        at = Math.max(at, cut);
      }
      assert.deepEqual(found, { kind: "text", text: said });
    }),
  );
});

test("a reply without an end is given up, not gathered", () => {
  const reader = new ReplyReader();
  assert.equal(reader.push(Buffer.alloc(REPLY_OCTETS_MAX, "x")), undefined);
  assert.deepEqual(reader.push(Buffer.from("x")), { kind: "too-long" });
});

test("no answer throws", () => {
  fc.assert(fc.property(fc.string(), (said) => void parseScanReply(said)));
});

test("frames chunks with four octets of length, and never an empty one, which would end the stream", () => {
  assert.deepEqual([...chunk(Buffer.from("ab"))], [0, 0, 0, 2, 97, 98]);
  assert.deepEqual([...END_OF_STREAM], [0, 0, 0, 0]);
  assert.equal(INSTREAM.toString(), "zINSTREAM\0");
  assert.equal(chunk(Buffer.alloc(CHUNK_OCTETS_MAX)).length, CHUNK_OCTETS_MAX + 4);
  assert.throws(() => chunk(Buffer.alloc(0)), RangeError);
  assert.throws(() => chunk(Buffer.alloc(CHUNK_OCTETS_MAX + 1)), RangeError);
});
