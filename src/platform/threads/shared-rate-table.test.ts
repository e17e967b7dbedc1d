import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import type { SourceBounds, SourceKey, SourceTable } from "#ports/source-table.ts";
import { PlainSourceTable } from "../../../test/fakes/source-table.ts";
import { sharedCounters, sharedCountersMemory } from "./shared-counters.ts";
import { SharedRateTable, sharedRateTableMemory } from "./shared-rate-table.ts";

const HASH_KEY = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
/** Of each of two threads. */
const ROUNDS = 40_000;
const NO_RATE = { perMinuteMax: Number.POSITIVE_INFINITY, burstMax: 1 };

suite("shared table of rates", () => {
  test("so many at once, and another when one has left", () => {
    const table = fresh();
    const bounds = { atOnceMax: 2, ...NO_RATE };
    assert.deepEqual(outcomes(table, bounds, 0, 3), ["entered", "entered", "too-many"]);
    table.leave(key(1));
    assert.deepEqual(outcomes(table, bounds, 0, 2), ["entered", "too-many"]);
  });

  test("GCRA: a burst, then one each step, and what was refused costs nothing", () => {
    const table = fresh();
    const bounds = { atOnceMax: 1000, perMinuteMax: 60, burstMax: 3 };
    assert.deepEqual(outcomes(table, bounds, 0, 5), ["entered", "entered", "entered", "too-fast", "too-fast"]);
    assert.deepEqual(outcomes(table, bounds, 999, 1), ["too-fast"]);
    assert.deepEqual(outcomes(table, bounds, 1000, 2), ["entered", "too-fast"]);
    assert.deepEqual(outcomes(table, bounds, 60_000, 4), ["entered", "entered", "entered", "too-fast"]);
  });

  test("a clock that is set back by a year shuts nobody out for longer than the burst lasts", () => {
    const table = fresh();
    const bounds = { atOnceMax: 1000, perMinuteMax: 60, burstMax: 3 };
    outcomes(table, bounds, 365 * 86_400_000, 3);
    assert.deepEqual(outcomes(table, bounds, 0, 1), ["too-fast"]);
    assert.deepEqual(outcomes(table, bounds, 1000, 1), ["entered"]);
  });

  test("does what the plain table does, whatever the order of events", () => {
    const step = fc.record({
      kind: fc.constantFrom("enter" as const, "leave" as const, "refund" as const, "wait" as const),
      key: fc.integer({ min: 1, max: 5 }),
      ms: fc.nat(5000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tables: SourceTable[] = [fresh(), new PlainSourceTable()];
        const bounds = { atOnceMax: 4, perMinuteMax: 30, burstMax: 5 };
        let nowMs = 1_000_000;
        for (const { kind, key: number, ms } of steps) {
          if (kind === "wait") nowMs += ms;
          const [ours, plain] = tables.map((table) => {
            if (kind === "leave") table.leave(key(number));
            if (kind === "refund") table.refund(key(number), bounds);
            return kind === "enter" ? table.enter(key(number), bounds, nowMs) : undefined;
          });
          assert.deepEqual(ours, plain);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("a million sources: the memory stays as it was made, and who is inside stays counted", () => {
    const memory = sharedRateTableMemory(4096, HASH_KEY);
    const table = new SharedRateTable(memory);
    const octets = memory.byteLength;
    const inside = { kind: 2, high: 7, low: 7 };
    const bounds = { atOnceMax: 1, perMinuteMax: 60, burstMax: 1 };
    assert.equal(table.enter(inside, bounds, 0).outcome, "entered");
    let entered = 0;
    for (let number = 0; number < 1_000_000; number++) {
      const source = { kind: 1, high: number, low: ~number };
      if (table.enter(source, bounds, 0).outcome === "entered") entered++;
      table.leave(source);
    }
    assert.equal(entered, 1_000_000);
    assert.equal(table.enter(inside, bounds, 3_600_000).outcome, "too-many");
    assert.equal(memory.byteLength, octets);
    assert.equal(table.slotCount, 4096);
  });

  test("gives up the source with the least left of its rate first", () => {
    const table = new SharedRateTable(sharedRateTableMemory(8, HASH_KEY));
    const bounds = { atOnceMax: 9, perMinuteMax: 60, burstMax: 9 };
    for (let number = 1; number <= 8; number++) {
      for (let times = 0; times < (number === 5 ? 1 : 3); times++) {
        table.enter(key(number), bounds, 0);
        table.leave(key(number));
      }
    }
    table.enter(key(9), bounds, 0);
    const used = [1, 2, 3, 4, 6, 7, 8].map((number) => table.enter(key(number), bounds, 0).burstUsed);
    assert.deepEqual(used, [4, 4, 4, 4, 4, 4, 4]);
  });

  test("says so when there is no room, and counts nobody in somebody else's place", () => {
    const table = new SharedRateTable(sharedRateTableMemory(8, HASH_KEY));
    const bounds = { atOnceMax: 1, ...NO_RATE };
    for (let number = 1; number <= 8; number++) assert.equal(table.enter(key(number), bounds, 0).outcome, "entered");
    assert.equal(table.enter(key(9), bounds, 0).outcome, "untracked");
    table.leave(key(9));
    for (let number = 1; number <= 8; number++) assert.equal(table.enter(key(number), bounds, 0).outcome, "too-many");
  });

  test("a mark lasts until its time", () => {
    const table = fresh();
    table.mark(key(1), 5000, 0);
    assert.equal(table.isMarked(key(1), 4999), true);
    assert.equal(table.isMarked(key(1), 5000), false);
    assert.equal(table.isMarked(key(2), 0), false);
  });

  test("a thread that died inside a bucket does not stop the others", () => {
    const memory = sharedRateTableMemory(8, HASH_KEY);
    const table = new SharedRateTable(memory);
    new Int32Array(memory)[4] = 1; // the lock of the only bucket
    assert.equal(table.enter(key(1), { atOnceMax: 1, ...NO_RATE }, 0).outcome, "entered");
  });
});

test("threads that count at the same time lose nothing and let in nobody too many", async () => {
  const table = sharedRateTableMemory(64, HASH_KEY);
  const counters = sharedCountersMemory(2);
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    const ROUNDS = ${ROUNDS};
    (async () => {
      const { SharedRateTable } = await import(workerData.tableFile);
      const { sharedCounters } = await import(workerData.countersFile);
      const table = new SharedRateTable(workerData.table);
      const counters = sharedCounters(workerData.counters);
      const bounds = { atOnceMax: ROUNDS * 1.25, perMinuteMax: Infinity, burstMax: 1 };
      let entered = 0;
      let below = 0;
      // Both begin together: alone each would be done before the other is there.
      const ready = new Int32Array(workerData.ready);
      Atomics.add(ready, 0, 1);
      for (let spins = 0; Atomics.load(ready, 0) < 2 && spins < 1e9; spins++);
      for (let i = 0; i < ROUNDS; i++) {
        if (table.enter({ kind: 1, high: 0, low: 1 }, bounds, 0).outcome === "entered") entered++;
        if (counters.addBelow(0, ROUNDS * 1.25)) below++;
        counters.raise(1, i);
      }
      parentPort.postMessage({ entered, below });
    })();`;
  const workerData = {
    table,
    counters,
    ready: new SharedArrayBuffer(4),
    tableFile: new URL("shared-rate-table.ts", import.meta.url).href,
    countersFile: new URL("shared-counters.ts", import.meta.url).href,
  };
  const counts = await Promise.all(
    [1, 2].map(() => {
      const worker = new Worker(code, { eval: true, workerData, execArgv: ["--conditions=postern-source"] });
      return new Promise<{ entered: number; below: number }>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
    }),
  );
  assert.equal(
    counts.reduce((sum, { entered }) => sum + entered, 0),
    ROUNDS * 1.25,
  );
  assert.equal(
    counts.reduce((sum, { below }) => sum + below, 0),
    ROUNDS * 1.25,
  );
  assert.equal(sharedCounters(counters).value(0), ROUNDS * 1.25);
  assert.equal(sharedCounters(counters).value(1), ROUNDS - 1);
});

function fresh(): SharedRateTable {
  return new SharedRateTable(sharedRateTableMemory(1024, HASH_KEY));
}

function key(number: number): SourceKey {
  return { kind: 1, high: 0, low: number };
}

function outcomes(table: SourceTable, bounds: SourceBounds, nowMs: number, times: number): string[] {
  return Array.from({ length: times }, () => table.enter(key(1), bounds, nowMs).outcome);
}
