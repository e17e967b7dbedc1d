import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { SenderRow } from "#store/sender-row.ts";
import type { StoreEvent } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { SenderListsFollower } from "./sender-lists-follower.ts";

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  rows: SenderRow[] = [];
  reads = 0;
  failure: Error | undefined;
  listener: ((event: StoreEvent) => void) | undefined;

  open(): Promise<SenderListsFollower> {
    const store = {
      listSenders: async () => {
        this.reads++;
        const rows = [...this.rows];
        await Promise.resolve();
        if (this.failure !== undefined) throw this.failure;
        return rows;
      },
      onEvent: (listener: (event: StoreEvent) => void) => {
        this.listener = listener;
        return () => void (this.listener = undefined);
      },
    };
    return SenderListsFollower.open({ store, clock: this.clock, log: this.log });
  }

  put(subject: string): void {
    this.rows.push({ subject, scope: "", kind: "deny", note: "", sinceMs: 0 });
    this.listener?.({ kind: "senders" });
  }
}

const subjects = (follower: SenderListsFollower): readonly string[] =>
  follower.matching({ mailFrom: "a@far.example", author: "", client: "" }).map(({ subject }) => subject);
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

suite("sender lists of a thread", () => {
  test("are there from the start, and follow each change", async () => {
    const world = new World();
    world.put("@far.example");
    const follower = await world.open();
    assert.deepEqual(subjects(follower), ["@far.example"]);
    world.put("a@far.example");
    await settled();
    assert.deepEqual(subjects(follower), ["a@far.example", "@far.example"]);
    world.listener?.({ kind: "directory" });
    await settled();
    assert.equal(world.reads, 2);
  });

  test("a change while they are read is not lost, and many are one more reading", async () => {
    const world = new World();
    const follower = await world.open();
    world.put("@far.example");
    for (let i = 0; i < 10; i++) world.put(`${i}@far.example`);
    world.put("a@far.example");
    await settled();
    assert.deepEqual(subjects(follower), ["a@far.example", "@far.example"]);
    assert.equal(world.reads, 3);
  });

  test("when they cannot be read the old ones count, until they can", async () => {
    const world = new World();
    world.put("@far.example");
    const follower = await world.open();
    world.failure = new Error("the disk");
    world.put("a@far.example");
    await settled();
    assert.deepEqual(subjects(follower), ["@far.example"]);
    assert.equal(world.log.lines[0]?.event, "sender-lists-unreadable");
    world.failure = undefined;
    world.clock.advance(1000);
    await settled();
    assert.deepEqual(subjects(follower), ["a@far.example", "@far.example"]);
  });

  test("a server that cannot read them does not begin, and one that ends asks nothing more", async () => {
    const world = new World();
    world.failure = new Error("the disk");
    await assert.rejects(world.open(), /the disk/);
    world.failure = undefined;
    (await world.open()).close();
    assert.deepEqual([world.listener, world.clock.pending], [undefined, 0]);
  });
});
