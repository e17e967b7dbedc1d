import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { BlockListRow } from "#store/decision-row.ts";
import type { StoreEvent } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { BlockListFollower } from "./block-list-follower.ts";

const ADDRESS = "192.0.2.7";

suite("the block list of a thread", () => {
  test("what the store has counts from the start, and each change at once", async () => {
    const world = new World([ban(ADDRESS)]);
    const follower = await world.follow();
    assert.equal(follower.findBan(ADDRESS, "smtp")?.prefix, ADDRESS);
    world.tell([{ kind: "remove", entries: [ban(ADDRESS)] }]);
    assert.equal(follower.findBan(ADDRESS, "smtp"), undefined);
    world.tell([{ kind: "put", entries: [ban("192.0.2.0/24")] }]);
    assert.equal(follower.findBan(ADDRESS, "auth")?.prefix, "192.0.2.0/24");
    follower.close();
    world.tell([{ kind: "remove", entries: [ban("192.0.2.0/24")] }]);
    assert.equal(follower.findBan(ADDRESS, "auth")?.prefix, "192.0.2.0/24");
  });

  test("after many changes it is read again; what is told meanwhile is not lost", async () => {
    const world = new World([]);
    const follower = await world.follow();
    const reading = world.hold();
    world.tell(null);
    world.tell([{ kind: "put", entries: [ban("198.51.100.1")] }]);
    assert.equal(follower.findBan("198.51.100.1", "smtp")?.prefix, "198.51.100.1", "at once, in the old list");
    reading.resolve([ban(ADDRESS)]);
    await world.settled(() => follower.findBan(ADDRESS, "smtp") !== undefined);
    assert.equal(follower.findBan("198.51.100.1", "smtp")?.prefix, "198.51.100.1", "and in the new one");
  });

  test("a list that changed again while it was read is read once more", async () => {
    const world = new World([]);
    const follower = await world.follow();
    const reading = world.hold();
    world.tell(null);
    world.rows = [ban(ADDRESS)];
    world.tell(null);
    reading.resolve([]);
    await world.settled(() => follower.findBan(ADDRESS, "smtp") !== undefined);
    assert.equal(world.reads, 3);
  });

  test("a store that cannot be read is asked again, and the old list stands until then", async () => {
    const world = new World([ban(ADDRESS)]);
    const follower = await world.follow();
    world.hold().reject(new Error("the disk"));
    world.tell(null);
    await world.settled(() => world.log.lines.length > 0);
    assert.equal(follower.findBan(ADDRESS, "smtp")?.prefix, ADDRESS);
    world.rows = [];
    world.clock.advance(1000);
    await world.settled(() => follower.findBan(ADDRESS, "smtp") === undefined);
  });
});

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  rows: readonly BlockListRow[];
  reads = 0;
  #held: PromiseWithResolvers<readonly BlockListRow[]> | undefined;
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  constructor(rows: readonly BlockListRow[]) {
    this.rows = rows;
  }

  follow(): Promise<BlockListFollower> {
    return BlockListFollower.open({
      store: {
        listBlockList: () => {
          this.reads++;
          const held = this.#held?.promise;
          this.#held = undefined;
          return held ?? Promise.resolve(this.rows);
        },
        onEvent: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      clock: this.clock,
      log: this.log,
    });
  }

  /** The next reading waits. */
  hold(): PromiseWithResolvers<readonly BlockListRow[]> {
    this.#held = Promise.withResolvers();
    return this.#held;
  }

  tell(changes: Extract<StoreEvent, { kind: "block-list" }>["changes"]): void {
    for (const listener of this.#listeners) listener({ kind: "block-list", changes });
  }

  async settled(isSo: () => boolean): Promise<void> {
    for (let turns = 0; !isSo(); turns++) {
      assert.ok(turns < 1000, "it does not come to that");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function ban(prefix: string): BlockListRow {
  return {
    prefix,
    scope: "all",
    kind: "ban",
    reason: "test",
    evidence: [],
    sinceMs: 0,
    untilMs: null,
    origin: "admin",
    repeat: 0,
  };
}
