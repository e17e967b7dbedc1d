import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { DAY_MS, HOUR_MS, OffenceWorld, SECOND_MS, spamOf } from "../../../test/fakes/offence-world.ts";

suite("1: the attacker changes address", () => {
  test("ten different wrong passwords from one address ban it from logging in, and from nothing else (R20, R21)", () => {
    const world = new OffenceWorld();
    for (let guess = 1; guess <= 9; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    world.checkBans();
    world.guess("203.0.113.5", "alice", "guess 10");
    world.checkBans("203.0.113.5 auth");
    assert.equal(world.bans[0]?.untilMs, world.nowMs + 600 * SECOND_MS);
    assert.equal(world.bans[0]?.evidence.length, 5);
    assert.match(world.bans[0]?.evidence.at(-1) ?? "", /203\.0\.113\.5 wrong password \(alice\)$/);
  });

  test("one guess each from many addresses of a /24 bans the /24", () => {
    const world = new OffenceWorld();
    for (let host = 1; host <= 40; host++) world.guess(`203.0.113.${host}`, `user${host}`, `guess ${host}`);
    world.checkBans("203.0.113.0/24 auth");
  });

  test("counter-check: the same from three addresses bans no neighbour", () => {
    const world = new OffenceWorld();
    for (let guess = 0; guess < 36; guess++) {
      world.guess(`203.0.113.${guess % 3}`, "alice", `guess ${guess}`);
    }
    world.checkBans("203.0.113.0 auth", "203.0.113.1 auth", "203.0.113.2 auth");
  });

  test("a user among them keeps the /24 open; each attacker is banned by itself", () => {
    const world = new OffenceWorld();
    world.ledger.loggedIn({ address: "203.0.113.200", account: "alice" }, world.nowMs);
    for (let guess = 0; guess < 110; guess++) world.guess(`203.0.113.${guess % 10}`, "bob", `guess ${guess}`);
    assert.equal(world.bans.length, 10);
    assert.ok(world.bans.every(({ prefix }) => !prefix.includes("/")));
  });

  test("good mail from among them keeps the /24 open for mail, and not for guessing", () => {
    for (const [kind, prefix] of [
      ["spam", undefined],
      ["wrong-password", "203.0.113.0/24 auth"],
    ] as const) {
      const world = new OffenceWorld();
      world.ledger.goodMail({ address: "203.0.113.200" }, world.nowMs);
      for (let host = 1; host <= 40; host++) {
        if (kind === "spam") world.commit({ kind, address: `203.0.113.${host}` });
        else world.guess(`203.0.113.${host}`, `user${host}`, `guess ${host}`);
      }
      world.checkBans(...(prefix === undefined ? [] : [prefix]));
    }
  });

  test("who offended hours ago is no offender any more", () => {
    const world = new OffenceWorld();
    for (let host = 1; host <= 4; host++) world.guess(`203.0.113.${host}`, "alice", `guess ${host}`);
    world.wait(5 * HOUR_MS);
    // It is banned at ten; what was under way goes on.
    for (let guess = 0; guess < 40; guess++) world.guess("203.0.113.99", "alice", `more ${guess}`);
    world.checkBans("203.0.113.99 auth");
  });

  test("IPv6: a customer's /64 is banned like an address; customers next to each other, as a /56 and a /48", () => {
    const one = new OffenceWorld();
    for (let host = 1; host <= 20; host++) one.guess(`2001:db8:1:2::${host}`, "alice", `guess ${host}`);
    one.checkBans("2001:db8:1:2::/64 auth");
    const two = new OffenceWorld();
    for (let net = 0; net < 40; net++) two.guess(`2001:db8:1:${net.toString(16)}::1`, "alice", `guess ${net}`);
    two.checkBans("2001:db8:1::/56 auth");
    const three = new OffenceWorld();
    for (let net = 0; net < 80; net++)
      three.guess(`2001:db8:1:${(net * 256).toString(16)}::1`, "alice", `guess ${net}`);
    three.checkBans("2001:db8:1::/48 auth");
  });

  test("IPv6: where a user shares the /64, the address alone", () => {
    const world = new OffenceWorld();
    world.ledger.loggedIn({ address: "2001:db8:1:2::99", account: "alice" }, world.nowMs);
    for (let guess = 0; guess < 12; guess++) world.guess("2001:db8:1:2::1", "bob", `guess ${guess}`);
    world.checkBans("2001:db8:1:2::1 auth");
  });

  test("evidence is half as heavy after an hour", () => {
    const world = new OffenceWorld();
    for (let guess = 0; guess < 9; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    world.wait(HOUR_MS);
    for (let guess = 0; guess < 5; guess++) world.guess("203.0.113.5", "alice", `later ${guess}`);
    world.checkBans();
    world.guess("203.0.113.5", "alice", "one more");
    world.checkBans("203.0.113.5 auth");
  });

  test("each ban of a network lasts twice as long as the one before, to seven days; a quiet week makes it the first again", () => {
    const world = new OffenceWorld();
    const minutes: number[] = [];
    for (let round = 0; round < 12; round++) {
      while (world.bans.length === round) world.guess("203.0.113.5", "alice", `guess ${world.serial()}`);
      const ban = world.bans[round];
      assert.ok(ban?.untilMs);
      minutes.push((ban.untilMs - world.nowMs) / 60_000);
      world.wait(ban.untilMs - world.nowMs);
    }
    assert.deepEqual(minutes, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_080, 10_080]);
    world.wait(7 * DAY_MS);
    while (world.bans.length === 12) world.guess("203.0.113.5", "alice", `guess ${world.serial()}`);
    assert.equal(world.bans.at(-1)?.repeat, 0);
  });

  test("what the store remembers of bans doubles the next one after a restart", () => {
    const before = new OffenceWorld();
    for (let guess = 0; guess < 10; guess++) before.guess("203.0.113.5", "alice", `guess ${guess}`);
    const after = new OffenceWorld();
    for (const ban of before.bans) after.ledger.remember(ban);
    after.wait(HOUR_MS);
    for (let guess = 0; guess < 10; guess++) after.guess("203.0.113.5", "alice", `guess ${guess}`);
    assert.equal(after.bans[0]?.repeat, 1);
  });
});

suite("2: a botnet", () => {
  test("a thousand addresses, a guess each: the account's strangers wait by about the 100th, and nobody is banned", () => {
    const world = new OffenceWorld();
    for (let bot = 0; bot < 100; bot++) world.guess(`11.${bot}.7.1`, "alice", `guess ${bot}`);
    world.checkBans();
    assert.deepEqual(
      world.slowed().map(({ by, value }) => `${by} ${value}`),
      ["account alice"],
    );
    assert.deepEqual(world.alerts(), ["account-under-attack alice"]);
  });

  test("one and the same wrong password from everywhere is one guess, one address under a name is one member", () => {
    const world = new OffenceWorld();
    for (let device = 0; device < 500; device++)
      world.guess(`11.${device >> 8}.${device & 255}.1`, "alice", "the old one");
    for (let times = 0; times < 100; times++) world.commit(spamOf(1));
    assert.deepEqual(world.slowed(), []);
  });

  test("one password tried at many accounts (spraying)", () => {
    const world = new OffenceWorld();
    for (let bot = 0; bot < 25; bot++) world.guess(`11.${bot}.7.1`, `user${bot}`, "Winter2030!");
    assert.deepEqual(
      world.slowed().map(({ by }) => by),
      ["password"],
    );
    assert.ok(!JSON.stringify(world.decisions).includes("Winter2030!"), "the password itself is nowhere");
  });

  test("one client name at many misbehaving addresses, unless it is a name that users say", () => {
    const world = new OffenceWorld();
    for (let bot = 0; bot < 25; bot++) world.commit(spamOf(bot));
    assert.deepEqual(
      world.slowed().map(({ by, value }) => `${by} ${value}`),
      ["client-name ylmf-pc"],
    );
    const other = new OffenceWorld();
    other.ledger.goodMail({ address: "12.1.1.1", clientName: "YLMF-PC" }, other.nowMs);
    for (let bot = 0; bot < 25; bot++) other.commit(spamOf(bot));
    assert.deepEqual(other.slowed(), []);
  });

  test("one recipient, written to by many misbehaving addresses", () => {
    const world = new OffenceWorld();
    for (let bot = 0; bot < 60; bot++) {
      world.commit({ kind: "spam", address: `11.${bot}.7.1`, recipient: "alice@example.test" });
    }
    assert.deepEqual(
      world.slowed().map(({ by, value }) => `${by} ${value}`),
      ["recipient alice@example.test"],
    );
  });

  test("five hundred wrong passwords in an hour, wherever from, are worth an alert (R25)", () => {
    const world = new OffenceWorld();
    for (let bot = 0; bot < 520; bot++) world.guess(`11.${bot >> 8}.${bot & 255}.1`, `user${bot}`, `guess ${bot}`);
    assert.ok(world.alerts().includes("many-failed-logins server"));
  });
});

suite("4: false positives", () => {
  test("the same wrong password counts once, however often (R20)", () => {
    const world = new OffenceWorld();
    for (let times = 0; times < 200; times++) world.guess("203.0.113.5", "alice", "the old one");
    world.checkBans();
    // Counter-check: as many different ones are an attack.
    for (let guess = 0; guess < 9; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    world.checkBans("203.0.113.5 auth");
  });

  test("the password before a change counts nothing for 24 hours", () => {
    const world = new OffenceWorld();
    const password = world.fingerprint("spring");
    world.ledger.loggedIn({ address: "198.51.100.1", account: "alice", password }, world.nowMs);
    world.ledger.passwordChanged("alice", world.nowMs);
    world.guess("203.0.113.5", "alice", "spring");
    for (let guess = 0; guess < 9; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    world.checkBans();
    world.wait(DAY_MS);
    for (let guess = 10; guess < 19; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    world.checkBans();
    world.guess("203.0.113.5", "alice", "spring");
    world.checkBans("203.0.113.5 auth");
  });

  test("what is right and was not changed is no excuse for others' accounts", () => {
    const world = new OffenceWorld();
    const password = world.fingerprint("spring");
    world.ledger.loggedIn({ address: "198.51.100.1", account: "alice", password }, world.nowMs);
    world.ledger.passwordChanged("alice", world.nowMs);
    for (let user = 0; user < 10; user++) world.guess("203.0.113.5", `user${user}`, "spring");
    world.checkBans("203.0.113.5 auth");
  });

  test("unknown recipients of a sender that SPF or DKIM vouches for never ban; of others they do", () => {
    const world = new OffenceWorld();
    const miss = (address: string, senderAuthenticated: boolean): void =>
      world.commit({
        kind: "unknown-recipient",
        address,
        recipient: `r${world.serial()}@example.test`,
        senderAuthenticated,
      });
    for (let times = 0; times < 500; times++) miss("203.0.113.5", true);
    world.checkBans();
    for (let times = 0; times < 10; times++) miss("203.0.113.6", false);
    world.checkBans("203.0.113.6 smtp");
  });

  test("comings and goings, idle clients, other protocols and probes count nothing (R22)", () => {
    const world = new OffenceWorld();
    for (const kind of ["connect-and-quit", "idle-timeout", "wrong-protocol", "monitoring-probe"] as const) {
      for (let times = 0; times < 1000; times++) world.commit({ kind, address: "203.0.113.5", clientName: "probe" });
    }
    for (let host = 0; host < 100; host++) {
      world.commit({ kind: "connect-and-quit", address: `11.1.${host}.1`, clientName: "probe" });
    }
    assert.deepEqual(world.decisions, []);
    for (let times = 0; times < 2; times++) world.commit({ kind: "smuggling", address: "203.0.113.5" });
    world.checkBans("203.0.113.5 smtp");
  });

  test("where a user has logged in within 30 days, logins are not banned; mail may be, and later logins too", () => {
    const world = new OffenceWorld();
    world.ledger.loggedIn({ address: "203.0.113.5", account: "alice" }, world.nowMs);
    for (let guess = 0; guess < 30; guess++) world.guess("203.0.113.5", "bob", `guess ${guess}`);
    world.checkBans();
    assert.deepEqual(world.alerts(), ["guessing-at-a-known-address 203.0.113.5"]);
    for (let times = 0; times < 5; times++) world.commit({ kind: "spam", address: "203.0.113.5" });
    world.checkBans("203.0.113.5 smtp");
    assert.deepEqual(world.banDecision()?.blastRadius, { accounts: ["alice"] });
    world.wait(30 * DAY_MS);
    for (let guess = 0; guess < 10; guess++) world.guess("203.0.113.5", "bob", `later ${guess}`);
    world.checkBans("203.0.113.5 smtp", "203.0.113.5 auth");
  });

  test("somebody at the owner's own network who guesses on makes that account wait there, and only there", () => {
    const world = new OffenceWorld();
    world.ledger.loggedIn({ address: "203.0.113.5", account: "alice" }, world.nowMs);
    for (let guess = 0; guess < 30; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    assert.deepEqual(
      world.slowed().map(({ by, value }) => `${by} ${value}`),
      ["account-at-address alice 203.0.113.5"],
    );
  });

  test("an allow entry keeps rules from banning", () => {
    const world = new OffenceWorld({ isAllowed: (address) => address === "203.0.113.5" });
    for (let guess = 0; guess < 10; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    for (let guess = 0; guess < 10; guess++) world.guess("203.0.113.6", "alice", `guess ${guess}`);
    world.checkBans("203.0.113.6 auth");
  });

  test("what clients call themselves reaches the evidence without control characters, and cut", () => {
    const world = new OffenceWorld();
    for (let times = 0; times < 2; times++) {
      world.commit({ kind: "smuggling", address: "203.0.113.5", clientName: `\u001b[31m\r\n${"x".repeat(500)}` });
    }
    const [line = ""] = world.bans[0]?.evidence ?? [];
    assert.match(line, /^[\x20-\x7e]{1,200}$/);
  });
});

suite("5: the wrong address", () => {
  test("special addresses are never banned; there is one alert instead (R18)", () => {
    const special = [
      "10.1.2.3",
      "172.18.0.1",
      "fd00::1",
      "127.0.0.1",
      "192.0.2.1",
      "9.9.9.9",
      "198.51.100.30",
      "198.51.100.40",
    ];
    for (const address of special) {
      const world = new OffenceWorld();
      for (let guess = 0; guess < 100; guess++) world.guess(address, "alice", `guess ${guess}`);
      world.checkBans();
      assert.ok(world.alerts()[0]?.startsWith("protected-address-misbehaves"), `${address}: ${world.alerts().join()}`);
    }
    const world = new OffenceWorld();
    for (let guess = 0; guess < 10; guess++) world.guess("198.51.101.40", "alice", `guess ${guess}`);
    world.checkBans("198.51.101.40 auth");
  });

  test("no wider ban covers a special address", () => {
    const world = new OffenceWorld();
    for (let host = 50; host < 120; host++) world.guess(`198.51.100.${host}`, "alice", `guess ${host}`);
    world.checkBans();
    for (let guess = 0; guess < 10; guess++) world.guess("198.51.100.77", "alice", `more ${guess}`);
    world.checkBans("198.51.100.77 auth");
  });

  test("an address that hides other clients is not banned", () => {
    const world = new OffenceWorld({ hidesOthers: (address) => address === "203.0.113.5" });
    for (let guess = 0; guess < 100; guess++) world.guess("203.0.113.5", "alice", `guess ${guess}`);
    world.checkBans();
    assert.ok(world.alerts().includes("protected-address-misbehaves 203.0.113.5"));
  });
});
