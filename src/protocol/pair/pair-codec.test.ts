import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { formatPairingCode, parsePairingCode, SECRET_OCTETS } from "./code.ts";
import { FRAME_OCTETS_MAX, FrameDecoder, messageFrame, octetsFrame } from "./frames.ts";
import { parsePairMessage } from "./messages.ts";

suite("frames between nodes", () => {
  test("are the same however their octets are cut", () => {
    const contents = fc.array(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 3000 })), { maxLength: 6 });
    fc.assert(
      fc.property(contents, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (items, cuts) => {
        const sent = Buffer.concat(
          items.map((item) => (typeof item === "string" ? messageFrame(item) : octetsFrame(item))),
        );
        const decoder = new FrameDecoder();
        const got: unknown[] = [];
        for (let at = 0, turn = 0; at < sent.length; turn++) {
          const end = at + (cuts[turn % cuts.length] ?? 1);
          for (const frame of decoder.push(sent.subarray(at, end))) {
            got.push(frame.kind === "message" ? JSON.parse(frame.text) : Buffer.from(frame.octets).toString("hex"));
          }
          at = end;
        }
        const expected = items.map((item) => (typeof item === "string" ? item : Buffer.from(item).toString("hex")));
        assert.deepEqual(got, expected);
      }),
      { numRuns: 100 },
    );
  });

  test("a length beyond the bound, or an unknown kind, ends the reading", () => {
    for (const head of [
      Buffer.from([255, 255, 255, 255, 1]),
      Buffer.from([0, 0, 0, 0, 1]),
      Buffer.from([0, 0, 0, 2, 9, 9]),
    ]) {
      const decoder = new FrameDecoder();
      assert.deepEqual(decoder.push(head), []);
      assert.ok(decoder.isBroken);
      assert.deepEqual(decoder.push(messageFrame("more")), []);
    }
    assert.throws(() => octetsFrame(new Uint8Array(FRAME_OCTETS_MAX + 1)));
  });

  test("no octets throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (octets, text) => {
        new FrameDecoder().push(octets);
        parsePairMessage(text);
        parsePairingCode(text);
      }),
      { numRuns: 200 },
    );
  });
});

suite("the code that joins two nodes", () => {
  const code = {
    host: "mx1.example.test",
    port: 2465,
    fingerprint: "ab".repeat(32),
    secret: Buffer.alloc(SECRET_OCTETS, 7),
  };

  test("comes back as it was made", () => assert.deepEqual(parsePairingCode(formatPairingCode(code)), code));

  test("is none when it was cut short, or is another word", () => {
    assert.equal(parsePairingCode(formatPairingCode(code).slice(0, 60)), undefined);
    assert.equal(parsePairingCode("swordfish"), undefined);
  });
});

test("a message with a field too many, or too much of something, is none", () => {
  assert.ok(parsePairMessage('{"kind":"noted"}') !== undefined);
  assert.equal(parsePairMessage('{"kind":"noted","more":1}'), undefined);
  assert.equal(parsePairMessage('{"kind":"recipients","answers":[{"code":999,"status":"","text":""}]}'), undefined);
});
