import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration } from "./parse-duration.ts";

function check(text: string, expected: number | undefined): void {
  assert.equal(parseDuration(text), expected, text);
}

test("durations are numbers with units, and sums of them", () => {
  check("90s", 90_000);
  check("10m", 600_000);
  check("10min", 600_000);
  check("2h", 7_200_000);
  check("7d", 604_800_000);
  check("1w", 604_800_000);
  check("1d12h", 129_600_000);
});

test("what is no duration is none", () => {
  for (const text of ["", "2", "h", "2 h", "-2h", "2h!", "1.5h", "2H", "0s", "99999d", "9999999999s"]) {
    check(text, undefined);
  }
});
