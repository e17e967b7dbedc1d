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

export const sendingContract: ContractTests = {
  "one message to 16 recipients is one message and 16 recipients; what is refused counts for nobody": async (store) => {
    const to = Array.from({ length: 16 }, (_, i) => `user${i}@example.org`);
    const rules = { perHour: { messages: 0, recipients: 20 } };
    assert.equal(await send(store, { to, rules }), "taken");
    assert.equal(await send(store, { to, rules }), "sending-limit");
    const used = { messages: 1, recipients: 16 };
    assert.deepEqual(await store.findSendingUse(ALICE, START_MS), { hour: used, day: used, hold: undefined });
    assert.equal(await send(store, { to: to.slice(0, 4), rules }), "taken");
    assert.equal((await store.countQueue()).messages, 2);
  },

  "limits end an hour, and a day, after what filled them; each account has its own (R07)": async (store) => {
    const hourly = { perHour: { messages: 1, recipients: 0 } };
    assert.equal(await send(store, { rules: hourly }), "taken");
    assert.equal(await send(store, { rules: hourly, atMs: START_MS + HOUR_MS - 1 }), "sending-limit");
    assert.equal(await send(store, { rules: hourly, account: BOB }), "taken");
    assert.equal(await send(store, { rules: hourly, atMs: START_MS + HOUR_MS }), "taken");
    const daily = { perDay: { messages: 2, recipients: 0 } };
    assert.equal(await send(store, { rules: daily, atMs: START_MS + DAY_MS - 1 }), "sending-limit");
    assert.equal(await send(store, { rules: daily, atMs: START_MS + DAY_MS }), "taken");
    assert.deepEqual(
      (await store.listSendingMinutes(ALICE, START_MS + DAY_MS)).map(({ messages }) => messages),
      [1, 1],
    );
  },

  "mail to people here counts as well": async (store) => {
    const { account } = await someAccount(store, BOB);
    const rules = { perDay: { messages: 0, recipients: 1 } };
    assert.equal(await send(store, { to: [], here: [account.id], rules }), "taken");
    assert.equal(await send(store, { to: [], here: [account.id], rules }), "sending-limit");
  },

  "in shadow nothing is refused or held, and what would be is told once": async (store) => {
    const rules = {
      isEnforced: false,
      burst: { messages: 1, recipients: 1000 },
      perHour: { messages: 1, recipients: 0 },
    };
    for (let sent = 0; sent < 3; sent++) assert.equal(await send(store, { rules }), "taken");
    assert.deepEqual(await states(store), ["waiting", "waiting", "waiting"]);
    const [would] = await store.listSendingHolds();
    assert.equal(would?.isEnforced, false);
    await store.markSendingTold(ALICE, START_MS);
    await send(store, { rules, atMs: START_MS + DAY_MS - MINUTE_MS });
    assert.deepEqual(await store.listSendingHolds(), []);
    for (let sent = 0; sent < 2; sent++) await send(store, { rules, atMs: START_MS + DAY_MS });
    assert.deepEqual(
      (await store.listSendingHolds()).map(({ isTold }) => isTold),
      [false],
    );
  },

  "what was told of in shadow is held as soon as the rule is enforced": async (store) => {
    const rules = { isEnforced: false, burst: { messages: 1, recipients: 1000 } };
    for (let sent = 0; sent < 2; sent++) await send(store, { rules });
    await store.markSendingTold(ALICE, START_MS);
    await send(store, { rules: { ...rules, isEnforced: true }, atMs: START_MS + MINUTE_MS });
    const [hold] = await store.listSendingHolds();
    assert.deepEqual([hold?.isEnforced, hold?.isTold, hold?.facts.recent.messages], [true, false, 3]);
    assert.deepEqual(
      await states(store),
      Array.from({ length: 3 }, () => "held (account)"),
    );
  },

  "a hold is told once, and stays": async (store) => {
    const rules = { burst: { messages: 0, recipients: 0 } };
    await send(store, { rules });
    await store.markSendingTold(ALICE, START_MS - 1);
    assert.equal((await store.listSendingHolds())[0]?.isTold, false, "that was another one");
    await store.markSendingTold(ALICE, START_MS);
    assert.equal((await store.listSendingHolds())[0]?.isTold, true);
  },

  "an incident shows where it came from, with which password, and where it goes": async (store) => {
    const { account } = await someAccount(store, ALICE);
    const { id } = await store.putCredential({
      accountId: account.id,
      kind: "app-password",
      label: "phone",
      hash: "$argon2id$",
      scopes: ["smtp"],
      createdAtMs: 0,
    });
    await send(store, { to: ["a@one.example", "b@one.example", "c@two.example"], credentialId: id, subject: "Prize" });
    await send(store, { to: ["d@one.example"], credentialId: id, subject: "Prize", atMs: START_MS + MINUTE_MS });
    await send(store, { to: ["e@two.example"], client: "198.51.100.7", atMs: START_MS + 2 * MINUTE_MS });
    const { sources, queued, domains, subjects, subjectCount } = await store.findSendingIncident(ALICE, START_MS);
    assert.deepEqual(sources, [
      {
        client: "198.51.100.7",
        credentialId: null,
        credential: null,
        firstMs: START_MS + 2 * MINUTE_MS,
        lastMs: START_MS + 2 * MINUTE_MS,
        messages: 1,
        recipients: 1,
      },
      {
        client: HOME,
        credentialId: id,
        credential: { kind: "app-password", label: "phone" },
        firstMs: START_MS,
        lastMs: START_MS + MINUTE_MS,
        messages: 2,
        recipients: 4,
      },
    ]);
    assert.deepEqual(queued, { messages: 3, recipients: 5 });
    assert.deepEqual(domains, [
      { domain: "one.example", recipients: 3 },
      { domain: "two.example", recipients: 2 },
    ]);
    assert.deepEqual(subjects, [
      { subject: "Prize", messages: 2 },
      { subject: "Hello", messages: 1 },
    ]);
    assert.equal(subjectCount, 2);
  },

  "of each account is told how much it sent in a day, and how much of that was delivered and refused (R12)": async (
    store,
  ) => {
    await send(store, { to: ["a@one.example", "b@two.example", "c@two.example"] });
    await send(store, { to: ["d@three.example"] });
    await send(store, { account: BOB, to: Array.from({ length: 9 }, (_, i) => `user${i}@four.example`) });
    for (const job of await claim(store, START_MS)) {
      const isRefused = job.recipients.some(({ address }) => address.endsWith("@two.example"));
      await settle(store, job, isRefused ? { kind: "failed" } : { kind: "delivered" });
    }
    const row = { isHeld: false, quietUntilMs: 0 };
    const bob = { messages: 1, recipients: 9 };
    const alice = { messages: 2, recipients: 4 };
    assert.deepEqual(await store.listSending(START_MS + DAY_MS - MINUTE_MS, 10), [
      { ...row, account: BOB, day: bob, delivered: 9, refused: 0 },
      { ...row, account: ALICE, day: alice, delivered: 2, refused: 2 },
    ]);
    const { day, delivered, refused } = await store.findSendingIncident(ALICE, START_MS);
    assert.deepEqual({ day, delivered, refused }, { day: alice, delivered: 2, refused: 2 });
    assert.deepEqual(await store.listSending(START_MS + DAY_MS, 10), [], "a day later nobody sent anything");
  },

  "the list names who sent most, who is held first; what is old is forgotten": async (store) => {
    await send(store, { to: ["a@example.org", "b@example.org"] });
    await send(store, { account: BOB, rules: { burst: { messages: 0, recipients: 0 } } });
    const rows = await store.listSending(START_MS, 10);
    assert.deepEqual(
      rows.map(({ account, day, isHeld }) => [account, day.recipients, isHeld]),
      [
        [BOB, 1, true],
        [ALICE, 2, false],
      ],
    );
    const later = START_MS + 40 * DAY_MS;
    assert.ok((await store.pruneSending(later)) > 0);
    assert.equal(await store.pruneSending(later), 0);
    const [held, ...others] = await store.listSending(later, 10);
    assert.deepEqual([held?.account, others], [BOB, []]);
  },
};
