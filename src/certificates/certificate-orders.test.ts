import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { failed, ok, type Result } from "#mail/result.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import {
  type CertificateOrder,
  CertificateOrders,
  type HeldCertificate,
  type KeyType,
  type OrderMemory,
} from "./certificate-orders.ts";
import { RETRY_LAST_MS } from "./limits.ts";
import { renewalTime, retryDelayMs, type Span } from "./renewal-time.ts";

const DAY_MS = 86_400_000;

/** An authority whose certificates live 90 days, as a calendar sees it. */
class World {
  readonly clock = new FakeClock();
  readonly orders: (CertificateOrder & { readonly day: number })[] = [];
  readonly told: string[] = [];
  readonly held = new Map<KeyType, HeldCertificate>();
  names: readonly string[] = ["mx1.example.com"];
  answer: Result<void, string> = ok(undefined);
  suggested: Span | undefined;
  memory: OrderMemory | undefined;
  readonly #startMs = this.clock.now();

  open(keyTypes: readonly KeyType[] = ["ecdsa"]): CertificateOrders {
    return new CertificateOrders({
      clock: this.clock,
      random: new FakeRandom(),
      log: new FakeLog(),
      keyTypes,
      wantedNames: async () => this.names,
      held: async (keyType) => this.held.get(keyType),
      obtain: async (order) => {
        const nowMs = this.clock.now();
        this.orders.push({ ...order, day: Math.floor((nowMs - this.#startMs) / DAY_MS) });
        if (this.answer.ok) {
          const validity = { startMs: nowMs, endMs: nowMs + 90 * DAY_MS };
          this.held.set(order.keyType, { names: order.names, validity, renewalId: `id${this.orders.length}` });
        }
        return this.answer;
      },
      suggestedRenewal: async () => this.suggested,
      memory: {
        load: async () => this.memory,
        save: async (memory) => void (this.memory = memory),
      },
      obtained: (keyType) => this.told.push(`obtained ${keyType}`),
      notObtained: (keyType, problem) => this.told.push(`not obtained ${keyType}: ${problem}`),
    });
  }

  /** Lets days go by, and whatever falls due between. */
  async pass(days: number): Promise<void> {
    const untilMs = this.clock.now() + days * DAY_MS;
    while (this.clock.now() < untilMs) {
      this.clock.advance(Math.min(this.clock.untilNextMs ?? DAY_MS, untilMs - this.clock.now()));
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  }
}

suite("orders of certificates", () => {
  test("one of each key type at first, and nothing more until a third of their life is left (R46)", async () => {
    const world = new World();
    world.open(["ecdsa", "rsa"]);
    await world.pass(1);
    assert.deepEqual(
      world.orders.map(({ keyType }) => keyType),
      ["ecdsa", "rsa"],
    );
    await world.pass(57);
    assert.equal(world.orders.length, 2);
    await world.pass(3);
    const replaced = world.orders.slice(2).map(({ replaces }) => replaces);
    assert.deepEqual(new Set(replaced), new Set(["id1", "id2"]));
  });

  test("a name that is new has one ordered at once", async () => {
    const world = new World();
    world.open();
    await world.pass(1);
    world.names = ["mx1.example.com", "mta-sts.example.com"];
    await world.pass(1);
    assert.deepEqual(world.orders[1]?.names, world.names);
    world.names = ["mx1.example.com"];
    await world.pass(10);
    assert.equal(world.orders.length, 2);
  });

  test("the authority's wish comes first (RFC 9773)", async () => {
    const world = new World();
    world.open();
    await world.pass(1);
    const nowMs = world.clock.now();
    world.suggested = { startMs: nowMs + 5 * DAY_MS, endMs: nowMs + 6 * DAY_MS };
    await world.pass(4);
    assert.equal(world.orders.length, 1);
    world.suggested = { startMs: nowMs - DAY_MS, endMs: nowMs };
    await world.pass(0.5);
    assert.equal(world.orders.length, 2);
  });

  test("an authority that wishes for a renewal at once, for ever, gets one a day", async () => {
    const world = new World();
    world.suggested = { startMs: 1, endMs: 2 };
    world.open();
    await world.pass(5);
    assert.ok(world.orders.length <= 5, `${world.orders.length} orders`);
  });

  test("failures are told and tried again, later and later, and one failure stops the other key type", async () => {
    const world = new World();
    world.answer = failed("no such name");
    world.open(["ecdsa", "rsa"]);
    await world.pass(1);
    const first = world.orders.length;
    assert.ok(first > 3 && first < 10, `${first} orders on the first day`);
    assert.ok(world.orders.every(({ keyType }) => keyType === "ecdsa"));
    assert.equal(world.told[0], "not obtained ecdsa: no such name");
    await world.pass(3);
    const later = world.orders.length - first;
    assert.ok(later >= 5 && later <= 8, `${later} orders in three days after that`);
    world.answer = ok(undefined);
    await world.pass(1);
    assert.deepEqual(world.told.slice(-2), ["obtained ecdsa", "obtained rsa"]);
  });

  test("a server that starts again and again does not order each time", async () => {
    const world = new World();
    world.answer = failed("no such name");
    world.open().close();
    world.open();
    await world.pass(0.001);
    assert.equal(world.orders.length, 1);
    for (let start = 0; start < 10; start++) {
      const orders = world.open();
      await world.pass(0.0001);
      orders.close();
    }
    assert.equal(world.orders.length, 1);
  });
});

test("a renewal is chosen within what is left of a third, or within the authority's window", () => {
  const validity = { startMs: 0, endMs: 90 };
  for (const part of [0, 0.5, 1]) {
    const atMs = renewalTime(validity, undefined, part);
    assert.ok(atMs <= 60 && atMs >= 58, String(atMs));
    const wishedMs = renewalTime(validity, { startMs: 10, endMs: 20 }, part);
    assert.equal(wishedMs, 10 + part * 10);
  }
  assert.equal(renewalTime(validity, { startMs: 20, endMs: 10 }, 0), 60);
});

test("the wait after failures grows, and has an end", () => {
  const waits = [1, 2, 3, 50].map((failures) => retryDelayMs(failures, 0.5));
  assert.deepEqual(waits, [600_000, 1_200_000, 2_400_000, RETRY_LAST_MS]);
});
