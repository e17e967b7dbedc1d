import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { parseDate, sentDay } from "./date.ts";

suite("Date", () => {
  const readable = [
    ["Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T08:52:37Z"],
    ["1 Jul 2003 10:52 -0330", "2003-07-01T14:22:00Z"],
    ["Fri, 21 Nov 97 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06Z"],
    ["Thu,\t13 Feb 1969 23:32 -0330 (Newfoundland Time)", "1969-02-14T03:02:00Z"],
    ["21 Nov 49 00:00 GMT", "2049-11-21T00:00:00Z"],
    ["21 Nov 50 00:00 UT", "1950-11-21T00:00:00Z"],
    ["21 Nov 101 00:00 Z", "2001-11-21T00:00:00Z"],
    ["21 Nov 1997 09:55:06 EST", "1997-11-21T14:55:06Z"],
    ["21 Nov 1997 09:55:06 PDT", "1997-11-21T16:55:06Z"],
    ["21 Nov 1997 09:55:06 A", "1997-11-21T09:55:06Z"],
    ["21 Nov 1997 09:55:06 XYZ", "1997-11-21T09:55:06Z"],
    ["21 Nov 1997 09:55:06", "1997-11-21T09:55:06Z"],
    ["Wed Feb 11 11:51:00 1998", "1998-02-11T11:51:00Z"],
    ["Wed Feb 11 11:51:00 +0100 1998", "1998-02-11T10:51:00Z"],
    ["31-Dec-2016 23:59:60 +0000", "2017-01-01T00:00:00Z"],
    ["1 January 2020 00:00:00 GMT+02:00", "2019-12-31T22:00:00Z"],
    ["1 Jan 2020", "2020-01-01T00:00:00Z"],
  ] as const;
  for (const [text, expected] of readable) {
    test(`${text} is ${expected}`, () => assert.equal(parseDate(text)?.epochMs, Date.parse(expected)));
  }

  const unreadable = [
    "",
    "yesterday",
    "31 Feb 2003 10:00:00 +0000",
    "0 Jan 2003 10:00:00 +0000",
    "1 Foo 2003 10:00:00 +0000",
    "1 Jul 2003 24:00:00 +0000",
    "1 Jul 2003 10:60:00 +0000",
    "Mon, 13 Aug 1998 l8:14:23 +1000",
  ];
  for (const text of unreadable) test(`"${text}" is no date`, () => assert.equal(parseDate(text), null));

  test("keeps the zone apart", () => assert.equal(parseDate("1 Jul 2003 10:52:37 -0330")?.zoneMinutes, -210));

  test("names the sender's day, whatever the zone (RFC 3501 §6.4.4)", () => {
    const day = Date.UTC(2007, 2, 25) / 86_400_000;
    assert.equal(sentDay("Sun, 25 Mar 2007 00:00:00 +0200"), day);
    assert.equal(sentDay("Sun, 25 Mar 2007 23:59:59 -0900"), day);
    assert.equal(sentDay("no date"), null);
  });

  test("gives some answer to any text", () => {
    const fragments = fc.constantFrom(
      "Mon",
      ",",
      " ",
      "1",
      "31",
      "Jan",
      "2003",
      ":",
      "10",
      "+0100",
      "(",
      ")",
      "-",
      "\\",
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 30 }), (parts) => {
        const date = parseDate(parts.join(""));
        assert.ok(date === null || Number.isInteger(date.epochMs));
      }),
      { numRuns: 300 },
    );
  });
});
