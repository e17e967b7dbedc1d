import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { scanMessage } from "#mail/mime/scanner.ts";
import { encodeBinaryParts, hasBinaryParts } from "./binary-parts.ts";

suite("binary parts in base64", () => {
  test("leaves a message alone that has none", () => check("Subject: x\n\ny\n", "Subject: x\n\ny\n"));

  test("encodes a part with NUL that says nothing of its encoding", () =>
    check("Subject: x\n\n\0", "Content-Transfer-Encoding: base64\nSubject: x\n\nAA==\n"));

  test("encodes inside multiparts and messages, and says so at every level", () =>
    check(
      multipart("binary", "Content-Transfer-Encoding: binary\n\n\u0000\u00ff"),
      multipart("8bit", "Content-Transfer-Encoding: base64\n\nAP8=\n"),
    ));

  test("cannot encode NUL in a header, or in what is encoded already", () => {
    check("Subject: \0\n\ny\n", undefined);
    check("Content-Transfer-Encoding: base64\n\nQQ\0==\n", undefined);
  });

  test("never leaves a binary part or NUL behind (property)", () => {
    const fragment = fc.constantFrom(
      "Content-Transfer-Encoding: binary\r\n",
      'Content-Type: multipart/mixed; boundary="b"\r\n',
      "Content-Type: message/rfc822\r\n",
      "\r\n",
      "--b\r\n",
      "--b--\r\n",
      "\0",
      "text\n",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 20 }), (fragments) => {
        const message = Buffer.from(fragments.join(""), "latin1");
        const encoded = encodeBinaryParts(message, scanMessage(message).root);
        if (encoded === undefined) return;
        assert.ok(!encoded.includes(0));
        assert.ok(!hasBinaryParts(scanMessage(encoded).root));
      }),
      { numRuns: 300 },
    );
  });
});

function check(message: string, expected: string | undefined): void {
  const octets = Buffer.from(message.replaceAll("\n", "\r\n"), "latin1");
  const encoded = encodeBinaryParts(octets, scanMessage(octets).root);
  const text = encoded === undefined ? undefined : Buffer.from(encoded).toString("latin1").replaceAll("\r\n", "\n");
  assert.equal(text, expected);
}

function multipart(encoding: string, part: string): string {
  return [
    'Content-Type: multipart/mixed; boundary="b"',
    `Content-Transfer-Encoding: ${encoding}`,
    "",
    "--b",
    "Content-Type: message/rfc822",
    `Content-Transfer-Encoding: ${encoding}`,
    "",
    part,
    "--b--",
    "",
  ].join("\n");
}
