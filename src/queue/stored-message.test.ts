import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { READ_AT_ONCE_OCTETS } from "./limits.ts";
import { openStoredMessage, type StoredMessage } from "./stored-message.ts";

async function open(text: string): Promise<{ readonly message: StoredMessage; readonly reads: () => number }> {
  const octets = Buffer.from(text);
  let reads = 0;
  const store = {
    readContent: async (_: number, start: number, end: number) => {
      reads++;
      return octets.subarray(start, end);
    },
  };
  const message = await openStoredMessage(store, { blobId: 1, sizeOctets: octets.length });
  return { message, reads: () => reads };
}

const RETURN_PATH = "Return-Path: <alice@example.test>\r\n";

suite("a queued message", () => {
  for (const [size, body] of [
    ["small", "Hello.\r\n"],
    ["large", "Hello.\r\n".repeat(READ_AT_ONCE_OCTETS / 4)],
  ] as const) {
    test(`that is ${size} is read from any place to any, without its Return-Path`, async () => {
      const text = `Subject: hi\r\n\r\n${body}`;
      for (const stored of [text, RETURN_PATH + text]) {
        const { message } = await open(stored);
        assert.equal(message.sizeOctets, text.length);
        for (const [start, end] of [
          [0, text.length],
          [3, 7],
          [text.length - 2, text.length + 9],
          [text.length, text.length + 9],
        ] as const) {
          assert.equal(Buffer.from(await message.read(start, end)).toString(), text.slice(start, end));
        }
      }
    });
  }

  test("that has lost octets on the disk is not taken for a shorter one, wherever they are missing (R66)", async () => {
    const whole = Buffer.from(`Subject: hi\r\n\r\n${"Hello.\r\n".repeat(READ_AT_ONCE_OCTETS / 4)}`);
    for (const kept of [undefined, 0, 1, READ_AT_ONCE_OCTETS - 1, READ_AT_ONCE_OCTETS, whole.length - 1]) {
      const told: string[] = [];
      const readContent = async (_: number, start: number, end: number) =>
        kept === undefined ? undefined : whole.subarray(0, kept).subarray(start, end);
      const reading = openStoredMessage({ readContent }, { blobId: 1, sizeOctets: whole.length }, (what) =>
        told.push(what),
      ).then((message) => message.read(0, message.sizeOctets));
      await assert.rejects(reading, /not there|lost its end/, String(kept));
      assert.deepEqual(told, [kept === undefined ? "the message is not there" : "the message has lost its end"]);
    }
  });

  test("that is small is asked of the store once", async () => {
    const { message, reads } = await open(`${RETURN_PATH}Subject: hi\r\n\r\nHello.\r\n`);
    for (let times = 0; times < 3; times++) await message.read(0, message.sizeOctets);
    assert.equal(reads(), 1);
  });
});
