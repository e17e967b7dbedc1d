import assert from "node:assert/strict";
import { PLAIN_SENDING, type QueueClaim, type QueueJob, type SettledRecipient } from "../queue-rows.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { delivery, messageText, someAccount, toInbox, wholeContent } from "./messages-for-tests.ts";

/** When `delivery` queues. */
const QUEUED_MS = 2_000_000;

export const queueContract: ContractTests = {
  "what is passed on is a message of its own for each reverse-path, beside what stays here": async (store) => {
    const { account } = await someAccount(store);
    const sending = { ...PLAIN_SENDING, origin: "forwarded" } as const;
    const forwarded = [
      { mailFrom: "srs@example.test", queued: [{ address: "a@example.org" }, { address: "b@example.org" }], sending },
      { mailFrom: "", queued: [{ address: "c@example.org" }], sending },
    ];
    await store.deliver(delivery(messageText("on"), [toInbox(account.id)], { forwarded }));
    const entries = await store.listQueue({ limit: 10 });
    const seen = entries.map(({ message, recipients }) => {
      return [message.mailFrom, message.account, message.origin, recipients.map(({ address }) => address)];
    });
    assert.deepEqual(
      seen.toSorted((left, right) => String(left[0]).localeCompare(String(right[0]))),
      [
        ["", "", "forwarded", ["c@example.org"]],
        ["srs@example.test", "", "forwarded", ["a@example.org", "b@example.org"]],
      ],
    );
    await store.removeAccount(account.id);
    for (const { message } of entries) {
      assert.deepEqual(await wholeContent(store, message.blobId), Buffer.from(messageText("on")));
    }
  },

  "a message for elsewhere is queued under its envelope, with all that was asked for it": async (store) => {
    const octets = messageText("out");
    const sending = {
      ...PLAIN_SENDING,
      account: "alice@example.test",
      utf8: true,
      requireTls: true,
      returnContent: "HDRS",
      envelopeId: "Q1",
    } as const;
    const queued = [
      { address: "a@example.org", notify: ["SUCCESS", "DELAY"], originalRecipient: "rfc822;b@example.org" },
      { address: '"x@y"@example.net' },
    ] as const;
    await store.deliver(delivery(octets, [], { queued, sending }));
    const [entry, ...others] = await store.listQueue({ limit: 10 });
    assert.deepEqual(others, []);
    const { id, blobId, ...message } = entry?.message ?? assert.fail();
    assert.deepEqual(await wholeContent(store, blobId), Buffer.from(octets));
    assert.deepEqual(message, {
      mailFrom: "sender@example.org",
      account: "alice@example.test",
      origin: "own",
      sizeOctets: octets.length,
      queuedAtMs: QUEUED_MS,
      priority: 1,
      body: "8BITMIME",
      utf8: true,
      requireTls: true,
      returnContent: "HDRS",
      envelopeId: "Q1",
      delivered: 0,
      failed: 0,
    });
    const [first, second] = entry?.recipients ?? [];
    assert.deepEqual(
      { ...first, id: 0 },
      {
        id: 0,
        ...queued[0],
        domain: "example.org",
        state: "waiting",
        dueMs: QUEUED_MS,
        attempts: 0,
        isDoubtful: false,
        isWarned: false,
        heldFor: null,
        lastReply: null,
      },
    );
    assert.deepEqual([second?.domain, second?.notify], ["example.net", undefined]);
    assert.equal((await store.statistics()).queued, 1);
    assert.equal((await store.findQueued(id, { limit: 10 }))?.recipientCount, 2);
    assert.equal(await store.findQueued(id + 1, { limit: 10 }), undefined);
  },

  "what is due is given out once, a destination at a time": async (store) => {
    await queue(store, ["a@example.org", "b@example.org", "c@example.net"]);
    assert.deepEqual(await claim(store, { nowMs: QUEUED_MS - 1 }), []);
    const jobs = await claim(store);
    assert.deepEqual(jobs.map(addresses), [["a@example.org", "b@example.org"], ["c@example.net"]]);
    assert.deepEqual(await claim(store), []);
    assert.equal((await store.countQueue()).underWay, 3);
  },

  "a job has at most as many recipients as were asked for, and says that more waits": async (store) => {
    await queue(store, ["a@example.org", "b@example.org", "c@example.org"]);
    const [first, second] = await claim(store, { recipientsPerJobMax: 2 });
    assert.deepEqual([first?.recipients.length, first?.moreWaits], [2, true]);
    assert.deepEqual([second?.recipients.length, second?.moreWaits], [1, false]);
  },

  "one sender's thousand recipients do not hold up another's single one": async (store) => {
    await queue(
      store,
      Array.from({ length: 40 }, (_, i) => `user@d${i}.example`),
      "alice@example.test",
    );
    await queue(store, ["x@example.org"], "bob@example.test");
    const jobs = await claim(store, { jobsMax: 2 });
    assert.deepEqual(jobs.map(({ message }) => message.account).toSorted(), ["alice@example.test", "bob@example.test"]);
  },

  "destinations without room, parked ones and full senders are passed over": async (store) => {
    await queue(store, ["a@full.example", "a@parked.example", "a@open.example"]);
    const rooms = [{ domain: "full.example", room: 0 }];
    const parked = [{ domain: "parked.example", untilMs: QUEUED_MS + 500 }];
    const [job, ...others] = await claim(store, { rooms, parked });
    assert.deepEqual([job?.domain, others], ["open.example", []]);
    assert.deepEqual(
      (await claim(store)).map(({ domain }) => domain),
      ["full.example"],
    );
    assert.deepEqual(await claim(store, { nowMs: QUEUED_MS + 499 }), []);
    assert.deepEqual(
      (await claim(store, { nowMs: QUEUED_MS + 500 })).map(({ domain }) => domain),
      ["parked.example"],
    );
    await queue(store, ["b@open.example"]);
    assert.deepEqual(
      await claim(store, { nowMs: QUEUED_MS + 600, senderRooms: [{ senderId: job?.senderId ?? 0, room: 0 }] }),
      [],
    );
  },

  "a message is gone with its last recipient, and its octets with it": async (store) => {
    await queue(store, ["a@example.org", "b@example.org"]);
    const [job] = await claim(store);
    await settle(store, job, ["delivered", "waiting"]);
    const left = await store.findQueued(job?.message.id ?? 0, { limit: 10 });
    assert.deepEqual([left?.message.delivered, left?.recipients.length, left?.attempts], [1, 1, ["{}"]]);
    assert.deepEqual([left?.recipients[0]?.attempts, left?.recipients[0]?.lastReply], [1, '"said"']);
    const [again] = await claim(store, { nowMs: QUEUED_MS + 1000 });
    await settle(store, again, ["failed"]);
    assert.deepEqual(await store.listQueue({ limit: 10 }), []);
    assert.equal((await store.countQueue()).nextDueMs, null);
  },

  "reports come with what they report, or not at all": async (store) => {
    const { account, inbox } = await someAccount(store);
    await queue(store, ["a@example.org"]);
    const [job] = await claim(store);
    await settle(store, job, ["failed"], [delivery(messageText("bounce"), [toInbox(account.id)])]);
    assert.equal((await store.listUids(inbox.id)).length, 1);
    // It is settled: to say it again changes nothing.
    await settle(store, job, ["waiting"]);
    assert.deepEqual(await store.listQueue({ limit: 10 }), []);
  },

  "after a crash what was under way is due, and doubtful where the final dot may have been sent": async (store) => {
    await queue(store, ["a@example.org", "b@example.net", "c@example.com"]);
    const jobs = await claim(store, { jobsMax: 2 });
    assert.equal(await store.markFinishing([jobs[1]?.recipients[0]?.id ?? 0]), true);
    assert.deepEqual(await store.recoverQueue(QUEUED_MS + 5), { again: 1, doubtful: 1 });
    assert.equal(await store.markFinishing([jobs[1]?.recipients[0]?.id ?? 0]), false);
    const [entry] = await store.listQueue({ limit: 10 });
    assert.deepEqual(
      entry?.recipients.map(({ state, dueMs, isDoubtful }) => [state, dueMs - QUEUED_MS, isDoubtful]),
      [
        ["waiting", 5, false],
        ["waiting", 5, true],
        ["waiting", 0, false],
      ],
    );
  },

  "what is held waits for its release, by message, account or domain": async (store) => {
    await queue(store, ["a@example.org"], "alice@example.test");
    await queue(store, ["b@example.org", "c@example.net"], "bob@example.test");
    assert.equal(await store.changeQueued({ account: "alice@example.test" }, "hold", QUEUED_MS), 1);
    assert.equal(await store.changeQueued({ domain: "example.net" }, "hold", QUEUED_MS), 1);
    assert.deepEqual((await claim(store)).map(addresses), [["b@example.org"]]);
    const held = await store.listQueue({ state: "held", limit: 10 });
    assert.deepEqual(
      held.flatMap(({ recipients }) => recipients.map(({ heldFor }) => heldFor)),
      ["admin", "admin"],
    );
    assert.equal(await store.changeQueued({}, "release", QUEUED_MS), 2);
    assert.equal((await claim(store)).length, 2);
  },

  "what waits is tried at once when somebody says so": async (store) => {
    await queue(store, ["a@example.org"]);
    const [job] = await claim(store);
    await settle(store, job, ["waiting"]);
    assert.deepEqual(await claim(store), []);
    assert.equal(await store.nextQueueTurn(QUEUED_MS), QUEUED_MS + 1000);
    assert.equal(await store.changeQueued({ id: job?.message.id ?? 0 }, "retry", QUEUED_MS), 1);
    assert.equal(await store.changeQueued({}, "retry", QUEUED_MS), 0);
    assert.equal((await claim(store)).length, 1);
  },

  "what is under way is not removed under the hands of who sends it": async (store) => {
    await queue(store, ["a@example.org", "b@example.net"]);
    await claim(store, { jobsMax: 1 });
    assert.equal(await store.changeQueued({}, "remove", QUEUED_MS), 1);
    assert.equal((await store.listQueue({ limit: 10 })).length, 1);
  },

  "an address that does not exist is remembered for a time, and can be forgotten": async (store) => {
    const about = { address: "gone@example.org", reply: "{}", untilMs: QUEUED_MS + 100 };
    for (const nowMs of [QUEUED_MS, QUEUED_MS + 1]) {
      const settlement = { messageId: 0, nowMs, results: [], attempt: null, notices: [], suppress: [about] };
      await store.settleQueued(settlement);
    }
    const [known] = await store.findSuppressed(["gone@example.org", "here@example.org"], QUEUED_MS + 2);
    assert.deepEqual(known, { ...about, times: 2, firstMs: QUEUED_MS, lastMs: QUEUED_MS + 1 });
    assert.deepEqual(await store.findSuppressed(["gone@example.org"], QUEUED_MS + 100), []);
    assert.deepEqual(await store.listSuppressed({ limit: 10 }), [known]);
    assert.equal(await store.removeSuppressed("gone@example.org"), true);
    assert.equal(await store.removeSuppressed("gone@example.org"), false);
    await store.settleQueued({ messageId: 0, nowMs: 0, results: [], attempt: null, notices: [], suppress: [about] });
    assert.equal(await store.pruneQueue(QUEUED_MS + 101, 0), 1);
  },

  "a report that nobody can have is kept for a time": async (store) => {
    await queue(store, ["a@example.org"]);
    const [job] = await claim(store);
    await settle(store, job, ["dead"]);
    assert.equal((await store.countQueue()).dead, 1);
    assert.equal(await store.pruneQueue(0, QUEUED_MS), 0);
    assert.equal(await store.pruneQueue(0, QUEUED_MS + 1), 1);
    assert.deepEqual(await store.listQueue({ limit: 10 }), []);
  },

  "a list goes on from page to page": async (store) => {
    for (let i = 0; i < 5; i++) await queue(store, [`${i}@example.org`, `${i}@example.net`]);
    const first = await store.listQueue({ limit: 3, domain: "example.net" });
    const second = await store.listQueue({ limit: 3, domain: "example.net", after: first.at(-1)?.message.id ?? 0 });
    assert.deepEqual(
      [...first, ...second].flatMap(({ recipients }) => recipients.map(({ address }) => address)),
      ["0@example.net", "1@example.net", "2@example.net", "3@example.net", "4@example.net"],
    );
  },
};

async function queue(store: Store, recipients: readonly string[], account = ""): Promise<void> {
  const queued = recipients.map((address) => ({ address }));
  const stored = await store.deliver(
    delivery(messageText("out"), [], { queued, sending: { ...PLAIN_SENDING, account } }),
  );
  assert.ok(stored.ok);
}

function claim(store: Store, changes: Partial<QueueClaim> = {}): Promise<readonly QueueJob[]> {
  return store.claimQueued({
    nowMs: QUEUED_MS,
    jobsMax: 10,
    recipientsPerJobMax: 100,
    rooms: [],
    roomDefault: 10,
    parked: [],
    senderRooms: [],
    senderRoomDefault: 10,
    ...changes,
  });
}

function addresses({ recipients }: QueueJob): readonly string[] {
  return recipients.map(({ address }) => address);
}

async function settle(
  store: Store,
  job: QueueJob | undefined,
  kinds: readonly SettledRecipient["outcome"]["kind"][],
  notices: Parameters<Store["deliver"]>[0][] = [],
): Promise<void> {
  assert.ok(job !== undefined);
  const results = job.recipients.map(({ id }, i): SettledRecipient => {
    const kind = kinds[i] ?? "delivered";
    const waiting = { kind: "waiting", dueMs: QUEUED_MS + 1000, isDoubtful: false, isWarned: false } as const;
    return { id, outcome: kind === "waiting" ? waiting : { kind }, reply: '"said"' };
  });
  const messageId = job.message.id;
  const settled = await store.settleQueued({
    messageId,
    nowMs: QUEUED_MS,
    results,
    attempt: "{}",
    notices,
    suppress: [],
  });
  assert.ok(settled.ok);
}
