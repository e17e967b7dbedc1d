import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { FakeGreylistMemory } from "../../../test/fakes/greylist-memory.ts";
import { FakeLog } from "../../../test/fakes/log.ts";
import { Greylist } from "./greylist.ts";
import { senderKey } from "./sender-key.ts";
import type { GreylistSettings } from "./settings.ts";
import { type Remembered, standingOf } from "./standing.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SETTINGS: GreylistSettings = { delayMs: 5 * MINUTE_MS, windowMs: 48 * HOUR_MS, memoryMs: 36 * DAY_MS };
const KEY = "net:198.51.100.0/24+sender.example";
const NETWORK = "net:198.51.100.0/24";

suite("the key of a sender", () => {
  test("is the domain that vouches for the client, whatever the address (R69)", () => {
    check("198.51.100.7", "o1.pool.example", "mail.sender.co.uk", "spf:sender.co.uk");
    check("2001:db8::1", "other.example", "sender.co.uk", "spf:sender.co.uk");
    check("192.0.2.1", "x.example", "customer.github.io", "spf:customer.github.io");
  });

  test("is otherwise the network and the registered domain of the name, never the address", () => {
    for (const [client, helo, expected] of [
      ["198.51.100.7", "mx1.sender.example", KEY],
      ["198.51.100.250", "MX2.Sender.Example.", KEY],
      ["198.51.101.7", "mx1.sender.example", "net:198.51.101.0/24+sender.example"],
      ["2001:db8:1:2:3::4", "mx_1.sender.example", "net:2001:db8:1:2::/64+sender.example"],
      ["2001:db8:1:2:ffff::", "sender.example", "net:2001:db8:1:2::/64+sender.example"],
    ] as const) {
      check(client, helo, null, expected);
    }
  });

  test("has no name in it where that could be anybody's", () => {
    for (const helo of ["[198.51.100.7]", "198.51.100.7", "localhost", "co.uk", "", "a..b", "\u0000"]) {
      check("198.51.100.7", helo, null, `${NETWORK}+-`);
    }
    check("198.51.100.7", "sender.example", "com", KEY);
  });

  test("no name throws, and none ends a key early", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (helo) => {
        assert.match(
          senderKey({ client: "198.51.100.7", helo, spfDomain: null }),
          /^net:198\.51\.100\.0\/24\+[\w.-]+$/,
        );
      }),
      { numRuns: 200 },
    );
  });
});

suite("how a sender stands", () => {
  const { delayMs, windowMs, memoryMs } = SETTINGS;

  test("a stranger waits for the delay, and is let in from then until the window ends", () => {
    checkStanding([], 0, ["first-met", null, delayMs]);
    checkStanding([row({})], 1, ["first-met", null, delayMs - 1]);
    checkStanding([row({})], delayMs - 1, ["first-met", null, 1]);
    checkStanding([row({})], delayMs, ["came-again", null, 0]);
    checkStanding([row({})], windowMs, ["came-again", null, 0]);
    checkStanding([row({})], windowMs + 1, ["first-met", null, delayMs]);
  });

  test("a clock that was set back makes nobody wait for longer than the delay", () => {
    checkStanding([row({ firstMs: DAY_MS })], 0, ["first-met", null, delayMs]);
  });

  test("who waited under two keys has waited since the first try", () => {
    checkStanding([row({ firstMs: 60 }), row({ key: "spf:sender.example" })], delayMs, ["came-again", null, 0]);
  });

  test("another key's good name vouches for it", () => {
    checkStanding([row({ key: NETWORK, known: "delivered" })], memoryMs, ["known", "delivered", 0]);
    checkStanding([row({ key: NETWORK, known: "delivered" })], memoryMs + 1, ["first-met", null, delayMs]);
    checkStanding([row({}), row({ key: "sender:bob@sender.example", known: "written-to" })], 1, [
      "known",
      "written-to",
      0,
    ]);
  });
});

suite("the greylist", () => {
  test("who waited is known for weeks, counted from its last mail", async () => {
    const { meet, pass, taken } = open();
    assert.equal(await meet(), "first-met");
    pass(SETTINGS.delayMs);
    assert.equal(await meet(), "came-again");
    await taken("junk", true);
    for (let month = 0; month < 3; month++) {
      pass(SETTINGS.memoryMs - DAY_MS);
      assert.equal(await meet(), "known");
      await taken("inbox", true);
    }
    pass(SETTINGS.memoryMs + 1);
    assert.equal(await meet(), "first-met");
  });

  test("good mail makes the whole network known; what looks bad vouches for its own sender alone", async () => {
    for (const [isSuspicious, other] of [
      [false, "known"],
      [true, "first-met"],
    ] as const) {
      const { greylist, meet, pass, taken } = open();
      await meet();
      pass(SETTINGS.delayMs);
      await meet();
      await taken("inbox", isSuspicious);
      assert.equal(await meet(), "known");
      const neighbour = { client: "198.51.100.99", helo: "mx.other.example", spfDomain: null };
      const found = await greylist.standing({ ...neighbour, mailFrom: "", isAllowListed: false });
      assert.equal(found.standing, other);
    }
  });

  test("a stranger's mail in shadow makes it known where it is good, and only there", async () => {
    for (const [folder, isSuspicious, standing] of [
      ["inbox", false, "known"],
      ["inbox", true, "first-met"],
      ["junk", true, "first-met"],
    ] as const) {
      const { meet, taken } = open();
      await meet();
      await taken(folder, isSuspicious);
      assert.equal(await meet(), standing);
    }
  });

  test("an allow list and a user's letter vouch for a sender", async () => {
    const { greylist, memory } = open();
    const stranger = { client: "192.0.2.1", helo: "x.example", spfDomain: null, mailFrom: "Bob@X.example" };
    const listed = await greylist.standing({ ...stranger, isAllowListed: true });
    assert.deepEqual([listed.standing, listed.because], ["known", "allow-listed"]);
    assert.equal(memory.rows.size, 0);
    await greylist.writtenTo(["bob@x.example"], TRIED);
    const written = await greylist.standing({ ...stranger, isAllowListed: false });
    assert.deepEqual([written.standing, written.because], ["known", "written-to"]);
  });

  test("who cannot be noted does not wait", async () => {
    const { greylist, memory } = open();
    memory.isFull = true;
    const found = await greylist.standing(SENDER);
    assert.equal(await greylist.keepWaiting(found, TRIED), null);
  });

  test("who is vouched for only later has waited since its first try: SPF could not be asked then", async () => {
    const { greylist, pass } = open();
    const first = await greylist.standing(SENDER);
    await greylist.keepWaiting(first, TRIED);
    pass(2 * MINUTE_MS);
    const vouched = { ...SENDER, spfDomain: "sender.example" };
    const second = await greylist.standing(vouched);
    assert.equal((await greylist.keepWaiting(second, TRIED))?.waitMs, SETTINGS.delayMs - 2 * MINUTE_MS);
    pass(SETTINGS.delayMs - 2 * MINUTE_MS);
    const third = await greylist.standing({ ...vouched, client: "198.51.100.8" });
    assert.deepEqual([third.key, third.standing], ["spf:sender.example", "came-again"]);
  });

  test("two tries at once are one wait", async () => {
    const { greylist, clock } = open();
    const found = await greylist.standing(SENDER);
    await greylist.keepWaiting(found, TRIED);
    clock.advance(MINUTE_MS);
    assert.equal((await greylist.keepWaiting(found, TRIED))?.waitMs, SETTINGS.delayMs - MINUTE_MS);
  });

  test("a store that fails loses a note, and no more", async () => {
    const { greylist, memory, meet, log } = open();
    memory.failure = new Error("the disk");
    await greylist.writtenTo(["bob@sender.example"], TRIED);
    assert.deepEqual(
      log.lines.map(({ event }) => event),
      ["greylist-not-noted"],
    );
    memory.failure = undefined;
    await greylist.writtenTo(["bob@sender.example"], TRIED);
    assert.equal(await meet(), "known");
  });

  test("a sender that retries for the window always gets in, from whatever address of its pool", async () => {
    // RFC 5321 §4.5.4.1: at least once in half of what is left of the window after the delay.
    const gaps = fc.integer({ min: 1, max: Math.floor((SETTINGS.windowMs - SETTINGS.delayMs) / 2) });
    const hosts = fc.integer({ min: 0, max: 255 });
    const retries = fc.array(fc.record({ gapMs: gaps, host: hosts }), { minLength: 400, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(retries, async (tries) => {
        const { greylist, clock } = open();
        const startMs = clock.now();
        for (const { gapMs, host } of tries) {
          const sender = { ...SENDER, client: `198.51.100.${host}`, helo: `o${host}.sender.example` };
          const found = await greylist.standing(sender);
          if (found.standing !== "first-met") return;
          assert.ok(clock.now() - startMs < SETTINGS.delayMs, "after the delay nobody waits");
          await greylist.keepWaiting(found, TRIED);
          clock.advance(gapMs);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function check(client: string, helo: string, spfDomain: string | null, expected: string): void {
  assert.equal(senderKey({ client, helo, spfDomain }), expected);
}

function row(changes: Partial<Remembered>): Remembered {
  return { key: KEY, known: null, firstMs: 0, lastMs: 0, tries: 1, ...changes };
}

function checkStanding(rows: readonly Remembered[], nowMs: number, expected: readonly unknown[]): void {
  const { standing, because, waitMs } = standingOf(KEY, rows, nowMs, SETTINGS);
  assert.deepEqual([standing, because, waitMs], expected);
}

const SENDER = {
  client: "198.51.100.7",
  helo: "mx1.sender.example",
  spfDomain: null,
  mailFrom: "bob@sender.example",
  isAllowListed: false,
};
const TRIED = { mailFrom: SENDER.mailFrom, client: SENDER.client, clientName: SENDER.helo, decision: "ID" };

function open() {
  const clock = new FakeClock();
  const log = new FakeLog();
  const memory = new FakeGreylistMemory();
  const greylist = new Greylist({ memory, settings: SETTINGS, clock, log });
  return {
    greylist,
    memory,
    clock,
    log,
    pass: (ms: number) => clock.advance(ms),
    /** The sender tries; a stranger is made to wait. */
    meet: async (): Promise<string> => {
      const found = await greylist.standing(SENDER);
      if (found.standing === "first-met") await greylist.keepWaiting(found, TRIED);
      return found.standing;
    },
    taken: async (folder: "inbox" | "junk", isSuspicious: boolean) =>
      greylist.taken(await greylist.standing(SENDER), { folder, isSuspicious }, TRIED),
  };
}
