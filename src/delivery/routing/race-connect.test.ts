import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { DialTarget } from "#ports/dialer.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeNetwork, type FakeServer } from "../../../test/fakes/smtp-network.ts";
import { type RaceOutcome, raceConnect } from "./race-connect.ts";

const SIX = "2001:db8::1";
const FOUR = "192.0.2.1";

interface Course {
  readonly dialled: readonly DialTarget[];
  readonly outcome: RaceOutcome;
  readonly network: FakeNetwork;
}

async function race(servers: Readonly<Record<string, FakeServer>>, passMs: number, slow?: string): Promise<Course> {
  const clock = new FakeClock();
  const network = new FakeNetwork(clock, servers);
  const dialled: DialTarget[] = [];
  const racing = raceConnect({
    addresses: [SIX, FOUR],
    port: 25,
    sourceAddresses: ["192.0.2.99", "2001:db8::99"],
    timeoutMs: 30_000,
    clock,
    dialer: {
      dial: async (target) => {
        dialled.push(target);
        const { promise, resolve } = Promise.withResolvers<void>();
        if ("address" in target.to && target.to.address === slow) clock.after(300, resolve);
        else resolve();
        await promise;
        return network.dial(target);
      },
    },
  });
  for (let passedMs = 0; passedMs < passMs; passedMs += 50) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50);
  }
  const outcome = await racing;
  clock.advance(60_000);
  await new Promise((resolve) => setImmediate(resolve));
  return { dialled, outcome, network };
}

const addressesOf = ({ dialled }: Course): readonly string[] =>
  dialled.map(({ to }) => ("address" in to ? to.address : to.path));

suite("the race of addresses (RFC 8305)", () => {
  test("the first has a quarter of a second for itself", async () => {
    const course = await race({ [SIX]: {}, [FOUR]: {} }, 0);
    assert.deepEqual(addressesOf(course), [SIX]);
    assert.equal(course.outcome.connection?.remote.address, SIX);
  });

  test("one that is slower loses, and its connection is closed when it comes", async () => {
    const course = await race({ [SIX]: {}, [FOUR]: {} }, 1000, SIX);
    assert.deepEqual(addressesOf(course), [SIX, FOUR]);
    assert.equal(course.outcome.connection?.remote.address, FOUR);
    assert.equal(course.network.open, 1);
  });

  test("one that refuses makes way at once", async () => {
    const course = await race({ [SIX]: { connect: "refused" }, [FOUR]: {} }, 0);
    assert.equal(course.outcome.connection?.remote.address, FOUR);
    assert.deepEqual(course.outcome.failures, [{ address: SIX, code: "ECONNREFUSED" }]);
  });

  test("where none answers, each has its reason", async () => {
    const course = await race({ [SIX]: { connect: "silent" }, [FOUR]: { connect: "refused" } }, 31_000);
    assert.equal(course.outcome.connection, undefined);
    assert.deepEqual(course.outcome.failures.map(({ code }) => code).toSorted(), ["ECONNREFUSED", "TIMEOUT"]);
  });

  test("comes from the own address of the same family", async () => {
    const { dialled } = await race({ [SIX]: { connect: "refused" }, [FOUR]: {} }, 0);
    assert.deepEqual(
      dialled.map(({ from }) => from),
      ["2001:db8::99", "192.0.2.99"],
    );
  });
});
