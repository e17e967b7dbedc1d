import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { scanMessage } from "./scanner.ts";
import { shiftIndex } from "./shift-index.ts";

const LINES = [
  "Subject: x",
  "Content-Type: multipart/mixed; boundary=b",
  "Content-Type: message/rfc822",
  "--b",
  "--b--",
  "",
  "text",
];

test("an index that was shifted is that of the message with the new fields in its header", () => {
  const fields = Buffer.from("Authentication-Results: mx.local.test; none\r\nX-Spam-Status: No,\r\n\ttests=none\r\n");
  const first = "Return-Path: <>\r\nReceived: from a\r\n\tby b\r\n";
  const messages = fc
    .array(fc.constantFrom(...LINES), { maxLength: 20 })
    .map((lines) => `${first}${lines.join("\r\n")}`);
  fc.assert(
    fc.property(messages, (text) => {
      const message = Buffer.from(text);
      const at = text.indexOf("Received");
      const longer = Buffer.concat([message.subarray(0, at), fields, message.subarray(at)]);
      assert.deepEqual(shiftIndex(scanMessage(message), fields.length), scanMessage(longer));
    }),
    { numRuns: 300 },
  );
});
