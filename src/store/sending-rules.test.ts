import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import {
  type Amount,
  bouncesTrigger,
  burstTrigger,
  limitReached,
  MINUTE_MS,
  roomAgainMs,
  type SendingLimit,
} from "./sending-rules.ts";

const NONE = { messages: 0, recipients: 0 };
const LIMITS = { perHour: { messages: 10, recipients: 20 }, perDay: { messages: 30, recipients: 40 } };
const BURST = { burst: { messages: 8, recipients: 40 }, historyFactor: 2, newNetworkPercent: 25 };

function checkLimit(hour: Amount, day: Amount, more: Amount, expected: SendingLimit | undefined): void {
  assert.equal(limitReached({ hour, day }, more, LIMITS), expected);
}

function checkBurst(
  sent: { readonly recent: Amount; readonly fromHere?: Amount; readonly usual?: Amount; readonly isNew?: boolean },
  expected: string | undefined,
): void {
  const { recent, fromHere = recent, usual = NONE, isNew = false } = sent;
  assert.equal(burstTrigger({ recent, fromHere, usual, isNewNetwork: () => isNew }, BURST), expected);
}

function bounces(delivered: number, refused: number): string | undefined {
  return bouncesTrigger({ delivered, refused }, { percent: 20, recipientsMin: 20 });
}

suite("limits of sending", () => {
  test("messages and recipients are apart, and so are hour and day; what fills a limit is within it", () => {
    checkLimit(NONE, NONE, { messages: 1, recipients: 20 }, undefined);
    checkLimit(NONE, NONE, { messages: 1, recipients: 21 }, "recipients_per_hour");
    checkLimit({ messages: 9, recipients: 9 }, NONE, { messages: 1, recipients: 1 }, undefined);
    checkLimit({ messages: 10, recipients: 10 }, NONE, { messages: 1, recipients: 1 }, "messages_per_hour");
    checkLimit(NONE, { messages: 30, recipients: 30 }, { messages: 1, recipients: 1 }, "messages_per_day");
    checkLimit(NONE, { messages: 3, recipients: 40 }, { messages: 1, recipients: 1 }, "recipients_per_day");
  });

  test("0 is no limit", () => {
    const used = { hour: { messages: 1e6, recipients: 1e6 }, day: { messages: 1e6, recipients: 1e6 } };
    assert.equal(limitReached(used, { messages: 1, recipients: 1e6 }, { perHour: NONE, perDay: NONE }), undefined);
  });

  test("there is room again when enough of what filled it is an hour, or a day, old", () => {
    const minutes = [
      { minute: 100, messages: 4, recipients: 4 },
      { minute: 110, messages: 6, recipients: 16 },
    ];
    const nowMs = 120 * MINUTE_MS;
    const again = (limit: SendingLimit, recipients: number): number | undefined =>
      roomAgainMs(limit, { messages: 1, recipients }, minutes, LIMITS, nowMs);
    assert.equal(again("messages_per_hour", 1), 160 * MINUTE_MS);
    assert.equal(again("recipients_per_hour", 5), 170 * MINUTE_MS);
    assert.equal(again("recipients_per_day", 30), (110 + 1440) * MINUTE_MS);
    assert.equal(again("recipients_per_day", 1), nowMs);
    assert.equal(again("recipients_per_hour", 21), undefined, "more than the limit has no time");
  });

  test("the moment that is named is the first minute at which the limit is not reached", () => {
    const minute = fc.record({ minute: fc.integer({ min: 900, max: 1000 }), messages: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(fc.uniqueArray(minute, { selector: (one) => one.minute }), (given) => {
        const minutes = given
          .map((one) => ({ ...one, recipients: one.messages }))
          .toSorted((left, right) => left.minute - right.minute);
        const usedAt = (now: number): Amount => {
          const counted = minutes.filter((one) => one.minute > now - 60 && one.minute <= now);
          const messages = counted.reduce((sum, one) => sum + one.messages, 0);
          return { messages, recipients: messages };
        };
        const rules = { perHour: { messages: 10, recipients: 0 }, perDay: NONE };
        const isFree = (now: number): boolean =>
          limitReached({ hour: usedAt(now), day: NONE }, { messages: 1, recipients: 1 }, rules) === undefined;
        let first = 1000;
        while (!isFree(first)) first++;
        const named = roomAgainMs(
          "messages_per_hour",
          { messages: 1, recipients: 1 },
          minutes,
          rules,
          1000 * MINUTE_MS,
        );
        assert.equal(named, first * MINUTE_MS);
      }),
      { numRuns: 200 },
    );
  });
});

suite("a stolen account", () => {
  test("many messages or many recipients within minutes are a burst", () => {
    checkBurst({ recent: { messages: 8, recipients: 40 } }, undefined);
    checkBurst({ recent: { messages: 9, recipients: 9 } }, "burst");
    checkBurst({ recent: { messages: 1, recipients: 41 } }, "burst");
  });

  test("up to the factor of what it did before is none, of each kind for itself", () => {
    checkBurst({ recent: { messages: 20, recipients: 20 }, usual: { messages: 10, recipients: 10 } }, undefined);
    checkBurst({ recent: { messages: 21, recipients: 21 }, usual: { messages: 10, recipients: 10 } }, "burst");
    checkBurst({ recent: { messages: 20, recipients: 60 }, usual: { messages: 10, recipients: 10 } }, "burst");
  });

  test("from a new network a part of it is one; from an old one, or sent from elsewhere, not; what was done before neither", () => {
    const recent = { messages: 3, recipients: 3 };
    checkBurst({ recent, isNew: true }, "new-network");
    checkBurst({ recent, isNew: false }, undefined);
    checkBurst(
      { recent: { messages: 8, recipients: 8 }, fromHere: { messages: 2, recipients: 2 }, isNew: true },
      undefined,
    );
    checkBurst({ recent, usual: recent, isNew: true }, undefined);
  });

  test("more than a part of enough recipients refused", () => {
    assert.deepEqual(
      [bounces(16, 4), bounces(15, 5), bounces(0, 19), bounces(0, 20), bounces(80, 20), bounces(79, 21)],
      [undefined, "bounces", undefined, "bounces", undefined, "bounces"],
    );
  });
});
