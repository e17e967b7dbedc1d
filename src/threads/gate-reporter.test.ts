import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import type { Observation, ObservationBatch } from "./gate-messages.ts";
import { GateReporter } from "./gate-reporter.ts";

suite("what a front tells the gatekeeper", () => {
  test("is gathered, and connections of one address are one line", () => {
    const { reporter, clock, batches } = new World();
    for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.1"]) reporter.arrived(address);
    reporter.add(seen("a"));
    assert.deepEqual(batches, []);
    clock.advance(100);
    assert.deepEqual(batches, [
      {
        observations: [
          { kind: "arrived", address: "192.0.2.1", count: 2 },
          { kind: "arrived", address: "192.0.2.2", count: 1 },
          seen("a"),
        ],
        dropped: 0,
      },
    ]);
  });

  test("of connections it is told how many were of port 25", () => {
    const { reporter, clock, batches } = new World();
    for (const isMx of [true, false, true]) reporter.arrived("192.0.2.1", isMx);
    clock.advance(100);
    assert.deepEqual(batches[0]?.observations, [{ kind: "arrived", address: "192.0.2.1", count: 3, onMx: 2 }]);
  });

  test("the next batch waits until the last was taken", () => {
    const { reporter, clock, batches } = new World();
    reporter.add(seen("a"));
    clock.advance(100);
    reporter.add(seen("b"));
    clock.advance(10_000);
    assert.equal(batches.length, 1);
    reporter.taken();
    clock.advance(100);
    assert.deepEqual(batches[1]?.observations, [seen("b")]);
  });

  test("more than its bound is dropped and counted, whatever a slow gatekeeper does", () => {
    const { reporter, clock, batches } = new World();
    reporter.add(seen("first"));
    clock.advance(100);
    for (let number = 0; number < 4000; number++) reporter.add(seen(`${number}`));
    for (let number = 0; number < 2000; number++) reporter.arrived(`10.0.${number >> 8}.${number & 255}`);
    reporter.add(seen("last"));
    reporter.arrived("10.0.0.1");
    reporter.taken();
    clock.advance(100);
    assert.equal(batches[1]?.observations.length, 5000);
    assert.equal(batches[1]?.dropped, 1001);
    assert.deepEqual(batches[1]?.observations[1], { kind: "arrived", address: "10.0.0.1", count: 2 });
  });

  test("nothing is sent any more when it is closed", () => {
    const { reporter, clock, batches } = new World();
    reporter.add(seen("a"));
    reporter.close();
    clock.advance(10_000);
    assert.deepEqual(batches, []);
    assert.equal(clock.pending, 0);
  });
});

class World {
  readonly clock = new FakeClock();
  readonly batches: ObservationBatch[] = [];
  readonly reporter = new GateReporter({ clock: this.clock, send: (batch) => void this.batches.push(batch) });
}

function seen(clientName: string): Observation {
  return { kind: "named", address: "192.0.2.1", clientName, proven: false };
}
