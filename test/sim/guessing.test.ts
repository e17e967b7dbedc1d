/** Who guesses passwords, and who only mistypes them, at the doors of a whole server. POSTERN_SIM_SEED plays a run again. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Answer, addressOf, GuessingWorld, type Login } from "./guessing-world.ts";
import { Chance, SEED } from "./seed.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

const ALICE = "a swan and 3 geese";
const BOB = "two herons, 1 pond";
const HOME = "198.51.100.7";
const OFFICE = "203.0.113.9";

suite(`guessed passwords, simulated (POSTERN_SIM_SEED=${SEED})`, () => {
  for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"] as const) {
    test(`1,000 addresses, a guess each by ${mechanism}: strangers wait from about the 100th on, the owner never (R24, R25)`, async (t) => {
      const chance = new Chance(SEED);
      const world = await GuessingWorld.open(t, { alice: ALICE, bob: BOB });
      const phone = await world.addAppPassword("alice");
      await world.logIn({ address: HOME, account: "alice", password: ALICE });
      const guesses: Answer[] = [];
      const owner: Answer[] = [];
      // Nobody looks whether a guess is right, so few of them do for all: SCRAM takes its time over each.
      const words = Array.from(
        { length: mechanism === "SCRAM-SHA-256" ? 5 : 1000 },
        (_, n) => `guess ${chance.below(2 ** 30)} ${n}`,
      );
      for (let bot = 0; bot < 1000; bot++) {
        world.clock.advance(chance.below(2000));
        const password = words[bot % words.length] ?? "";
        guesses.push(await world.logIn({ address: botAddress(bot, chance), account: "alice", password, mechanism }));
        if (bot % 10 !== 0) continue;
        // At home with another address of the same provider; on the way, the phone; and another user anywhere.
        owner.push(
          ...(await world.logInAtOnce([
            { address: `198.51.100.${1 + chance.below(254)}`, account: "alice", password: ALICE },
            { address: `192.168.1.${1 + chance.below(254)}`, account: "bob", password: BOB },
            { address: `100.64.${chance.below(64)}.${chance.below(256)}`, account: "alice", password: phone },
          ])),
        );
      }
      const firstWait = guesses.indexOf("wait");
      assert.ok(firstWait >= 80 && firstWait <= 120, `the first that had to wait was guess ${firstWait}`);
      const looked = guesses.filter((answer) => answer !== "wait").length;
      assert.ok(looked <= 180, `${looked} guesses were looked at`);
      assert.deepEqual(new Set(owner), new Set(["in"]));
      assert.deepEqual(await world.bans(), []);
      assert.deepEqual(world.raised(), [`account-under-attack: ${addressOf("alice")}`]);
    });
  }

  test("a changed password, and three devices that poll with the old one for a day: no ban, no waiting, no alert", async (t) => {
    const world = await GuessingWorld.open(t, { alice: ALICE });
    const devices: readonly Login[] = [
      { address: HOME, account: "alice", password: ALICE },
      { address: HOME, account: "alice", password: ALICE, mechanism: "SCRAM-SHA-256" },
      { address: OFFICE, account: "alice", password: ALICE, mechanism: "SCRAM-SHA-256" },
    ];
    // Each front comes to know the devices.
    for (let round = 0; round < 2; round++) assert.deepEqual(await world.logInAtOnce(devices), ["in", "in", "in"]);
    await world.changePassword("alice", BOB);
    const answers = new Set<Answer>();
    const owner = new Set<Answer>();
    for (let minute = 0; minute < DAY_MINUTES + 60; minute++) {
      world.clock.advance(MINUTE_MS);
      for (const answer of await world.logInAtOnce(devices)) answers.add(answer);
      if (minute % 10 === 0) owner.add(await world.logIn({ address: HOME, account: "alice", password: BOB }));
    }
    assert.deepEqual(answers, new Set(["wrong"]));
    assert.deepEqual(owner, new Set(["in"]));
    // On the way, too: the account is nobody's prey.
    assert.equal(await world.logIn({ address: "192.0.2.77", account: "alice", password: BOB }), "in");
    assert.deepEqual(await world.bans(), []);
    assert.deepEqual(world.raised(), []);
  });

  test("a password that was never right in a device at home: the owner there still gets in, by SCRAM too", async (t) => {
    const world = await GuessingWorld.open(t, { alice: ALICE });
    await world.logIn({ address: HOME, account: "alice", password: ALICE });
    const owner = new Set<Answer>();
    for (let minute = 0; minute < 6 * 60; minute++) {
      world.clock.advance(MINUTE_MS / 2);
      await world.logIn({ address: HOME, account: "alice", password: "mistyped!", mechanism: "SCRAM-SHA-256" });
      world.clock.advance(MINUTE_MS / 2);
      owner.add(await world.logIn({ address: HOME, account: "alice", password: ALICE }));
    }
    assert.deepEqual(owner, new Set(["in"]));
    assert.deepEqual(await world.bans(), []);
    // The administrator hears of it: each of these proofs may be a guess, and the password is not to be seen.
    const alerts = world.raised().map((alert) => alert.split(":")[0]);
    assert.deepEqual(new Set(alerts), new Set(["guessing-at-a-known-address"]));
  });

  test("one address, many accounts: banned after about ten guesses, and its neighbours are not (R24)", async (t) => {
    const chance = new Chance(SEED);
    const world = await GuessingWorld.open(t, { bob: BOB });
    const answers: Answer[] = [];
    for (let victim = 0; victim < 100; victim++) {
      world.clock.advance(500 + chance.below(3000));
      const password = `of a leak ${chance.below(2 ** 30)}`;
      answers.push(await world.logIn({ address: "203.0.113.50", account: `user${victim}`, password }));
    }
    // Ten points, of which a little has faded.
    const firstWait = answers.indexOf("wait");
    assert.ok(firstWait >= 10 && firstWait <= 12, `the first that had to wait was guess ${firstWait}`);
    assert.deepEqual(await world.bans(), ["203.0.113.50 auth"]);
    assert.equal(await world.logIn({ address: "203.0.113.51", account: "bob", password: BOB }), "in");
    assert.deepEqual(world.raised(), []);
  });

  for (const [who, offenders, hasUser, expected] of [
    ["six of a /24 that nobody uses", 6, false, ["203.0.113.0/24 auth"]],
    ["four of a /24: too few to blame it all", 4, false, []],
    ["six of a /24 where a user logs in", 6, true, []],
  ] as const) {
    test(`nine guesses each from ${who}: ${expected.join() || "no wider ban"}`, async (t) => {
      const chance = new Chance(SEED);
      const world = await GuessingWorld.open(t, { bob: BOB });
      if (hasUser) await world.logIn({ address: "203.0.113.200", account: "bob", password: BOB });
      for (let guess = 0; guess < 9 * offenders; guess++) {
        world.clock.advance(500 + chance.below(500));
        const address = `203.0.113.${10 + (guess % offenders)}`;
        const password = `guess ${chance.below(2 ** 30)}`;
        await world.logIn({ address, account: `user${guess}`, password });
      }
      assert.deepEqual(await world.bans(), expected);
      const bob = await world.logIn({ address: "203.0.113.201", account: "bob", password: BOB });
      assert.equal(bob, expected.length === 0 ? "in" : "wait");
    });
  }

  test("all clients behind one gateway: no ban whatever comes from there, and an alert", async (t) => {
    const chance = new Chance(SEED);
    const world = await GuessingWorld.open(t, { bob: BOB });
    const users = new Set<Answer>();
    for (let step = 0; step < 200; step++) {
      world.clock.advance(1000 + chance.below(1000));
      world.arrive("172.18.0.1");
      const guess = { address: "172.18.0.1", account: `user${step}`, password: `guess ${step}` };
      await world.logIn(guess);
      if (step % 5 === 0) users.add(await world.logIn({ address: "172.18.0.1", account: "bob", password: BOB }));
    }
    assert.deepEqual(users, new Set(["in"]));
    assert.deepEqual(await world.bans(), []);
    assert.deepEqual(
      new Set(world.raised()),
      new Set(["clients-are-hidden: 172.18.0.1", "protected-address-misbehaves: 172.18.0.1"]),
    );
  });

  test("5,000 addresses at 5,000 accounts, one guess each: one alert for all, and nobody is banned", async (t) => {
    const chance = new Chance(SEED);
    const world = await GuessingWorld.open(t, { bob: BOB });
    for (let bot = 0; bot < 5000; bot += 50) {
      world.clock.advance(20_000);
      await world.logInAtOnce(
        Array.from({ length: 50 }, (_, n) => ({
          address: botAddress(bot + n, chance),
          account: `user${bot + n}`,
          password: `guess ${chance.below(2 ** 30)} ${bot + n}`,
        })),
      );
    }
    assert.deepEqual(world.raised(), ["many-failed-logins: server"]);
    const [alert] = world.alerts.current();
    assert.equal(alert?.times, 1);
    assert.notEqual(alert?.remedy, "", "it says what to do");
    assert.deepEqual(await world.bans(), []);
    assert.equal(await world.logIn({ address: "192.0.2.77", account: "bob", password: BOB }), "in");
  });

  for (const mechanism of ["PLAIN", "SCRAM-SHA-256"] as const) {
    test(`the owner on the way, wrong by ${mechanism} twice and then right, every hour: in each time`, async (t) => {
      const world = await GuessingWorld.open(t, { alice: ALICE });
      const answers: Answer[] = [];
      for (let hour = 0; hour < 12; hour++) {
        world.clock.advance(60 * MINUTE_MS);
        const address = `192.0.2.${10 + hour}`;
        for (const password of ["A swan and 3 geese", "a swan and 3 geeese", ALICE]) {
          answers.push(await world.logIn({ address, account: "alice", password, mechanism }));
        }
      }
      assert.deepEqual(answers, Array.from({ length: 12 }, () => ["wrong", "wrong", "in"]).flat());
      assert.deepEqual([await world.bans(), world.raised()], [[], []]);
    });
  }
});

function botAddress(bot: number, chance: Chance): string {
  return `${11 + (bot >> 8)}.${bot & 255}.${chance.below(256)}.${1 + chance.below(254)}`;
}
