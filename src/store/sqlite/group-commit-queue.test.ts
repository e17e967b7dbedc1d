import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { GROUP_COMMIT_OPERATIONS_MAX, WAITING_OPERATIONS_MAX } from "../limits.ts";
import { GroupCommitQueue, type Outcome } from "./group-commit-queue.ts";
import type { StoreOperation } from "./store-methods.ts";

suite("group commit queue", () => {
  test("calls of one turn are one batch, in order; each gets its own outcome", async () => {
    const { queue, batches } = recordingQueue();
    const calls = ["a", "!b", "c"].map((name) => queue.call("removeAlias", [name]));
    const settled = await Promise.allSettled(calls);
    assert.deepEqual(batches, [["a", "!b", "c"]]);
    assert.deepEqual(
      settled.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : `failed ${String(outcome.reason)}`)),
      ["did a", "failed !b", "did c"],
    );
  });

  test("a batch has a bound, and so has the queue", async () => {
    const { queue, batches } = recordingQueue();
    const calls = Array.from({ length: WAITING_OPERATIONS_MAX }, () => queue.call("removeAlias", ["x"]));
    await assert.rejects(queue.call("removeAlias", ["x"]), /too many/);
    await Promise.all(calls);
    assert.equal(Math.max(...batches.map(({ length }) => length)), GROUP_COMMIT_OPERATIONS_MAX);
    assert.equal(await queue.call("removeAlias", ["later"]), "did later");
  });

  test("closing does what waits and refuses the rest", async () => {
    const { queue } = recordingQueue();
    const waiting = queue.call("removeAlias", ["a"]);
    queue.close();
    assert.equal(await waiting, "did a");
    await assert.rejects(queue.call("removeAlias", ["b"]), /closed/);
  });

  test("a batch that throws fails its calls and no others", async () => {
    let broken = true;
    const queue = new GroupCommitQueue((operations) => {
      if (broken) throw new Error("no disk");
      return operations.map(() => ({ kind: "value", value: 1 }));
    });
    await assert.rejects(queue.call("removeAlias", ["a"]), /no disk/);
    broken = false;
    assert.equal(await queue.call("removeAlias", ["a"]), 1);
  });
});

/** A queue whose operations named `!` fail. */
function recordingQueue() {
  const batches: unknown[][] = [];
  const queue = new GroupCommitQueue((operations: readonly StoreOperation[]): Outcome[] => {
    batches.push(operations.map(({ args }) => args[0]));
    return operations.map(({ args: [name] }) =>
      String(name).startsWith("!") ? { kind: "error", error: name } : { kind: "value", value: `did ${String(name)}` },
    );
  });
  return { queue, batches };
}
