import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { policy } from "../../test/fakes/evidence.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { settled } from "../../test/fakes/reception.ts";
import type { DecisionRecord } from "../verdict/decision-record.ts";
import { NO_EVIDENCE } from "../verdict/evidence.ts";
import { DecisionDraft } from "./decision-draft.ts";
import { DecisionBuffer } from "./decision-sink.ts";
import { DECISIONS_BATCH_MAX, DECISIONS_DELAY_MS, DECISIONS_WAITING_MAX } from "./limits.ts";

function record(id: string, mailFrom = ""): DecisionRecord {
  const draft = new DecisionDraft(id, 0, "mail", mailFrom);
  draft.evidence = NO_EVIDENCE;
  const client = { session: "s", listener: "smtp", address: "192.0.2.1", name: null, account: null } as const;
  return draft.toRecord({ ...client, judged: "judged" }, policy(), "settings");
}

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly batches: (readonly DecisionRecord[])[] = [];
  outcome: () => Promise<void> = () => Promise.resolve();
  readonly buffer = new DecisionBuffer({
    clock: this.clock,
    log: this.log,
    keep: (decision) => decision,
    write: (records) => {
      this.batches.push(records);
      return this.outcome();
    },
  });
}

suite("decision buffer", () => {
  test("collects for a moment, then keeps all in one go", async () => {
    const world = new World();
    for (const id of ["a", "b"]) world.buffer.record(record(id));
    assert.equal(world.batches.length, 0);
    world.clock.advance(DECISIONS_DELAY_MS);
    await settled();
    assert.deepEqual(
      world.batches.map((batch) => batch.map(({ id }) => id)),
      [["a", "b"]],
    );
  });

  test("a later state of a decision that still waits replaces it", async () => {
    const world = new World();
    world.buffer.record(record("a", "early@x"));
    world.buffer.record(record("a", "late@x"));
    await world.buffer.flush();
    assert.deepEqual(
      world.batches.flat().map(({ mailFrom }) => mailFrom),
      ["late@x"],
    );
  });

  test("while nobody keeps them they are dropped beyond the bound, counted, and said so once a minute", async () => {
    const world = new World();
    world.outcome = () => new Promise(() => undefined);
    world.buffer.record(record("first"));
    world.clock.advance(DECISIONS_DELAY_MS);
    await settled();
    for (let i = 0; i < DECISIONS_WAITING_MAX + 10; i++) world.buffer.record(record(String(i)));
    assert.equal(world.buffer.dropped, 10);
    assert.equal(world.log.lines.filter(({ event }) => event === "decisions-dropped").length, 1);
    assert.equal(world.batches.length, 1);
  });

  test("a store that fails loses a batch, not the next one", async () => {
    const world = new World();
    world.outcome = () => Promise.reject(new Error("disk"));
    world.buffer.record(record("lost"));
    await world.buffer.flush();
    assert.equal(world.buffer.dropped, 1);
    world.outcome = () => Promise.resolve();
    world.buffer.record(record("kept"));
    await world.buffer.flush();
    assert.deepEqual(
      world.batches.at(-1)?.map(({ id }) => id),
      ["kept"],
    );
  });

  test("batches are bounded", async () => {
    const world = new World();
    for (let i = 0; i < DECISIONS_BATCH_MAX + 1; i++) world.buffer.record(record(String(i)));
    await world.buffer.flush();
    assert.deepEqual(
      world.batches.map(({ length }) => length),
      [DECISIONS_BATCH_MAX, 1],
    );
  });
});
