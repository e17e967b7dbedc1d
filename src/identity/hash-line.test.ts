import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { HashLine, type HashLineLimits } from "./hash-line.ts";
import { STRANGERS_REST_FROM, STRANGERS_REST_HASHES, STRANGERS_REST_MS_MAX } from "./limits.ts";

const STRANGER = { address: "a", isKnown: false };
const WIDE: HashLineLimits = {
  atOnceMax: 1,
  strangersAtOnceMax: 2,
  waitingMax: 9,

  waitingPerAddressMax: 9,
};

suite("the line before the hashes", () => {
  test("so many run at once, and the others in the order they came", async () => {
    const line = new HashLine(new FakeClock(), { ...WIDE, atOnceMax: 2 });
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const works = [0, 1, 2, 3].map((number) =>
      line.run(STRANGER, () => {
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
    check({ ...WIDE, waitingMax: 2, waitingPerAddressMax: 2 }, "a b c d", "done done done full"));

  test("one address fills its share only", () =>
    check({ ...WIDE, waitingPerAddressMax: 1 }, "a a a b", "done done full done"));

  test("work that fails gives its place back", async () => {
    const line = new HashLine(new FakeClock(), { ...WIDE, waitingMax: 0, waitingPerAddressMax: 0 });
    await assert.rejects(
      line.run(STRANGER, () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(await line.run(STRANGER, async () => "done"), "done");
  });
});

suite("known networks before strangers", () => {
  test("who is known is served before strangers that came earlier", async () => {
    const line = new HashLine(new FakeClock(), WIDE);
    const served: string[] = [];
    const come = (address: string, isKnown: boolean): Promise<unknown> =>
      line.run({ address, isKnown }, async () => {
        served.push(address);
        await someWork();
      });
    await Promise.all([come("stranger 1", false), come("stranger 2", false), come("known", true)]);
    assert.deepEqual(served, ["stranger 1", "known", "stranger 2"]);
  });

  test("a full line of strangers has room for who is known", async () => {
    const line = new HashLine(new FakeClock(), { ...WIDE, waitingMax: 1 });
    const answers = [false, false, false, true].map((isKnown, n) => line.run({ address: `${n}`, isKnown }, someWork));
    assert.deepEqual(await Promise.all(answers), ["done", "done", "full", "done"]);
  });

  test("guessers behind an office's address leave room for those who work there", async () => {
    const line = new HashLine(new FakeClock(), { ...WIDE, waitingPerAddressMax: 1 });
    const answers = [false, false, false, true].map((isKnown) => line.run({ address: "office", isKnown }, someWork));
    assert.deepEqual(await Promise.all(answers), ["done", "done", "full", "done"]);
  });

  test("strangers leave a hash to others, however many they are", async () => {
    const line = new HashLine(new FakeClock(), { ...WIDE, atOnceMax: 2, strangersAtOnceMax: 1 });
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await someWork();
      running--;
    };
    await Promise.all(Array.from({ length: 5 }, (_, n) => line.run({ address: `${n}`, isKnown: false }, work)));
    assert.equal(most, 1);
    await Promise.all([true, true, false].map((isKnown, n) => line.run({ address: `${n}`, isKnown }, work)));
    assert.equal(most, 2);
  });
});

suite("a long line of strangers", () => {
  const HASH_MS = 20;
  const limits = { ...WIDE, atOnceMax: 2, strangersAtOnceMax: 1, waitingMax: 100 };

  test("rests between two hashes, and who is known does not wait for it", async () => {
    const { clock, line, served, come } = comers(limits, HASH_MS);
    for (let n = 0; n < STRANGERS_REST_FROM + 3; n++) void come(`${n}`, false);
    await settled();
    assert.deepEqual(served, ["0"]);
    clock.advance(HASH_MS * STRANGERS_REST_HASHES - 1);
    await settled();
    assert.deepEqual(served, ["0"]);
    assert.equal(await line.run({ address: "k", isKnown: true }, someWork), "done");
    clock.advance(1);
    await settled();
    assert.deepEqual(served, ["0", "1"]);
  });

  test("is served without a rest once it is short: nobody waits for a timer", async () => {
    const { clock, served, come } = comers(limits, HASH_MS);
    for (let n = 0; n < STRANGERS_REST_FROM; n++) void come(`${n}`, false);
    await settled();
    assert.equal(served.length, STRANGERS_REST_FROM);
    assert.equal(clock.pending, 0);
  });

  test("rests no longer than its bound, however long a hash took", async () => {
    const { clock, served, come } = comers(limits, 60_000);
    for (let n = 0; n < STRANGERS_REST_FROM + 1; n++) void come(`${n}`, false);
    await settled();
    assert.deepEqual(served, ["0"]);
    clock.advance(STRANGERS_REST_MS_MAX);
    await settled();
    assert.equal(served.length, STRANGERS_REST_FROM + 1);
  });
});

/** Hashes that take their time by the clock. */
function comers(limits: HashLineLimits, hashMs: number) {
  const clock = new FakeClock();
  const line = new HashLine(clock, limits);
  const served: string[] = [];
  const come = (address: string, isKnown: boolean): Promise<unknown> =>
    line.run({ address, isKnown }, async () => {
      served.push(address);
      clock.advance(hashMs);
      return "done";
    });
  return { clock, line, served, come };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await someWork();
}

/** Comes from each of `addresses` at the same moment. */
async function check(limits: HashLineLimits, addresses: string, expected: string): Promise<void> {
  const line = new HashLine(new FakeClock(), limits);
  const answers = await Promise.all(
    addresses.split(" ").map((address) => line.run({ address, isKnown: false }, someWork)),
  );
  assert.equal(answers.join(" "), expected);
}

async function someWork(): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve));
  return "done";
}
