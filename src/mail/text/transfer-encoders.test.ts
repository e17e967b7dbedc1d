import assert from "node:assert/strict";
import { Buffer, isAscii } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { Base64Encoder, Base64Mender } from "./base64-encoder.ts";
import { QuotedPrintableEncoder } from "./quoted-printable-encoder.ts";
import { decodeBase64, decodeQuotedPrintable } from "./transfer-encoding.ts";

interface Encoder {
  write(octets: Uint8Array): Buffer;
  end(): Buffer;
}

function encode(encoder: Encoder, ...pieces: readonly (string | Uint8Array)[]): Buffer {
  const octets = pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "utf8") : piece));
  return Buffer.concat([...octets.map((piece) => encoder.write(piece)), encoder.end()]);
}

function quoted(...pieces: readonly (string | Uint8Array)[]): string {
  return encode(new QuotedPrintableEncoder({ mends: false }), ...pieces).toString("latin1");
}

function mended(...pieces: readonly string[]): string {
  return encode(new QuotedPrintableEncoder({ mends: true }), ...pieces).toString("latin1");
}

function isFit(encoded: Buffer): void {
  assert.ok(isAscii(encoded));
  const lines = encoded.toString("latin1").split("\r\n");
  for (const line of lines) {
    assert.ok(line.length <= 76, `a line of ${line.length}`);
    assert.ok(!/[\r\n]/.test(line), "a lone CR or LF");
  }
}

/** Octets with many line ends, blanks and equals signs in them, cut somewhere. */
const awkward = fc
  .array(fc.constantFrom("\r\n", "\r", "\n", " ", "\t", "=", ".", "From ", "ä", "=C3", "x".repeat(80), "ab", "\0"), {
    maxLength: 60,
  })
  .map((words) => Buffer.from(words.join(""), "utf8"));
const pieces = fc.tuple(awkward, fc.nat(400)).map(([octets, cut]) => [octets.subarray(0, cut), octets.subarray(cut)]);

test("RFC 2045 §6.7: what is no printable ASCII, and a blank at the end of a line, is quoted", () => {
  assert.equal(quoted("Grüße = 1\r\nend \r\n\tx\t"), "Gr=C3=BC=C3=9Fe =3D 1\r\nend=20\r\n\tx=09");
});

test("a dot and an F at the start of a line are quoted, which careless servers change", () => {
  assert.equal(quoted(".\r\nFrom me\r\na.F"), "=2E\r\n=46rom me\r\na.F");
});

test("a CR or LF that is no line break is quoted", () => {
  assert.equal(quoted("a\rb\nc\r\r\nd\r"), "a=0Db=0Ac=0D\r\nd=0D");
});

test("lines are broken softly at 76 characters, and no quoted octet is parted", () => {
  assert.equal(quoted("x".repeat(75)), "x".repeat(75));
  assert.equal(quoted("x".repeat(77)), `${"x".repeat(75)}=\r\nxx`);
  assert.equal(quoted(`${"x".repeat(74)}ä`), `${"x".repeat(74)}=\r\n=C3=A4`);
});

test("quoted-printable is read back as what it was, however it was cut", () => {
  fc.assert(
    fc.property(pieces, (cut) => {
      const encoded = encode(new QuotedPrintableEncoder({ mends: false }), ...cut);
      isFit(encoded);
      assert.deepEqual(Buffer.from(decodeQuotedPrintable(encoded)), Buffer.concat(cut));
    }),
    { numRuns: 200 },
  );
});

test("what is quoted-printable already is broken into lines and else left as it is", () => {
  assert.equal(mended("a=3Db =\r\nc\r\n"), "a=3Db =\r\nc\r\n");
  assert.equal(mended(`${"=C3=A4".repeat(20)}\r\n`), `${"=C3=A4".repeat(12)}=C3=\r\n${"=A4=C3".repeat(7)}=A4\r\n`);
  assert.equal(mended("ä"), "=C3=A4");
});

test("mended quoted-printable says the same as before", () => {
  const text = fc
    .array(fc.constantFrom("=C3=A4", "=3D", "abc", " d", "\r\n", "=\r\n", "y".repeat(90)), { maxLength: 40 })
    .map((words) => words.join(""));
  fc.assert(
    fc.property(text, fc.nat(200), (whole, cut) => {
      const encoder = new QuotedPrintableEncoder({ mends: true });
      const encoded = encode(encoder, whole.slice(0, cut), whole.slice(cut));
      isFit(encoded);
      assert.deepEqual(
        Buffer.from(decodeQuotedPrintable(encoded)).toString(),
        Buffer.from(decodeQuotedPrintable(Buffer.from(whole))).toString(),
      );
    }),
    { numRuns: 200 },
  );
});

test("base64 has lines of 76 characters and is read back as what it was, however it was cut", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(500), (octets, cut) => {
      const encoded = encode(new Base64Encoder(), octets.subarray(0, cut), octets.subarray(cut));
      isFit(encoded);
      assert.deepEqual(Buffer.from(decodeBase64(encoded)), Buffer.from(octets));
      const oneLine = Buffer.from(octets).toString("base64");
      const again = encode(new Base64Mender(), oneLine.slice(0, cut), `\n ${oneLine.slice(cut)}`);
      assert.deepEqual(again, encoded);
    }),
    { numRuns: 200 },
  );
});
