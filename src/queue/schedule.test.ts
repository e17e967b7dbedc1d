import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { isLate, nextAttemptMs, type Schedule } from "./schedule.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SCHEDULE: Schedule = {
  firstMs: 5 * MINUTE_MS,
  longestMs: 4 * HOUR_MS,
  expiresMs: 120 * HOUR_MS,
  warnsMs: 4 * HOUR_MS,
};

suite("when mail is tried again (RFC 5321 §4.5.4.1)", () => {
  test("after 5 minutes, then ever later, at last every 4 hours", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((attempts) => {
      const next = nextAttemptMs(SCHEDULE, { attempts, queuedAtMs: 0, nowMs: 1000, chance: 0.5 });
      return next === "expired" ? next : (next - 1000) / MINUTE_MS;
    });
    assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 240, 240, 240]);
  });

  test("for 5 days, to the very end of them", () => {
    const end = SCHEDULE.expiresMs;
    assert.equal(nextAttemptMs(SCHEDULE, { attempts: 30, queuedAtMs: 0, nowMs: end - MINUTE_MS, chance: 0 }), end);
    assert.equal(nextAttemptMs(SCHEDULE, { attempts: 31, queuedAtMs: 0, nowMs: end, chance: 0 }), "expired");
  });

  test("never sooner than a minute before that, and never the same for all (R85)", () => {
    const facts = fc.record({
      attempts: fc.nat(100),
      nowMs: fc.nat(SCHEDULE.expiresMs - HOUR_MS),
      chance: fc.double({ min: 0, max: 0.99, noNaN: true }),
    });
    fc.assert(
      fc.property(facts, ({ attempts, nowMs, chance }) => {
        const next = nextAttemptMs(SCHEDULE, { attempts, queuedAtMs: 0, nowMs, chance });
        assert.ok(next !== "expired" && next >= nowMs + 4 * MINUTE_MS && next <= SCHEDULE.expiresMs);
      }),
    );
    const about = { attempts: 1, queuedAtMs: 0, nowMs: 0 };
    assert.notEqual(
      nextAttemptMs(SCHEDULE, { ...about, chance: 0.1 }),
      nextAttemptMs(SCHEDULE, { ...about, chance: 0.9 }),
    );
  });

  test("its sender is told after 4 hours", () => {
    assert.equal(isLate(SCHEDULE, 0, 4 * HOUR_MS - 1), false);
    assert.equal(isLate(SCHEDULE, 0, 4 * HOUR_MS), true);
  });
});
