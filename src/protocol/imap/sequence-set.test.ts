import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { Cursor } from "./cursor.ts";
import { formatNumbers, parseSequenceSet, resolveRanges, type SequenceRange } from "./sequence-set.ts";

function check(
  ranges: readonly SequenceRange[],
  largest: number,
  expected: readonly (readonly [number, number])[],
): void {
  assert.deepEqual(resolveRanges(ranges, largest), expected);
}

test("ranges run either way, overlap, touch, and become few (RFC 3501 §9)", () => {
  check(
    [
      [4, 2],
      [7, 7],
      [3, 5],
      [8, 9],
    ],
    9,
    [
      [2, 5],
      [7, 9],
    ],
  );
});

test("an asterisk is the largest number, even below the other end", () => {
  check([["*", "*"]], 15, [[15, 15]]);
  check([[559, "*"]], 15, [[15, 559]]);
  check([[1, "*"]], 0, []);
});

test("numbers that follow each other become ranges, in the order given (RFC 4315)", () => {
  assert.equal(formatNumbers([1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
  assert.equal(formatNumbers([304, 319, 320]), "304,319:320");
  assert.equal(formatNumbers([5, 4, 3]), "5,4,3");
  assert.equal(formatNumbers(new Uint32Array([4294967294, 4294967295])), "4294967294:4294967295");
  assert.equal(formatNumbers([]), "");
});

test("resolving what was formatted gives the numbers back", () => {
  const set = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
  fc.assert(
    fc.property(set, (numbers) => {
      const parsed = parseSequenceSet(new Cursor(formatNumbers(numbers)));
      assert(parsed.kind === "ranges");
      const resolved = resolveRanges(parsed.ranges, 60).flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
      assert.deepEqual(
        resolved,
        numbers.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 200 },
  );
});
