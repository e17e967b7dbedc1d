import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { UidList } from "./uid-list.ts";

suite("UIDs by sequence number", () => {
  test("knows no message of an empty folder", () => check([], []));
  test("keeps consecutive UIDs", () => check([1, 2, 3, 4], []));
  test("keeps gaps", () => check([2, 3, 7, 4_294_967_295], []));
  test("removes from the middle of a run and closes the gap", () => check([1, 2, 3, 4, 5], [2, 4]));
  test("removes everything, then starts again", () => check([5, 6, 9], [9, 5, 6], [10, 11]));
  test("ignores unknown and repeated UIDs", () => check([5, 6, 9], [7, 6, 6, 100], [20]));

  test("answers like a plain array (property)", () => {
    const uid = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(fc.uniqueArray(uid), fc.array(uid), fc.uniqueArray(uid), (before, gone, after) =>
        check(
          before.toSorted((a, b) => a - b),
          gone,
          after.toSorted((a, b) => a - b).map((later) => later + 40),
        ),
      ),
      { numRuns: 300 },
    );
  });

  test("refuses UIDs that do not ascend", () => {
    const list = new UidList();
    list.append([5]);
    assert.throws(() => list.append([5]), RangeError);
  });
});

function check(before: readonly number[], gone: readonly number[], after: readonly number[] = []): void {
  const list = new UidList();
  list.append(before);
  const removed = list.remove(gone);
  list.append(after);
  assert.deepEqual(
    removed,
    before.flatMap((uid, i) => (gone.includes(uid) ? [i + 1] : [])),
  );
  const expected = [...before.filter((uid) => !gone.includes(uid)), ...after];
  assert.equal(list.length, expected.length);
  assert.equal(list.lastUid, expected.at(-1) ?? 0);
  assert.deepEqual(
    expected.map((_, i) => list.uidAt(i + 1)),
    expected,
  );
  assert.deepEqual([list.uidAt(0), list.uidAt(expected.length + 1)], [undefined, undefined]);
  for (let uid = 0; uid < 90; uid++) {
    const index = expected.indexOf(uid);
    assert.equal(list.sequenceOf(uid), index === -1 ? undefined : index + 1);
    assert.equal(list.countUpTo(uid), expected.filter((other) => other <= uid).length);
  }
  const ranges = [...list.uidRanges(1, list.length)];
  assert.deepEqual(
    ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)),
    expected,
  );
}
