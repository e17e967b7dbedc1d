/** Attacks and accidents, played against the gate as a whole. The seed is printed; POSTERN_SIM_SEED plays it again. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { GROUPS_REMEMBERED_MAX, NETWORKS_REMEMBERED_MAX } from "#gate/block-list/limits.ts";
import { type Answer, GateWorld } from "./gate-world.ts";
import { Chance, SEED } from "./seed.ts";

const MINUTE_MS = 60_000;

suite(`the gate, simulated (POSTERN_SIM_SEED=${SEED})`, () => {
  test("200 identical wrong passwords from an office with 20 good users: nobody else notices", () => {
    const chance = new Chance(SEED);
    const users = Array.from({ length: 20 }, (_, number) => `user${number}`);
    const world = new GateWorld(Object.fromEntries(users.map((user) => [user, `right ${user}`])));
    const office = "198.51.100.7";
    const answers: Answer[] = [];
    let forgotten = 0;
    while (forgotten < 200 || answers.length < 400) {
      world.clock.advance(500 + chance.below(1000));
      if (chance.below(3) === 0 && forgotten < 200) {
        forgotten++;
        assert.notEqual(world.logIn(office, "user3", "the password of last year"), "banned");
      } else {
        const user = chance.pick(users);
        answers.push(world.logIn(office, user, `right ${user}`));
      }
    }
    assert.deepEqual(new Set(answers), new Set(["welcome"]));
    assert.deepEqual(world.bans(), []);
    assert.deepEqual(world.alerts(), []);
    // Counter-check: as many different passwords from an address without users are stopped after ten.
    for (let guess = 0; guess < 200; guess++) {
      world.clock.advance(1500);
      world.logIn("203.0.113.5", "user3", `guess ${chance.below(2 ** 30)} ${guess}`);
    }
    assert.deepEqual(world.bans(), ["203.0.113.5 auth"]);
  });

  test("1,000 addresses, a guess each at one account: throttled by about the 100th, and the owner still logs in", () => {
    const chance = new Chance(SEED);
    const world = new GateWorld({ alice: "right", bob: "right too" });
    world.logIn("198.51.100.7", "alice", "right");
    world.passwordsTried = 0;
    const owner: Answer[] = [];
    const others: Answer[] = [];
    for (let bot = 0; bot < 1000; bot++) {
      world.clock.advance(chance.below(2000));
      const address = `${11 + (bot >> 8)}.${bot & 255}.${chance.below(256)}.${1 + chance.below(254)}`;
      world.logIn(address, "alice", `guess ${bot}`);
      if (bot % 10 === 0) owner.push(world.logIn(`198.51.100.${8 + chance.below(3)}`, "alice", "right"));
      if (bot % 10 === 5) others.push(world.logIn(`203.0.${chance.below(256)}.9`, "bob", "right too"));
    }
    const looked = world.passwordsTried - owner.length - others.length;
    assert.ok(looked >= 60 && looked <= 160, `${looked} guesses were looked at`);
    assert.deepEqual(new Set(owner), new Set(["welcome"]));
    assert.deepEqual(new Set(others), new Set(["welcome"]));
    assert.deepEqual(world.bans(), []);
    assert.deepEqual(world.alerts(), ["account-under-attack"]);
  });

  test("one /64 tries 500 times, from an address each: stopped after ten, its neighbours are not", () => {
    const chance = new Chance(SEED);
    const world = new GateWorld({ alice: "right", bob: "right too" });
    for (let guess = 0; guess < 500; guess++) {
      world.clock.advance(500 + chance.below(1000));
      const host = `${chance.below(65_536).toString(16)}:${guess.toString(16)}`;
      world.logIn(`2001:db8:1:2:0:0:${host}`, "alice", `guess ${guess}`);
    }
    assert.ok(world.passwordsTried <= 25, `${world.passwordsTried} guesses were looked at`);
    assert.deepEqual(world.bans(), ["2001:db8:1:2::/64 auth"]);
    assert.equal(world.logIn("2001:db8:1:3::1", "bob", "right too"), "welcome");
  });

  test("a NAT gateway in front of everybody: a loud alert, no ban, no limit by address", () => {
    const chance = new Chance(SEED);
    const world = new GateWorld({ alice: "right", bob: "right too" });
    const gateway = "172.18.0.1";
    for (let times = 0; times < 60; times++) {
      world.clock.advance(2000);
      world.logIn(gateway, "alice", "right");
    }
    const users: Answer[] = [];
    for (let step = 0; step < 3000; step++) {
      world.clock.advance(chance.below(200));
      if (step % 3 === 0) users.push(world.logIn(gateway, "bob", "right too"));
      else world.logIn(gateway, `user${chance.below(50)}`, `guess ${step}`);
    }
    assert.deepEqual(new Set(users), new Set(["welcome"]));
    assert.deepEqual(world.bans(), []);
    assert.ok(world.alerts().includes("clients-are-hidden"));
    assert.ok(world.alerts().includes("protected-address-misbehaves"));
  });

  test("an old list of recipients from a good sender: no ban; the same from one that nobody vouches for: a ban", () => {
    const chance = new Chance(SEED);
    const world = new GateWorld();
    const answers: Answer[] = [];
    for (let times = 0; times < 500; times++) {
      world.clock.advance(1000 + chance.below(1000));
      answers.push(world.missRecipient("198.51.100.9", `old${chance.below(10_000)}@example.test`, true));
    }
    assert.deepEqual(new Set(answers), new Set(["welcome"]));
    assert.deepEqual(world.bans(), []);
    for (let times = 0; times < 15; times++) {
      world.clock.advance(1000 + chance.below(1000));
      world.missRecipient("203.0.113.9", `a${times}@example.test`, false);
    }
    assert.deepEqual(world.bans(), ["203.0.113.9 smtp"]);
  });

  test("a million distinct IPv6 sources: no table grows, and limits and bans still work", () => {
    const chance = new Chance(SEED);
    const world = new GateWorld({ alice: "right" });
    const octets = world.tableMemory.byteLength;
    for (let source = 0; source < 1_000_000; source++) {
      const address = `2001:${source >>> 8}:${chance.below(65_536).toString(16)}:${(source & 255).toString(16)}::1`;
      const admission = world.limits.admit(address, { protocol: "smtp" });
      if (admission.ok) admission.ticket.release();
      // Evidence costs more than a connection: a part of the sources fills its tables twice.
      if (source % 50 !== 0) continue;
      world.ledger.offence({ kind: "early-talker", address, clientName: `bot${source}.example` }, world.clock.now());
    }
    assert.equal(world.tableMemory.byteLength, octets);
    // Four sizes of networks and the client names are full; of who said a name 20,000 are there, of a hundred thousand.
    const full = 4 * NETWORKS_REMEMBERED_MAX + GROUPS_REMEMBERED_MAX;
    assert.ok(world.ledger.size <= full + 20_000 + 1000, `${world.ledger.size} entries`);
    assert.equal(world.limits.totals.open, 0);
    assert.equal(world.logIn("198.51.100.7", "alice", "right"), "welcome");
    for (let guess = 0; guess < 12; guess++) world.logIn("203.0.113.5", "alice", `guess ${guess}`);
    assert.ok(world.bans().includes("203.0.113.5 auth"));
  });

  test("a flood of strangers on every port leaves users from known networks their place", () => {
    const chance = new Chance(SEED);
    const world = new GateWorld({ alice: "right" });
    world.logIn("198.51.100.7", "alice", "right");
    let open = 0;
    for (let bot = 0; bot < 3000; bot++) {
      const address = `${11 + chance.below(80)}.${chance.below(256)}.${chance.below(256)}.${chance.below(256)}`;
      if (world.limits.admit(address, { protocol: chance.pick(["smtp", "imap"] as const) }).ok) open++;
    }
    assert.equal(open, 850);
    assert.equal(world.logIn("198.51.100.7", "alice", "right"), "welcome");
    assert.equal(world.logIn("203.0.113.77", "alice", "right"), "refused-at-the-door");
    world.clock.advance(MINUTE_MS);
  });
});
