import assert from "node:assert/strict";
import { test } from "node:test";
import { expiryThreshold } from "./expiry.ts";

const DAY_MS = 86_400_000;

function check(lifeDays: number, leftDays: number, expected: number | undefined): void {
  const served = {
    listener: "127.0.0.1:993",
    fingerprint: "",
    names: [],
    validFromMs: 0,
    validToMs: lifeDays * DAY_MS,
  };
  assert.equal(
    expiryThreshold(served, (lifeDays - leftDays) * DAY_MS),
    expected,
    `${leftDays} of ${lifeDays} days left`,
  );
}

test("an administrator is told 21, 7 and 1 days before the end (R43)", () => {
  check(90, 30, undefined);
  check(90, 21.5, undefined);
  check(90, 21, 21);
  check(90, 8, 21);
  check(90, 7, 7);
  check(90, 1, 1);
  check(90, 0, 0);
  check(90, -3, 0);
});

test("certificates that live for days are warned of later, as they are renewed later", () => {
  check(47, 20, undefined);
  check(47, 7, 7);
  check(6, 2, undefined);
  check(6, 1, 1);
  check(2, 0.5, undefined);
  check(2, 0, 0);
});
