import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { decodeTransfer } from "./transfer-encoding.ts";

suite("quoted-printable (RFC 2045 §6.7)", () => {
  const cases = [
    ["a=3Db=3db", "a=b=b"],
    ["soft=\r\nbreak=\nhere", "softbreakhere"],
    ["soft= \t\r\nbreak", "softbreak"],
    ["blanks at the end \t \r\ngo", "blanks at the end\r\ngo"],
    ["blanks  inside stay", "blanks  inside stay"],
    ["at the very end  ", "at the very end"],
    ["lonely = stays, =XY too, =4", "lonely = stays, =XY too, =4"],
    ["cut at the end =", "cut at the end "],
    ["cut=E", "cut=E"],
    ["", ""],
  ] as const;
  for (const [encoded, expected] of cases) {
    test(JSON.stringify(encoded), () => check("quoted-printable", encoded, expected));
  }
});

suite("base64 (RFC 2045 §6.8)", () => {
  const cases = [
    ["aGVsbG8=", "hello"],
    ["aGVs\r\nbG8=\r\n", "hello"],
    ["aGVsbG8", "hello"],
    ["aGV*s bG8!=", "hello"],
    // Two encoded pieces one behind the other.
    ["YQ==Yg==", "ab"],
    ["-_-_", "\xfb\xff\xbf"],
    ["+/+/", "\xfb\xff\xbf"],
    ["Y", ""],
    ["", ""],
  ] as const;
  for (const [encoded, expected] of cases) test(JSON.stringify(encoded), () => check("base64", encoded, expected));

  test("undoes what any encoder made, wrapped or not", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const encoded = Buffer.from(octets).toString("base64");
        const wrapped = encoded.replace(/(.{76})/g, "$1\r\n");
        for (const text of [encoded, wrapped]) {
          assert.deepEqual(Buffer.from(decodeTransfer(Buffer.from(text), "base64")), Buffer.from(octets));
        }
      }),
      { numRuns: 200 },
    ));
});

suite("transfer encodings", () => {
  test("that are none leave the octets as they are", () => {
    for (const encoding of ["7bit", "8bit", "binary", "x-unknown"]) check(encoding, "=41 \xff", "=41 \xff");
  });

  test("take any octets", () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        for (const encoding of ["quoted-printable", "base64"]) {
          assert.ok(decodeTransfer(octets, encoding).length <= octets.length);
        }
      }),
      { numRuns: 200 },
    ));
});

function check(encoding: string, encoded: string, expected: string): void {
  const octets = decodeTransfer(Buffer.from(encoded, "latin1"), encoding);
  assert.equal(Buffer.from(octets).toString("latin1"), expected);
}
