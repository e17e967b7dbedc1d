import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import type { DateTime } from "./command.ts";
import { Cursor } from "./cursor.ts";
import { formatDateTime, parseDateTime } from "./date-time.ts";

function parse(text: string): DateTime | undefined {
  const cursor = new Cursor(text);
  const date = parseDateTime(cursor);
  return cursor.failed ? undefined : date;
}

test("reads the date-time of RFC 3501 §6.3.11", () => {
  const date = { ms: Date.UTC(1994, 1, 8, 5, 52, 25), zoneMinutes: -480 };
  assert.deepEqual(parse('" 7-Feb-1994 21:52:25 -0800"'), date);
  assert.deepEqual(parse('"07-FEB-1994 21:52:25 -0800"'), date);
  assert.equal(formatDateTime(date), "07-Feb-1994 21:52:25 -0800");
});

test("writes INTERNALDATE in the zone it was given (RFC 3501 §7.4.2)", () => {
  assert.equal(
    formatDateTime({ ms: Date.UTC(1996, 6, 17, 9, 44, 25), zoneMinutes: -420 }),
    "17-Jul-1996 02:44:25 -0700",
  );
  assert.equal(formatDateTime({ ms: 0, zoneMinutes: 330 }), "01-Jan-1970 05:30:00 +0530");
});

test("a leap second is one, other impossible times are not", () => {
  assert.equal(parse('"31-Dec-2016 23:59:60 +0000"')?.ms, Date.UTC(2017, 0, 1));
  const bad = [
    '"31-Feb-1994 21:52:25 -0800"',
    '"7-Feb-1994 21:52:25 -0800"',
    '" 7-Feb-1994 24:00:00 -0800"',
    '" 7-Feb-1994 21:60:25 -0800"',
  ];
  bad.push(
    '" 7-Feb-1994 21:52:61 -0800"',
    '" 7-Feb-1994 21:52:25 -0860"',
    '" 7-Feb-1994 21:52:25"',
    '" 7-Feb-1994 21:52:25 GMT"',
    " 7-Feb-1994",
  );
  for (const text of bad) assert.equal(parse(text), undefined, text);
});

test("reading what was written is the identity", () => {
  const seconds = fc.integer({ min: Date.UTC(1, 0, 1) / 1000, max: Date.UTC(9999, 0, 1) / 1000 });
  fc.assert(
    fc.property(seconds, fc.integer({ min: -23 * 60, max: 23 * 60 }), (second, zoneMinutes) => {
      const date = { ms: second * 1000, zoneMinutes };
      assert.deepEqual(parse(`"${formatDateTime(date)}"`), date);
    }),
    { numRuns: 200 },
  );
});
