/** How questions fare when their thread does: with threads and a clock that a test moves. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { StageAnswer } from "#evidence/policy/evidence.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { policyQuestion } from "../../test/fakes/policy-question.ts";
import { settled } from "../../test/fakes/reception.ts";
import { PolicyHost, type PolicyHostOptions, START_MS } from "./policy-host.ts";
import type { PolicyOrder, PolicyReport, PolicyThreadData } from "./policy-messages.ts";

const TIMEOUT_MS = 1000;
const LATE_MS = TIMEOUT_MS + 50;

type How = Parameters<PolicyHostOptions["start"]>[0];

class FakeThread {
  readonly how: How;
  readonly orders: PolicyOrder[] = [];
  isStopped = false;
  /** It takes no notice of being ended. */
  lingers = false;

  constructor(how: How) {
    this.how = how;
  }

  say(report: PolicyReport): void {
    this.how.said(report);
  }

  ready(): this {
    this.say({ kind: "ready", stages: ["message"] });
    return this;
  }

  started(id: number): void {
    this.say({ kind: "started", id });
  }

  answered(id: number): void {
    const answer: StageAnswer = { stage: "message", outcome: { kind: "nothing" }, headers: [], tookMs: 1 };
    this.say({ kind: "answered", id, answers: [answer] });
  }

  /** This question's function runs now. */
  runs(id: number): void {
    Atomics.store(new Int32Array((this.how.data as PolicyThreadData).running), 0, id);
  }

  post(message: unknown): void {
    this.orders.push(message as PolicyOrder);
  }

  stop(): void {
    this.isStopped = true;
    if (!this.lingers) setImmediate(() => this.how.ended(undefined));
  }
}

class World {
  readonly clock = new FakeClock();
  readonly threads: FakeThread[] = [];
  readonly failures: string[] = [];
  readonly host: PolicyHost;
  /** By number of the question. */
  readonly answers = new Map<number, string>();
  allLinger = false;

  constructor() {
    this.host = new PolicyHost({
      file: "/policy.ts",
      source: "",
      timeoutMs: TIMEOUT_MS,
      clock: this.clock,
      start: (how) => {
        const thread = new FakeThread(how);
        thread.lingers = this.allLinger;
        this.threads.push(thread);
        return thread;
      },
      watch: {
        failed: (_, why) => void this.failures.push(why),
        answered: () => undefined,
        printed: () => undefined,
      },
    });
  }

  get thread(): FakeThread {
    const last = this.threads.at(-1);
    assert.ok(last);
    return last;
  }

  ask(number: number): void {
    void this.#ask(number);
  }

  async #ask(number: number): Promise<void> {
    const [answer] = await this.host.ask(policyQuestion(["message"]));
    const { outcome } = answer ?? {};
    this.answers.set(number, outcome?.kind === "failed" ? outcome.why : (outcome?.kind ?? "?"));
  }

  /** One question that takes its thread with it. */
  async lose(number: number): Promise<void> {
    this.ask(number);
    this.thread.ready().started(this.thread.orders.at(-1)?.id ?? 0);
    this.clock.advance(LATE_MS);
    await settled();
  }
}

suite("questions to a policy file", () => {
  test("wait until it is loaded, and have their time from when they begin", async () => {
    const world = new World();
    world.ask(1);
    world.clock.advance(START_MS - 1);
    assert.deepEqual(world.thread.orders, []);
    world.thread.ready().started(1);
    world.clock.advance(TIMEOUT_MS);
    world.thread.answered(1);
    await settled();
    assert.deepEqual([...world.answers], [[1, "nothing"]]);
    assert.equal(world.clock.pending, 0);
  });

  test("that went down with their thread twice are not asked a third time", async () => {
    const world = new World();
    world.thread.ready();
    world.ask(1);
    for (const thread of [0, 1]) {
      world.threads[thread]?.how.ended(undefined);
      await settled();
      world.thread.ready();
    }
    assert.deepEqual([...world.answers], [[1, "ended"]]);
  });

  test("more than can wait are refused, and those that wait go on", async () => {
    const world = new World();
    for (let number = 0; number < 300; number++) world.ask(number);
    await settled();
    assert.equal([...world.answers.values()].filter((answer) => answer === "busy").length, 100);
    world.thread.ready();
    for (const { id } of world.thread.orders) world.thread.answered(id);
    await settled();
    assert.equal([...world.answers.values()].filter((answer) => answer === "nothing").length, 200);
  });

  test("that never begin are over in a bounded time, without an end to the thread that is busy with others", async () => {
    const world = new World();
    world.thread.ready();
    world.ask(1);
    world.clock.advance(START_MS + TIMEOUT_MS);
    await settled();
    assert.deepEqual([[...world.answers], world.thread.isStopped], [[[1, "busy"]], false]);
  });

  test("blame the one that holds the thread, whoever is late first", async () => {
    const world = new World();
    world.thread.ready();
    world.ask(1);
    world.ask(2);
    world.thread.started(1);
    world.clock.advance(TIMEOUT_MS / 2);
    world.thread.started(2);
    world.thread.runs(2);
    world.clock.advance(TIMEOUT_MS / 2 + 50);
    assert.equal(world.thread.isStopped, false);
    world.clock.advance(TIMEOUT_MS / 2);
    await settled();
    assert.deepEqual([...world.answers], [[2, "timed-out"]]);
    world.thread.ready().answered(1);
    await settled();
    assert.equal(world.answers.get(1), "nothing");
  });

  test("what an ended thread still says is about nobody", async () => {
    const world = new World();
    const [first] = world.threads;
    await world.lose(1);
    world.ask(2);
    first?.answered(2);
    await settled();
    assert.equal(world.answers.get(2), undefined);
  });
});

suite("a policy file that loses thread after thread", () => {
  test("is left alone for longer and longer, a minute at most, and has its chance again", async () => {
    const world = new World();
    await world.lose(1);
    await world.lose(2);
    await world.lose(3);
    const pauses: number[] = [];
    for (let loss = 4; loss < 14; loss++) {
      let pauseMs = 0;
      for (; pauseMs < 100_000; pauseMs += 1000) {
        const before = world.threads.length;
        world.ask(1000);
        await settled();
        if (world.threads.length > before) break;
        assert.equal(world.answers.get(1000), "suspended");
        world.clock.advance(1000);
      }
      pauses.push(pauseMs / 1000);
      world.thread.ready().started(world.thread.orders.at(-1)?.id ?? 0);
      world.clock.advance(LATE_MS);
      await settled();
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  test("and answers once begins anew", async () => {
    const world = new World();
    await world.lose(1);
    await world.lose(2);
    world.ask(3);
    world.thread.ready().answered(world.thread.orders.at(-1)?.id ?? 0);
    await world.lose(4);
    await world.lose(5);
    world.ask(6);
    assert.equal(world.answers.get(6), undefined);
    assert.equal(world.thread.isStopped, false);
  });

  test("leaves no more than some of them behind that cannot be ended", async () => {
    const world = new World();
    world.thread.lingers = true;
    world.allLinger = true;
    await world.lose(1);
    await world.lose(2);
    world.ask(3);
    await settled();
    assert.deepEqual([world.threads.length, world.answers.get(3)], [2, "suspended"]);
    world.threads[0]?.how.ended(undefined);
    world.ask(4);
    assert.equal(world.threads.length, 3);
  });

  test("one that is not loaded in time is ended, and its questions with it", async () => {
    const world = new World();
    world.ask(1);
    world.clock.advance(START_MS);
    await settled();
    assert.deepEqual([[...world.answers], world.thread.isStopped], [[[1, "unusable"]], true]);
    assert.match((await world.host.loaded)?.message ?? "", /not loaded within/);
  });

  test("closed, it answers all and starts nothing", async () => {
    const world = new World();
    world.thread.ready();
    world.ask(1);
    world.host.close();
    world.ask(2);
    await settled();
    assert.deepEqual([...world.answers.values(), world.threads.length, world.clock.pending], ["ended", "ended", 1, 0]);
    assert.deepEqual(world.failures, []);
  });
});
