import assert from "node:assert/strict";
import { test } from "node:test";
import { halfSipHash } from "./half-sip-hash.ts";

test("agrees with the reference implementation's vector for 12 octets", () => {
  const key = [0x03020100, 0x07060504] as const;
  assert.equal(halfSipHash(key, 0x03020100, 0x07060504, 0x0b0a0908) >>> 0, 0x2f87f057);
});

test("depends on every word and on the key", () => {
  const values = new Set([
    halfSipHash([1, 2], 0, 0, 0),
    halfSipHash([1, 3], 0, 0, 0),
    halfSipHash([2, 2], 0, 0, 0),
    halfSipHash([1, 2], 1, 0, 0),
    halfSipHash([1, 2], 0, 1, 0),
    halfSipHash([1, 2], 0, 0, 1),
  ]);
  assert.equal(values.size, 6);
});
