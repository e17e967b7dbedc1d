import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { Housekeeping } from "./housekeeping.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const ROUND_MS = 10 * 60 * 1000;

suite("housekeeping", () => {
  test("forgets records older than the settings say, piece by piece, and bans a week after their end", async () => {
    const world = new World([500, 500, 20, 0]);
    const startMs = world.clock.now();
    await world.pass(ROUND_MS);
    assert.deepEqual(world.bans, [startMs + ROUND_MS - 7 * DAY_MS]);
    assert.deepEqual(world.decisions, [startMs + ROUND_MS - 30 * DAY_MS]);
    for (let piece = 0; piece < 3; piece++) await world.pass(250);
    assert.equal(world.decisions.length, 4);
    await world.pass(ROUND_MS - 1);
    assert.equal(world.decisions.length, 4);
    await world.pass(1);
    assert.deepEqual([world.decisions.length, world.bans.length], [5, 2]);
  });

  test("forgets senders that did not come again, piece by piece", async () => {
    const world = new World([]);
    world.senders.push(500, 20);
    const roundMs = world.clock.now() + ROUND_MS;
    await world.pass(ROUND_MS);
    assert.deepEqual(world.greylist, [[roundMs - 2 * DAY_MS, roundMs - 36 * DAY_MS]]);
    for (let piece = 0; piece < 3; piece++) await world.pass(250);
    assert.equal(world.greylist.length, 3);
  });

  test("removes mail whose time in quarantine is over, piece by piece", async () => {
    const world = new World([]);
    world.kept.push(100, 3);
    const roundMs = world.clock.now() + ROUND_MS;
    await world.pass(ROUND_MS);
    for (let piece = 0; piece < 3; piece++) await world.pass(250);
    assert.deepEqual([world.quarantine[0], world.quarantine.length], [roundMs, 3]);
  });

  test("forgets what accounts sent long ago, piece by piece", async () => {
    const world = new World([]);
    world.sent.push(1000, 3);
    const roundMs = world.clock.now() + ROUND_MS;
    await world.pass(ROUND_MS);
    for (let piece = 0; piece < 3; piece++) await world.pass(250);
    assert.deepEqual([world.sending[0], world.sending.length], [roundMs, 3]);
  });

  test("forgets reports older than the settings say, and what ours were made of after a week", async () => {
    const world = new World([]);
    const roundMs = world.clock.now() + ROUND_MS;
    await world.pass(ROUND_MS);
    assert.deepEqual(world.reports, [{ receivedMs: roundMs - 400 * DAY_MS, day: "2029-12-25" }]);
  });

  test("a failure is in the log, and the next round comes", async () => {
    const world = new World([new Error("the disk"), 0]);
    await world.pass(ROUND_MS);
    assert.deepEqual(
      world.log.lines.map(({ event }) => event),
      ["housekeeping-failed"],
    );
    await world.pass(ROUND_MS);
    assert.equal(world.decisions.length, 2);
  });

  test("does nothing after its end", async () => {
    const world = new World([5]);
    await world.pass(ROUND_MS);
    await world.housekeeping.close();
    assert.equal(world.clock.pending, 0);
  });
});

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  /** Times before which was forgotten. */
  readonly decisions: number[] = [];
  readonly bans: number[] = [];
  readonly greylist: [waitingSinceMs: number, knownSinceMs: number][] = [];
  /** How many senders each piece forgets. */
  readonly senders: number[] = [];
  /** When what was over was removed, and how much of it there was. */
  readonly quarantine: number[] = [];
  readonly kept: number[] = [];
  /** Likewise of what accounts sent. */
  readonly sending: number[] = [];
  readonly sent: number[] = [];
  readonly reports: { readonly receivedMs: number; readonly day: string }[] = [];
  readonly housekeeping: Housekeeping;

  /** @param pieces how many records each piece forgets; 0 after the last. */
  constructor(pieces: (number | Error)[]) {
    this.housekeeping = new Housekeeping({
      store: {
        pruneDecisions: (beforeMs) => {
          this.decisions.push(beforeMs);
          const forgotten = pieces.shift() ?? 0;
          return forgotten instanceof Error ? Promise.reject(forgotten) : Promise.resolve(forgotten);
        },
        pruneGreylist: (ages) => {
          this.greylist.push([ages.waitingSinceMs, ages.knownSinceMs]);
          return Promise.resolve(this.senders.shift() ?? 0);
        },
        pruneQuarantine: (nowMs) => {
          this.quarantine.push(nowMs);
          return Promise.resolve(this.kept.shift() ?? 0);
        },
        pruneSending: (nowMs) => {
          this.sending.push(nowMs);
          return Promise.resolve(this.sent.shift() ?? 0);
        },
        pruneReports: (before) => {
          this.reports.push(before);
          return Promise.resolve(0);
        },
        pruneBlockList: (beforeMs) => Promise.resolve(this.bans.push(beforeMs)),
      },
      clock: this.clock,
      log: this.log,
      keepDecisionsDays: () => 30,
      keepReportsDays: () => 400,
      greylist: () => ({ windowMs: 2 * DAY_MS, memoryMs: 36 * DAY_MS }),
    });
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
