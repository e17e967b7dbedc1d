import assert from "node:assert/strict";
import { PLAIN_SENDING, type QueueJob, type SettledRecipient } from "../queue-rows.ts";
import type { SendingRules } from "../sending-rules.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { delivery, messageText, someAccount, toInbox } from "./messages-for-tests.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 1440 * MINUTE_MS;
/** The beginning of a minute, and of no hour. */
const START_MS = 1_795_000_020_000;
const ALICE = "alice@example.test";
const BOB = "bob@example.test";
const HOME = "192.0.2.5";

const RULES: SendingRules = {
  isEnforced: true,
  perHour: { messages: 0, recipients: 0 },
  perDay: { messages: 0, recipients: 0 },
  burst: { messages: 0, recipients: 0 },
  historyFactor: 2,
  newNetworkPercent: 25,
};
const NO_BURST = { messages: 1000, recipients: 1000 };

interface Sent {
  readonly account?: string;
  readonly to?: readonly string[];
  /** Accounts here. */
  readonly here?: readonly number[];
  readonly atMs?: number;
  readonly client?: string;
  readonly credentialId?: number;
  readonly subject?: string;
  readonly rules?: Partial<SendingRules>;
}

async function send(store: Store, sent: Sent = {}): Promise<string> {
  const {
    account = ALICE,
    to = ["a@example.org"],
    here = [],
    atMs = START_MS,
    client = HOME,
    subject = "Hello",
  } = sent;
  const found = await store.findAddress(account);
  const submission = {
    accountId: found?.kind === "account" ? found.account.id : 0,
    account,
    recipients: to.length + here.length,
    client,
    credentialId: sent.credentialId ?? null,
    atMs,
    rules: { ...RULES, burst: NO_BURST, ...sent.rules },
  };
  const queued = to.map((address) => ({ address }));
  const outcome = await store.deliver({
    ...delivery(messageText(subject), here.map(toInbox), {
      queued,
      sending: { ...PLAIN_SENDING, account },
      submission,
    }),
    receivedAtMs: atMs,
  });
  return outcome.ok ? "taken" : outcome.problem;
}

async function states(store: Store, account?: string): Promise<readonly string[]> {
  const entries = await store.listQueue({ limit: 100, ...(account === undefined ? {} : { account }) });
  return entries.flatMap(({ recipients }) =>
    recipients.map(({ state, heldFor }) => (heldFor === null ? state : `${state} (${heldFor})`)),
  );
}

async function claim(store: Store, nowMs: number, jobsMax = 50): Promise<readonly QueueJob[]> {
  const rooms = { rooms: [], roomDefault: 100, senderRooms: [], senderRoomDefault: 100, parked: [] };
  return store.claimQueued({ nowMs, jobsMax, recipientsPerJobMax: 100, ...rooms });
}

const BOUNCES = { isEnforced: true, percent: 20, recipientsMin: 20 };

/** One job ends so for all its recipients. */
async function settle(
  store: Store,
  job: QueueJob,
  outcome: SettledRecipient["outcome"],
  nowMs = START_MS,
): Promise<void> {
  const count = job.recipients.length;
  const written = await store.settleQueued({
    messageId: job.message.id,
    nowMs,
    results: job.recipients.map(({ id }) => ({ id, outcome, reply: null })),
    attempt: null,
    notices: [],
    suppress: [],
    outcomes: {
      delivered: outcome.kind === "delivered" ? count : 0,
      refused: outcome.kind === "failed" ? count : 0,
      rule: BOUNCES,
    },
  });
  assert.ok(written.ok);
}

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

  "limits end an hour, and a day, after what filled them; each account has its own": async (store) => {
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

  "what is announced is no burst": async (store) => {
    assert.equal(await store.quietSending(ALICE, START_MS + 1), 0);
    const rules = { burst: { messages: 1, recipients: 1000 } };
    for (let sent = 0; sent < 3; sent++) await send(store, { rules });
    assert.deepEqual(await store.listSendingHolds(), []);
  },

  "what the account did on the days before is no burst, up to the factor; what was held does not count": async (
    store,
  ) => {
    const rules = { burst: { messages: 2, recipients: 1000 } };
    const month = START_MS + 30 * DAY_MS;
    await store.quietSending(ALICE, START_MS + 1);
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
    await store.markSendingTold(ALICE, START_MS, START_MS + HOUR_MS);
    await send(store, { rules });
    assert.deepEqual(await store.listSendingHolds(), []);
  },

  "a hold is told once, and stays": async (store) => {
    const rules = { burst: { messages: 0, recipients: 0 } };
    await send(store, { rules });
    await store.markSendingTold(ALICE, START_MS - 1, 0);
    assert.equal((await store.listSendingHolds())[0]?.isTold, false, "that was another one");
    await store.markSendingTold(ALICE, START_MS, 0);
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
