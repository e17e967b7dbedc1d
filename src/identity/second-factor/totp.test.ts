import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { base32, matchingStep, otpauthUri, totpCode, totpStep } from "./totp.ts";

const SECRET = Buffer.from("12345678901234567890");

suite("TOTP", () => {
  for (const [seconds, code] of [
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ] as const) {
    test(`RFC 6238 appendix B: ${code} at ${seconds} s`, () => {
      assert.equal(totpCode(SECRET, totpStep(seconds * 1000), 8), code);
      assert.equal(matchingStep(SECRET, code.slice(2), seconds * 1000), totpStep(seconds * 1000));
    });
  }

  test("RFC 4226 appendix D: the first ten codes", () => {
    assert.equal(
      Array.from({ length: 10 }, (_, step) => totpCode(SECRET, step)).join(" "),
      "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489",
    );
  });

  test("a code of one step before or after is right, of two is not", () => {
    const nowMs = 1_795_000_000_000;
    const now = totpStep(nowMs);
    const found = [-2, -1, 0, 1, 2].map((away) => matchingStep(SECRET, totpCode(SECRET, now + away), nowMs));
    assert.deepEqual(found, [undefined, now - 1, now, now + 1, undefined]);
  });

  for (const code of ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"]) {
    test(`${JSON.stringify(code)} is no code`, () => {
      assert.equal(matchingStep(SECRET, code, 59_000), undefined);
    });
  }

  test("the secret is written in base 32, and its URI escapes what it is of", () => {
    assert.equal(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert.equal(
      otpauthUri("GEZD", { issuer: "mx1.example.com", address: "a&b@example.com" }),
      "otpauth://totp/mx1.example.com:a%26b%40example.com?secret=GEZD&issuer=mx1.example.com",
    );
  });
});
