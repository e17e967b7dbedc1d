import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { HashLine } from "./hash-line.ts";

suite("the line before the hashes", () => {
  test("so many run at once, and the others in the order they came", async () => {
    const line = new HashLine({ atOnceMax: 2, waitingMax: 9, waitingPerAddressMax: 9 });
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const works = [0, 1, 2, 3].map((number) =>
      line.run("a", () => {
        begun.push(number);
        const { promise, resolve } = Promise.withResolvers<void>();
        ends.push(resolve);
        return promise;
      }),
    );
    assert.deepEqual(begun, [0, 1]);
    ends[1]?.();
    await works[1];
    await Promise.resolve();
    assert.deepEqual(begun, [0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await works[2];
    await Promise.resolve();
    ends[3]?.();
    await Promise.all(works);
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });

  test("past its length it is full, for everybody", () =>
    check({ atOnceMax: 1, waitingMax: 2, waitingPerAddressMax: 2 }, "a b c d", "done done done full"));

  test("one address fills its share only", () =>
    check({ atOnceMax: 1, waitingMax: 9, waitingPerAddressMax: 1 }, "a a a b", "done done full done"));

  test("work that fails gives its place back", async () => {
    const line = new HashLine({ atOnceMax: 1, waitingMax: 0, waitingPerAddressMax: 0 });
    await assert.rejects(
      line.run("a", () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(await line.run("a", async () => "done"), "done");
  });
});

/** Comes from each of `addresses` at the same moment. */
async function check(
  limits: ConstructorParameters<typeof HashLine>[0] & {},
  addresses: string,
  expected: string,
): Promise<void> {
  const line = new HashLine(limits);
  const answers = await Promise.all(addresses.split(" ").map((address) => line.run(address, someWork)));
  assert.equal(answers.join(" "), expected);
}

async function someWork(): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve));
  return "done";
}
