import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { decodeTransfer } from "./transfer-encoding.ts";
import { decoderFor } from "./transfer-pieces.ts";

suite("transfer encodings undone in pieces", () => {
  test("base64 gives the same however it is cut", () => {
    check("base64", fc.constantFrom("QUJD", "QQ==", "QUI=", "\r\n", " ", "Q", "=", "!", "-_"));
  });

  test("quoted-printable gives the same however it is cut", () => {
    check(
      "quoted-printable",
      fc.constantFrom("a", "=41", "=", "\r\n", "\n", " ", "\t", "=4", "z".repeat(40_000), "=\r\n"),
    );
  });

  test("what has no encoding is handed on as it is", () => {
    for (const encoding of ["7bit", "8bit", "binary"]) assert.equal(decoderFor(encoding), "identity");
  });

  test("an unknown encoding is no encoding", () => assert.equal(decoderFor("x-uuencode"), undefined));
});

/** Pieces must decode to what the whole decodes to. */
function check(encoding: "base64" | "quoted-printable", fragment: fc.Arbitrary<string>): void {
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 12 }), fc.array(fc.nat(30)), (fragments, cuts) => {
      const whole = Buffer.from(fragments.join(""), "latin1");
      const decoder = decoderFor(encoding);
      assert.ok(typeof decoder === "function");
      const decode = decoder();
      const decoded: Uint8Array[] = [];
      let at = 0;
      for (const cut of [...cuts, whole.length]) {
        decoded.push(decode.push(whole.subarray(at, at + cut)));
        at += cut;
      }
      decoded.push(decode.end());
      assert.deepEqual(Buffer.concat(decoded), Buffer.from(decodeTransfer(whole, encoding)));
    }),
    { numRuns: 200 },
  );
}
