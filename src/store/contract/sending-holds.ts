import assert from "node:assert/strict";
import type { ContractTests } from "./contract-tests.ts";
import { someAccount } from "./messages-for-tests.ts";
import {
  ALICE,
  BOB,
  claim,
  DAY_MS,
  HOME,
  HOUR_MS,
  MINUTE_MS,
  START_MS,
  send,
  settle,
  states,
} from "./sending-for-tests.ts";

export const sendingHoldsContract: ContractTests = {
  "a burst holds all that waits of the account and all that comes, and nobody else's": async (store) => {
    await send(store, { account: BOB });
    const rules = { burst: { messages: 2, recipients: 1000 } };
    for (let sent = 0; sent < 3; sent++) assert.equal(await send(store, { rules }), "taken");
    assert.deepEqual(
      await states(store, ALICE),
      Array.from({ length: 3 }, () => "held (account)"),
    );
    assert.equal(await send(store, { rules }), "taken");
    assert.deepEqual((await states(store, ALICE)).at(-1), "held (account)");
    assert.deepEqual(await states(store, BOB), ["waiting"]);
    assert.deepEqual(
      (await claim(store, START_MS)).map(({ message }) => message.account),
      [BOB],
    );
    const [hold, ...others] = await store.listSendingHolds();
    assert.deepEqual(others, []);
    assert.deepEqual(hold, {
      account: ALICE,
      trigger: "burst",
      sinceMs: START_MS,
      isEnforced: true,
      isTold: false,
      facts: {
        recent: { messages: 3, recipients: 3 },
        usual: { messages: 0, recipients: 0 },
        delivered: 0,
        refused: 0,
      },
    });
  },

  "of an account that is held, people here get nothing": async (store) => {
    const { account } = await someAccount(store, BOB);
    const rules = { burst: { messages: 1, recipients: 1000 } };
    await send(store, { rules });
    await send(store, { rules });
    assert.equal(await send(store, { rules, here: [account.id] }), "account-held");
    assert.equal((await store.findAccount(account.id))?.usedMessages, 0);
  },

  "what was under way when the account was held ends, or is held when it would be tried again; after a crash too":
    async (store) => {
      const rules = { burst: { messages: 3, recipients: 1000 } };
      for (const to of ["a@one.example", "b@two.example", "c@three.example"]) await send(store, { to: [to], rules });
      const [first, second] = await claim(store, START_MS);
      assert.ok(first !== undefined && second !== undefined);
      await send(store, { to: ["d@four.example"], rules });
      await settle(store, first, { kind: "delivered" });
      await settle(store, second, { kind: "waiting", dueMs: START_MS, isDoubtful: false, isWarned: false });
      assert.deepEqual((await states(store)).toSorted(), ["held (account)", "held (account)", "in-flight"]);
      await store.recoverQueue(START_MS);
      assert.deepEqual(
        await states(store),
        Array.from({ length: 3 }, () => "held (account)"),
      );
      assert.deepEqual(await claim(store, START_MS + DAY_MS), []);
    },

  "a release ends the hold and keeps the triggers quiet, for that time": async (store) => {
    const rules = { burst: { messages: 1, recipients: 1000 } };
    await send(store, { rules });
    await send(store, { rules });
    assert.equal(await store.quietSending(ALICE, START_MS + HOUR_MS), 1);
    assert.equal(await store.changeQueued({ account: ALICE }, "release", START_MS), 2);
    await send(store, { rules, atMs: START_MS + MINUTE_MS });
    assert.deepEqual(await states(store), ["waiting", "waiting", "waiting"]);
    for (const atMs of [START_MS + HOUR_MS, START_MS + HOUR_MS]) await send(store, { rules, atMs });
    assert.equal((await states(store))[0], "held (account)");
    assert.equal(await store.quietSending(null, START_MS + DAY_MS), 1);
    assert.deepEqual(await store.listSendingHolds(), []);
  },

  "what the settings hold and what the account is held for are two reasons, whichever came first; each has its own release":
    async (store) => {
      const rules = { burst: { messages: 1, recipients: 1000 } };
      await send(store, { rules, heldFor: "settings" });
      await send(store, { rules, heldFor: "settings" });
      await send(store, { rules, heldFor: "settings" });
      const both = Array.from({ length: 3 }, () => "held (settings,account)");
      assert.deepEqual(await states(store, ALICE), both);
      assert.equal(await store.changeQueued({}, "release", START_MS), 3);
      assert.equal(await store.changeQueued({}, "release", START_MS), 0, "all is not the account's");
      assert.deepEqual(new Set(await states(store, ALICE)), new Set(["held (account)"]));
      assert.deepEqual(await claim(store, START_MS), []);
      await store.quietSending(ALICE, START_MS + HOUR_MS);
      assert.equal(await store.changeQueued({ account: ALICE }, "release", START_MS), 3);
      assert.deepEqual(new Set(await states(store, ALICE)), new Set(["waiting"]));
    },

  "the account's release leaves what the settings and a hand hold; a message by its number is free": async (store) => {
    const rules = { burst: { messages: 1, recipients: 1000 } };
    await send(store, { rules, heldFor: "settings" });
    await send(store, { rules, heldFor: "settings" });
    await store.quietSending(ALICE, START_MS + HOUR_MS);
    assert.equal(await store.changeQueued({ account: ALICE }, "release", START_MS), 2);
    assert.equal(await store.changeQueued({ account: ALICE }, "release", START_MS), 0);
    assert.deepEqual(new Set(await states(store, ALICE)), new Set(["held (settings)"]));
    assert.equal(await store.changeQueued({ account: ALICE }, "hold", START_MS), 2);
    assert.equal(await store.changeQueued({ account: ALICE }, "hold", START_MS), 0);
    assert.deepEqual(new Set(await states(store, ALICE)), new Set(["held (settings,admin)"]));
    const [entry] = await store.listQueue({ limit: 1 });
    assert.equal(await store.changeQueued({ id: entry?.message.id ?? 0 }, "release", START_MS), 1);
    assert.deepEqual((await states(store, ALICE)).toSorted(), ["held (settings,admin)", "waiting"]);
  },

  "what is announced is no burst": async (store) => {
    assert.equal(await store.announceSending(ALICE, START_MS + 1), true);
    const rules = { burst: { messages: 1, recipients: 1000 } };
    for (let sent = 0; sent < 3; sent++) await send(store, { rules });
    assert.deepEqual(await store.listSendingHolds(), []);
    await send(store, { rules, atMs: START_MS + 1 });
    assert.equal((await store.listSendingHolds()).length, 1);
    assert.equal(await store.announceSending(ALICE, START_MS + DAY_MS), false, "a hold is no announcement's to end");
    await send(store, { rules, atMs: START_MS + 2 });
    assert.equal((await states(store)).at(-1), "held (account)");
  },

  "what the account did on the days before is no burst, up to the factor; what was held does not count": async (
    store,
  ) => {
    const rules = { burst: { messages: 2, recipients: 1000 } };
    const month = START_MS + 30 * DAY_MS;
    await store.announceSending(ALICE, START_MS + 1);
    for (let sent = 0; sent < 4; sent++) await send(store, { rules });
    for (let sent = 0; sent < 8; sent++) await send(store, { rules, atMs: month });
    assert.deepEqual(await store.listSendingHolds(), []);
    await send(store, { rules, atMs: month });
    const [hold] = await store.listSendingHolds();
    assert.deepEqual([hold?.trigger, hold?.facts.usual.messages], ["burst", 4]);
    // The peak of that day is gone with the hold; the one of a month ago is too old by then.
    await store.quietSending(ALICE, month);
    for (let sent = 0; sent < 3; sent++) await send(store, { rules, atMs: month + 6 * DAY_MS });
    assert.equal((await store.listSendingHolds()).length, 1);
  },

  "a fourth of a burst is one, where all of it comes from a network where the account was never seen": async (
    store,
  ) => {
    const { account } = await someAccount(store, ALICE);
    const atMs = START_MS + 10 * DAY_MS;
    const rules = { burst: { messages: 12, recipients: 1000 } };
    const note = (address: string, seenMs: number): Promise<void> =>
      store.putLogins([{ address, accountId: account.id, atMs: seenMs }]);
    const several = async (count: number, client: string, sentMs: number): Promise<void> => {
      for (let sent = 0; sent < count; sent++) await send(store, { rules, client, atMs: sentMs });
    };
    await note(HOME, START_MS);
    await note(HOME, atMs);
    await note("198.51.100.7", atMs);
    await several(6, "192.0.2.77", atMs);
    await several(3, "198.51.100.7", atMs);
    assert.deepEqual(await store.listSendingHolds(), []);
    await several(1, "198.51.100.8", atMs);
    assert.deepEqual(
      (await store.listSendingHolds()).map(({ trigger }) => trigger),
      ["new-network"],
    );
    // The same place is known when the account has been seen there for a day, until it was not for thirty.
    await store.quietSending(ALICE, atMs);
    await note("198.51.100.7", atMs + 2 * DAY_MS);
    await several(12, "198.51.100.7", atMs + 2 * DAY_MS);
    assert.deepEqual(await store.listSendingHolds(), []);
    const muchLater = atMs + 50 * DAY_MS;
    await note(HOME, muchLater - 25 * DAY_MS);
    await note("198.51.100.7", muchLater);
    await several(4, "198.51.100.7", muchLater);
    assert.deepEqual(
      (await store.listSendingHolds()).map(({ trigger }) => trigger),
      ["new-network"],
    );
  },

  "to an account that was never seen anywhere no network is new": async (store) => {
    await someAccount(store, ALICE);
    const rules = { burst: { messages: 12, recipients: 1000 } };
    for (let sent = 0; sent < 12; sent++) await send(store, { rules });
    assert.deepEqual(await store.listSendingHolds(), []);
  },

  "more than a fifth of twenty recipients refused for good within a day holds the account": async (store) => {
    const to = Array.from({ length: 20 }, (_, i) => `user@d${i}.example`);
    await send(store, { to });
    await send(store, { to: ["a@last.example"] });
    const jobs = await claim(store, START_MS, 20);
    for (const [position, job] of jobs.entries()) {
      assert.deepEqual(await store.listSendingHolds(), []);
      await settle(store, job, position < 15 ? { kind: "delivered" } : { kind: "failed" });
    }
    const [hold] = await store.listSendingHolds();
    assert.deepEqual([hold?.trigger, hold?.facts.delivered, hold?.facts.refused], ["bounces", 15, 5]);
    assert.deepEqual(await states(store), ["held (account)"]);
  },

  "what was refused before a release holds nobody again when the quiet ends within the day; what comes later does":
    async (store) => {
      const refuse = async (count: number, atMs: number): Promise<void> => {
        await send(store, { to: Array.from({ length: count }, (_, i) => `user@d${i}.example`), atMs });
        for (const job of await claim(store, atMs)) await settle(store, job, { kind: "failed" }, atMs);
      };
      await refuse(20, START_MS);
      assert.equal((await store.listSendingHolds()).length, 1);
      await store.quietSending(ALICE, START_MS + HOUR_MS);
      await refuse(19, START_MS + 2 * HOUR_MS);
      assert.deepEqual(await store.listSendingHolds(), []);
      await store.pruneSending(START_MS + 3 * HOUR_MS);
      assert.deepEqual(await store.listSendingHolds(), []);
      await refuse(1, START_MS + 3 * HOUR_MS);
      const [hold] = await store.listSendingHolds();
      assert.deepEqual([hold?.trigger, hold?.facts.refused], ["bounces", 20]);
    },

  "a fifth, or fewer than twenty recipients, holds nobody": async (store) => {
    for (const [account, refused, delivered] of [
      [ALICE, 4, 16],
      [BOB, 19, 0],
    ] as const) {
      const count = refused + delivered;
      await send(store, { account, to: Array.from({ length: count }, (_, i) => `user@d${i}.example`) });
      for (const [position, job] of (await claim(store, START_MS)).entries()) {
        await settle(store, job, position < refused ? { kind: "failed" } : { kind: "delivered" });
      }
    }
    assert.deepEqual(await store.listSendingHolds(), []);
  },
};
