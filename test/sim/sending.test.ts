/**
 * Users and thieves over weeks, on the real store, from one seed. Who works as people do is never held; a stolen account is
 * stopped while its spam is in the hundreds, and nobody else notices.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { thisMachine } from "#config/surroundings.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import { PLAIN_SENDING } from "#store/queue-rows.ts";
import type { SendingRules } from "#store/sending-rules.ts";
import type { Store } from "#store/store.ts";
import { sendingRules } from "#threads/sending-settings.ts";
import { FakeClock } from "../fakes/clock.ts";
import { openTemporaryStore } from "../fakes/temporary-store.ts";
import { Chance, SEED } from "./seed.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const OCTETS = Buffer.from("Subject: x\r\n\r\nx\r\n");
const INDEX = scanMessage(OCTETS);
const NO_PREFIX = new Uint8Array(0);

/** As they are without a word in the settings. */
function usualRules(): (account: string) => SendingRules {
  const source = 'hostname = "mx.example.test"\n[[domain]]\nname = "example.test"\n';
  const loaded = settingsFrom(source, { file: "/etc/postern.toml", shownAs: "postern.toml" }, thisMachine);
  assert.ok(loaded.ok);
  return sendingRules(loaded.value.settings) ?? assert.fail();
}

interface User {
  readonly account: string;
  readonly id: number;
  readonly home: string;
}

class World {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly chance = new Chance(SEED);
  readonly #rulesOf = usualRules();

  constructor(store: Store, clock: FakeClock) {
    this.store = store;
    this.clock = clock;
  }

  async user(name: string, home: string): Promise<User> {
    const account = `${name}@example.test`;
    const made = await this.store.createAccount({ address: account, quotaOctets: null, nowMs: this.clock.now() });
    assert.ok(made.ok);
    return { account, id: made.value.id, home };
  }

  logIn({ id }: User, address: string): Promise<void> {
    return this.store.putLogins([{ address, accountId: id, atMs: this.clock.now() }]);
  }

  /** Is it taken? */
  async send({ account, id, home }: User, recipients: number, client = home): Promise<boolean> {
    const queued = Array.from({ length: recipients }, (_, i) => ({ address: `r${i}@far.example` }));
    const atMs = this.clock.now();
    const outcome = await this.store.deliver({
      content: { kind: "octets", octets: OCTETS },
      prefix: NO_PREFIX,
      index: INDEX,
      receivedAtMs: atMs,
      targets: [],
      queued,
      sending: { ...PLAIN_SENDING, account },
      mailFrom: account,
      submission: {
        accountId: id,
        account,
        recipients,
        client,
        credentialId: null,
        atMs,
        rules: this.#rulesOf(account),
      },
    });
    return outcome.ok;
  }

  async held(): Promise<readonly string[]> {
    return (await this.store.listSendingHolds()).map(({ account, trigger }) => `${account} ${trigger}`);
  }

  /** What would leave this machine: nothing of it is held. */
  async waiting(account: string): Promise<number> {
    const { queued, hold } = await this.store.findSendingIncident(account, this.clock.now());
    return hold === undefined ? queued.recipients : 0;
  }
}

async function openWorld(context: { after(run: () => Promise<void>): void }): Promise<World> {
  const clock = new FakeClock();
  return new World(await openTemporaryStore(context, clock), clock);
}

const place = (chance: Chance): string => `198.51.${chance.below(256)}.${chance.below(256)}`;

suite(`sending, seed ${SEED}`, () => {
  test("people who write all day, from home and on journeys, with several programs, are never held", async (context) => {
    const world = await openWorld(context);
    const { chance, clock } = world;
    const users = await Promise.all(Array.from({ length: 6 }, (_, i) => world.user(`user${i}`, `192.0.${i}.5`)));
    for (let day = 0; day < 12; day++) {
      for (const user of users) {
        const isAway = chance.below(5) === 0;
        const client = isAway ? place(chance) : user.home;
        await world.logIn(user, client);
        const messages = chance.below(30);
        const toTeam = chance.below(60);
        for (let sent = 0; sent < messages; sent++) {
          clock.advance(40 * SECOND_MS + chance.below(4 * MINUTE_MS));
          // Every other day to a team of forty.
          const recipients = sent === toTeam ? 40 : 1 + chance.below(2);
          assert.ok(await world.send(user, recipients, client));
        }
      }
      clock.advance(8 * HOUR_MS);
    }
    assert.deepEqual(await world.held(), []);
  });

  test("a stolen account that sends 5,000 spams is held within the first 60, from a new network within 30; others are not", async (context) => {
    const world = await openWorld(context);
    const { clock, chance } = world;
    const [alice, bob, carol] = [
      await world.user("alice", "192.0.2.5"),
      await world.user("bob", "192.0.2.6"),
      await world.user("carol", "192.0.2.7"),
    ];
    for (let day = 0; day < 10; day++) {
      for (const user of [alice, bob, carol]) {
        await world.logIn(user, user.home);
        for (let sent = 0; sent < 3; sent++) await world.send(user, 1);
      }
      clock.advance(DAY_MS);
    }
    const left = { [alice.account]: 0, [bob.account]: 0 };
    const taken = { [alice.account]: 0, [bob.account]: 0 };
    const thief = place(chance);
    for (let spam = 0; spam < 5000; spam++) {
      clock.advance(chance.below(2 * SECOND_MS));
      // Of one the thief is in the same network (a machine at home was broken into), of the other far away.
      for (const [user, client] of [
        [alice, alice.home],
        [bob, thief],
      ] as const) {
        if (await world.send(user, 1, client)) taken[user.account] = (taken[user.account] ?? 0) + 1;
        if (spam < 70) left[user.account] = Math.max(left[user.account] ?? 0, await world.waiting(user.account));
      }
      if (spam % 500 === 0) assert.ok(await world.send(carol, 1));
    }
    assert.deepEqual((await world.held()).toSorted(), [`${alice.account} burst`, `${bob.account} new-network`]);
    // Thirty messages of the days before wait as well: nothing sends here.
    assert.ok((left[alice.account] ?? 0) <= 30 + 60, String(left[alice.account]));
    assert.ok((left[bob.account] ?? 0) <= 30 + 30, String(left[bob.account]));
    assert.ok(
      Object.values(taken).every((count) => count <= 1000),
      "the daily limit holds for what is held, too",
    );
    assert.ok((await world.waiting(carol.account)) > 0);
  });

  test("one that is patient is stopped by the limits: not more than 200 an hour, 1,000 a day", async (context) => {
    const world = await openWorld(context);
    const { clock } = world;
    const alice = await world.user("alice", "192.0.2.5");
    const hourly: number[] = [];
    for (let hour = 0; hour < 23; hour++) {
      let taken = 0;
      for (let spam = 0; spam < 300; spam++) {
        clock.advance(12 * SECOND_MS);
        if (await world.send(alice, 1)) taken++;
      }
      hourly.push(taken);
    }
    assert.ok(
      hourly.every((count) => count <= 205),
      String(hourly),
    );
    assert.ok(hourly.reduce((sum, count) => sum + count, 0) <= 1000);
  });

  test("a monthly newsletter is announced once, and then usual; a growing one too; ten times as much stops at the limit", async (context) => {
    const world = await openWorld(context);
    const { clock, store } = world;
    const club = await world.user("club", "192.0.2.5");
    const newsletter = async (readers: number): Promise<number> => {
      let taken = 0;
      for (let sent = 0; sent < readers; sent += 50) {
        clock.advance(10 * SECOND_MS);
        if (await world.send(club, 50)) taken += 50;
      }
      return taken;
    };
    assert.ok(await store.announceSending(club.account, clock.now() + DAY_MS));
    await newsletter(250);
    for (const readers of [300, 350, 400]) {
      clock.advance(30 * DAY_MS);
      assert.equal(await newsletter(readers), readers);
      assert.deepEqual(await world.held(), []);
    }
    clock.advance(30 * DAY_MS);
    assert.equal(await newsletter(4000), 500);
  });

  test("a newsletter that nobody announced is held, and released once", async (context) => {
    const world = await openWorld(context);
    const { clock, store } = world;
    const club = await world.user("club", "192.0.2.5");
    for (let sent = 0; sent < 5; sent++) await world.send(club, 50);
    assert.deepEqual(await world.held(), [`${club.account} burst`]);
    await store.quietSending(club.account, clock.now() + DAY_MS);
    assert.equal(await store.changeQueued({ account: club.account }, "release", clock.now()), 250);
    await world.send(club, 50);
    assert.deepEqual(await world.held(), []);
    assert.equal(await world.waiting(club.account), 300);
  });
});
