import assert from "node:assert/strict";
import { Buffer, isAscii } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { scanMessage } from "#mail/mime/scanner.ts";
import type { MimePart } from "#mail/mime/structure.ts";
import { decodeTransfer } from "#mail/text/transfer-encoding.ts";
import { type Preparation, type PreparedMessage, prepareMessage, type StoredMessage } from "./prepare-message.ts";

const OWN: Preparation = { authorship: "own", without: ["return-path", "bcc"] };
const FORWARDED: Preparation = { authorship: "forwarded", without: ["return-path"] };

/** Reads come back in pieces of at most so many octets. */
function stored(octets: Buffer, pieceOctets = Number.POSITIVE_INFINITY): StoredMessage {
  return {
    sizeOctets: octets.length,
    read: (start, end) => Promise.resolve(octets.subarray(start, Math.min(end, start + pieceOctets))),
  };
}

async function whole({ header, body }: PreparedMessage): Promise<Buffer> {
  const pieces: Uint8Array[] = [header];
  for await (const piece of body()) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function prepared(message: string | Buffer, preparation = OWN): Promise<string> {
  const octets = typeof message === "string" ? Buffer.from(message, "utf8") : message;
  return (await whole(await prepareMessage(stored(octets), preparation))).toString("latin1");
}

async function check(message: string, expected: string, preparation = OWN): Promise<void> {
  assert.equal(await prepared(message, preparation), expected);
}

const LONG = "word ".repeat(300);

test("a message that every server can pass on goes out as it is", async () => {
  const message = "From: a@example.com\r\nSubject: hi\r\n\r\nGood day.\r\n\r\n.\r\n";
  await check(message, message);
  await check(message, message, FORWARDED);
});

test("the header ends with the first empty line, wherever a piece of it ends", async () => {
  for (const [header, body] of [
    ["", "\r\nx\r\n\r\ny\r\n"],
    ["A: b\r\nC: d\r\n", "\r\nx\r\n\r\ny\r\n"],
    ["A: b\r\n", "\r\n"],
  ] as const) {
    for (let pieceOctets = 1; pieceOctets < 8; pieceOctets++) {
      const message = stored(Buffer.from(header + body), pieceOctets);
      assert.equal((await prepareMessage(message, OWN)).header.toString(), `${header}\r\n`);
    }
  }
});

test("RFC 5321 §4.4: Return-Path is taken off, and of mail that was written here Bcc too", async () => {
  const message =
    "Return-Path: <a@example.com>\r\nReceived: x\r\nBcc: c@example.net,\r\n d@example.net\r\nTo: b@example.net\r\n\r\nx\r\n";
  await check(message, "Received: x\r\nTo: b@example.net\r\n\r\nx\r\n");
  await check(
    message,
    "Received: x\r\nBcc: c@example.net,\r\n d@example.net\r\nTo: b@example.net\r\n\r\nx\r\n",
    FORWARDED,
  );
});

test("RFC 6376 §5.3: 8-bit text that was written here goes out as quoted-printable", async () => {
  await check(
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n",
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n",
  );
});

test("8-bit text without MIME fields gets them", async () => {
  const fields = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=";
  const encoding = "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  await check("Subject: x\r\n\r\nü\r\n", `Subject: x\r\n${fields}utf-8${encoding}=C3=BC\r\n`);
  const latin1 = await prepared(Buffer.from("Subject: x\r\n\r\n\xfc\r\n", "latin1"));
  assert.equal(latin1, `Subject: x\r\n${fields}unknown-8bit${encoding}=FC\r\n`);
});

test("8-bit mail of others stays as they signed it (R38)", async () => {
  const message = "Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n";
  const { isEightBit, ...rest } = await prepareMessage(stored(Buffer.from(message)), FORWARDED);
  assert.equal(isEightBit, true);
  assert.equal((await whole({ isEightBit, ...rest })).toString("utf8"), message);
});

test("RFC 5321 §4.5.3.1.6: lines over 998 octets are broken, also in mail of others (R39)", async () => {
  for (const preparation of [OWN, FORWARDED]) {
    const text = await prepared(`Subject: x\r\n\r\n${LONG}\r\n`, preparation);
    assert.ok(text.split("\r\n").every((line) => line.length <= 76));
    assert.match(text, /Content-Transfer-Encoding: quoted-printable/);
  }
});

test("a line of 998 octets is left as it is", async () => {
  const message = `Subject: x\r\n\r\n${"y".repeat(998)}\r\n`;
  await check(message, message);
  assert.notEqual(await prepared(`Subject: x\r\n\r\n${"y".repeat(999)}\r\n`), message);
});

test("a header line over 998 octets is folded at its blanks", async () => {
  const text = await prepared(`Subject: ${LONG}\r\nTo: a@example.com\r\n\r\nx\r\n`);
  const lines = text.split("\r\n");
  assert.ok(lines.every((line) => line.length <= 78));
  assert.equal(text.replaceAll("\r\n ", " ").split("\r\n")[0], `Subject: ${LONG}`);
});

test("only the parts that need it are changed", async () => {
  const plain = "--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n";
  const image = "--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\nä\r\n";
  const html = "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\nü\r\n--b--\r\n";
  const top = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  await check(
    top + plain + image + html,
    `${top}${plain}--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nw6Q=\r\n\r\n` +
      "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n--b--\r\n",
  );
});

test("RFC 1847 §2.1: what stands in multipart/signed is not changed", async () => {
  const message =
    "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nü\r\n--b\r\n\r\nsig\r\n--b--\r\n";
  assert.equal(Buffer.from(await prepared(message), "latin1").toString("utf8"), message);
});

test("an attached message is changed inside, never encoded as a whole (RFC 2046 §5.2.1)", async () => {
  const text = await prepared("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nü\r\n");
  assert.equal(
    text,
    "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nMIME-Version: 1.0\r\n" +
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n",
  );
});

test("base64 in one long line is broken into lines", async () => {
  const message = `Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${"QUJD".repeat(500)}\r\n`;
  const lines = (await prepared(message)).split("\r\n");
  assert.ok(lines.every((line) => line.length <= 76));
  assert.equal(lines.slice(3).join(""), "QUJD".repeat(500));
});

test("a header without its empty line gets one", async () => {
  await check("Subject: x\r\n", "Subject: x\r\n\r\n");
  await check("Subject: x", "Subject: x\r\n\r\n");
});

interface Leaf {
  readonly type: string;
  readonly octets: string;
}

/** What a reader is shown of each leaf. */
function leaves(octets: Buffer, part: MimePart = scanMessage(octets).root): readonly Leaf[] {
  if (part.message !== undefined) return leaves(octets, part.message.root);
  if (part.parts !== undefined) return part.parts.flatMap((child) => leaves(octets, child));
  const decoded = Buffer.from(decodeTransfer(octets.subarray(part.bodyStart, part.bodyEnd), part.encoding));
  return [{ type: `${part.type}/${part.subtype}`, octets: decoded.toString("latin1").replace(/(?:\r\n)+$/, "") }];
}

const body = fc
  .array(fc.constantFrom("Grüße", " ", "\r\n", "=", "x".repeat(1200), "\t\r\n", ".", "€"), { maxLength: 12 })
  .map((words) => words.join(""));
const leaf = fc
  .tuple(fc.constantFrom("text/plain; charset=utf-8", "text/html; charset=utf-8", "application/x-any"), body)
  .map(([type, text]) => `Content-Type: ${type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}`);
const message = fc.array(leaf, { minLength: 1, maxLength: 3 }).map((parts) => {
  if (parts.length === 1) return `MIME-Version: 1.0\r\n${parts[0]}\r\n`;
  const inside = parts.map((part) => `--b\r\n${part}\r\n`).join("");
  return `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${inside}--b--\r\n`;
});

test("every leaf says the same as before, in ASCII and short lines, however the store cuts it (R39)", async () => {
  await fc.assert(
    fc.asyncProperty(message, fc.integer({ min: 1, max: 3000 }), async (text, pieceOctets) => {
      const before = Buffer.from(text, "utf8");
      const ready = await prepareMessage(stored(before, pieceOctets), OWN);
      const after = await whole(ready);
      assert.ok(isAscii(after));
      assert.ok(
        after
          .toString("latin1")
          .split("\r\n")
          .every((line) => line.length <= 998),
      );
      assert.deepEqual(leaves(after), leaves(before));
      assert.deepEqual(await whole(ready), after, "the same each time");
    }),
    { numRuns: 150 },
  );
});
