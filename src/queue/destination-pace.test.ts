import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import type { AttemptReport, RemoteReply } from "./attempt.ts";
import { DestinationPaces } from "./destination-pace.ts";
import { DESTINATIONS_REMEMBERED_MAX } from "./limits.ts";

const DOMAIN = "example.org";

function report(outcome: AttemptReport["results"][number]["outcome"], reply: Partial<RemoteReply>): AttemptReport {
  const whole = { code: null, enhanced: null, text: "", byHost: null, stage: "local", ...reply } as const;
  const results = [{ recipientId: 1, outcome, reply: whole }];
  return { results, host: undefined, startedAtMs: 0, endedAtMs: 0, trace: [] };
}

const taken = report("delivered", { code: 250, stage: "final-dot" });
const greylisted = report("deferred", { code: 450, text: "Greylisted, come again in 300 seconds", stage: "rcpt" });
const throttled = report("deferred", { code: 421, text: "Too many connections", stage: "greeting" });
const unreached = report("deferred", { stage: "connect" });

/** Room and pause after these reports, one after the other. */
function after(reports: readonly AttemptReport[]): { readonly room: number; readonly pauseMs: number } {
  const paces = new DestinationPaces(20);
  for (const one of reports) {
    paces.begin(DOMAIN, 0);
    paces.end(DOMAIN, one, 0);
  }
  const room = paces.rooms().find(({ domain }) => domain === DOMAIN)?.room ?? paces.roomDefault;
  return { room, pauseMs: paces.parked(0).find(({ domain }) => domain === DOMAIN)?.untilMs ?? 0 };
}

suite("the pace of a destination", () => {
  test("grows while it takes mail, to its bound", () => {
    assert.equal(after([]).room, 5);
    assert.equal(after(Array.from({ length: 10 }, () => taken)).room, 6);
    assert.equal(after(Array.from({ length: 1000 }, () => taken)).room, 20);
  });

  test("is busy where another attempt began a moment ago", () => {
    const paces = new DestinationPaces(20);
    const begun = [0, 1000, 20_000, 24_000].map((atMs) => paces.begin(DOMAIN, atMs));
    assert.deepEqual(begun, [false, true, false, true]);
    assert.equal(paces.begin("other.example", 24_000), false);
  });

  test("halves when it asks for less, with a pause that grows", () => {
    assert.deepEqual(after([throttled]), { room: 2, pauseMs: 1000 });
    assert.deepEqual(after([throttled, throttled, throttled]), { room: 1, pauseMs: 4000 });
    assert.equal(after(Array.from({ length: 50 }, () => throttled)).pauseMs, 60_000);
    const soft = report("deferred", { code: 451, text: "4.7.1 Rate limit exceeded", stage: "mail" });
    assert.equal(after([soft]).room, 2);
  });

  test("a greylist asks for patience, not for less", () => {
    assert.deepEqual(after([greylisted]), { room: 5, pauseMs: 0 });
  });

  test("what cannot be reached is tried once, ever more seldom, and at once when it is there again", () => {
    assert.deepEqual(after([unreached]), { room: 1, pauseMs: 30_000 });
    assert.deepEqual(after([unreached, unreached]), { room: 1, pauseMs: 60_000 });
    assert.equal(after(Array.from({ length: 40 }, () => unreached)).pauseMs, 15 * 60_000);
    assert.equal(after([unreached, taken]).room, 2);
  });

  test("what was not tried, or stopped by us, says nothing of it", () => {
    assert.deepEqual(after([report("deferred", { stage: "local" })]), { room: 5, pauseMs: 0 });
  });

  test("is never faster than its bound, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(taken, greylisted, throttled, unreached), { maxLength: 200 }), (reports) => {
        const { room, pauseMs } = after(reports);
        assert.ok(room >= 1 && room <= 20 && pauseMs <= 15 * 60_000);
      }),
      { numRuns: 100 },
    );
  });

  test("so many destinations are remembered and no more, those under way always", () => {
    const paces = new DestinationPaces(20);
    paces.begin("first.example", 0);
    for (let i = 0; i < DESTINATIONS_REMEMBERED_MAX + 10; i++) {
      paces.begin(`d${i}.example`, 0);
      paces.end(`d${i}.example`, unreached, 0);
    }
    assert.ok(paces.parked(0).length <= DESTINATIONS_REMEMBERED_MAX);
    assert.equal(paces.rooms().find(({ domain }) => domain === "first.example")?.room, 4);
  });
});
