import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import type { Account, Delivery } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { Alerts } from "./alerts.ts";
import { QuotaWatch } from "./quota-watch.ts";

const LOOK_MS = 10 * 60 * 1000;

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly alerts = new Alerts({ clock: this.clock, log: this.log, mail: () => Promise.resolve() });
  readonly mail: Delivery[] = [];
  readonly used = new Map<string, number>();
  hasRoom = true;
  readonly #watch: QuotaWatch;

  constructor(used: Readonly<Record<string, number>>) {
    for (const [address, octets] of Object.entries(used)) this.used.set(address, octets);
    this.#watch = new QuotaWatch({
      store: {
        listAccounts: () =>
          Promise.resolve([...this.used].map(([address, octets], i) => account(i + 1, address, octets))),
        deliver: (delivery) => {
          if (!this.hasRoom) return Promise.resolve({ ok: false, problem: "no-space" });
          this.mail.push(delivery);
          return Promise.resolve({ ok: true, value: [] });
        },
      },
      clock: this.clock,
      random: new FakeRandom(),
      log: this.log,
      alerts: this.alerts,
      settings: () => ({ hostname: "mx.example.test" }),
    });
  }

  async pass(ms = LOOK_MS): Promise<void> {
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  close(): Promise<void> {
    return this.#watch.close();
  }

  /** What users were told, and of what there are alerts. */
  check(subjects: readonly string[], alerts: readonly string[]): void {
    const told = this.mail.map(({ content, targets }) => {
      const text = content.kind === "octets" ? Buffer.from(content.octets).toString() : "";
      assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
      return `${targets[0]?.accountId} ${/^Subject: \[Postern\] (.*)\r$/m.exec(text)?.[1]}`;
    });
    assert.deepEqual(told, subjects);
    assert.deepEqual(
      this.alerts.current().map(({ subject, text }) => `${subject} ${/over \d+ %/.exec(text)?.[0]}`),
      alerts,
    );
  }
}

function account(id: number, address: string, usedOctets: number): Account {
  const quotaOctets = address.startsWith("free") ? null : 1000;
  return { id, address, enabled: true, quotaOctets, usedOctets, usedMessages: 1, createdAtMs: 0 };
}

suite("a mailbox that fills up (R85)", () => {
  test("its user and the administrator are told at 80 and at 95 percent, once each", async () => {
    const world = new World({ "a@example.test": 100, "b@example.test": 100, "free@example.test": 1e9 });
    await world.pass(0);
    world.used.set("a@example.test", 799);
    await world.pass();
    world.check([], []);
    world.used.set("a@example.test", 801);
    for (let times = 0; times < 3; times++) await world.pass();
    world.check(["1 Your mailbox is full to 80 %"], ["a@example.test over 80 %"]);
    world.used.set("a@example.test", 980);
    for (let times = 0; times < 3; times++) await world.pass();
    const told = ["1 Your mailbox is full to 80 %", "1 Your mailbox is full to 98 %"];
    world.check(told, ["a@example.test over 95 %"]);
    // It hovers at the mark: that is no news.
    for (const octets of [940, 960, 920, 951]) {
      world.used.set("a@example.test", octets);
      await world.pass();
    }
    world.check(told, ["a@example.test over 95 %"]);
    await world.close();
  });

  test("who tidied up is told again when it fills again; the alert is over", async () => {
    const world = new World({ "a@example.test": 100 });
    await world.pass(0);
    for (const octets of [850, 100, 850]) {
      world.used.set("a@example.test", octets);
      await world.pass();
      if (octets === 100) world.check(["1 Your mailbox is full to 85 %"], []);
    }
    const subject = "1 Your mailbox is full to 85 %";
    world.check([subject, subject], ["a@example.test over 80 %"]);
    await world.close();
  });

  test("a restart tells nobody again; a mail that finds no room is noted", async () => {
    const world = new World({ "a@example.test": 850 });
    await world.pass(0);
    await world.pass();
    world.check([], []);
    world.hasRoom = false;
    world.used.set("a@example.test", 1200);
    await world.pass();
    world.check([], ["a@example.test over 95 %"]);
    assert.ok(world.log.lines.some(({ event }) => event === "quota-not-mailed"));
    await world.close();
  });
});
