import assert from "node:assert/strict";
import type { NewQuarantined } from "../quarantine-row.ts";
import type { AccountId, Delivery, Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import {
  folderNamed,
  keptBack,
  messageText,
  someAccount,
  toInbox,
  UNTIL_MS,
  wholeContent,
} from "./messages-for-tests.ts";

const ID = "01JQUARANTINE0000000000000";
const NOW_MS = 3_000_000;
const ROOM_OCTETS = 1_000_000;

export const quarantineContract: ContractTests = {
  "what is kept back is in no folder, and found with whom it is kept back from": async (store) => {
    const [alice, bob] = await people(store);
    const kept = await keep(store, [alice, bob]);
    assert.deepEqual(kept, { ok: true, value: [] });
    assert.deepEqual([await inInbox(store, alice), await inInbox(store, bob)], [0, 0]);
    const [row, ...others] = await store.listQuarantine({ limit: 10 });
    assert.deepEqual(others, []);
    assert.deepEqual(
      row?.recipients.map(({ address, state }) => [address, state]),
      [
        ["alice@example.test", "held"],
        ["bob@example.test", "held"],
      ],
    );
    assert.deepEqual(
      [row?.id, row?.mailFrom, row?.score, row?.reasons, row?.sinceMs, row?.untilMs],
      [ID, "sender@example.org", 16.5, ["score-quarantine", "listed"], 2_000_000, UNTIL_MS],
    );
    assert.deepEqual(await store.countQuarantine(), { messages: 1, sizeOctets: row?.sizeOctets });
  },

  "one message is stored once, for those that get it and those that do not": async (store) => {
    const [alice, bob] = await people(store);
    const placed = await keep(store, [bob], { targets: [toInbox(alice)] });
    assert.ok(placed.ok);
    assert.deepEqual(
      placed.value.map(({ accountId }) => accountId),
      [alice],
    );
    const inbox = await folderNamed(store, alice, "INBOX");
    const [message] = await store.fetchRows(inbox.id, [1], { index: false });
    const [row] = await store.listQuarantine({ limit: 10 });
    assert.equal(row?.blobId, message?.blobId);
  },

  "a release delivers to each recipient once, however often it is asked, and the octets that came (R92)": async (
    store,
  ) => {
    const [alice, bob] = await people(store);
    await keep(store, [alice, bob]);
    const both = await Promise.all([
      store.releaseQuarantined(ID, null, NOW_MS),
      store.releaseQuarantined(ID, null, NOW_MS),
    ]);
    const released = both.flatMap((one) => (one.ok ? one.value.released : []));
    const already = both.flatMap((one) => (one.ok ? one.value.already : []));
    const names = ["alice@example.test", "bob@example.test"];
    assert.deepEqual([released, already], [names, names]);
    assert.deepEqual([await inInbox(store, alice), await inInbox(store, bob)], [1, 1]);
    const inbox = await folderNamed(store, alice, "INBOX");
    const [message] = await store.fetchRows(inbox.id, [1], { index: false });
    assert.deepEqual(await wholeContent(store, message?.blobId ?? 0), Buffer.from(messageText("kept")));
    assert.deepEqual(await store.listQuarantine({ limit: 10 }), []);
    const row = await store.findQuarantined(ID);
    assert.deepEqual([row?.blobId, row?.recipients.map(({ state }) => state)], [null, ["released", "released"]]);
  },

  "a release to one leaves it held for the others; somebody else may have it, too": async (store) => {
    const [alice, bob] = await people(store);
    const { account: carol } = await someAccount(store, "carol@example.test");
    await keep(store, [alice, bob]);
    await store.releaseQuarantined(ID, [bob, carol.id], NOW_MS);
    assert.deepEqual(await counts(store, alice, bob, carol.id), [0, 1, 1]);
    const [row] = await store.listQuarantine({ limit: 10 });
    assert.deepEqual(
      row?.recipients.map(({ state }) => state),
      ["held", "released", "released"],
    );
    await store.releaseQuarantined(ID, null, NOW_MS);
    assert.deepEqual(await counts(store, alice, bob, carol.id), [1, 1, 1]);
    assert.deepEqual(await store.releaseQuarantined(ID, [alice], NOW_MS), {
      ok: true,
      value: { released: [], already: ["alice@example.test"] },
    });
  },

  "what was removed is delivered to nobody any more": async (store) => {
    const [alice, bob] = await people(store);
    await keep(store, [alice, bob]);
    await store.releaseQuarantined(ID, [alice], NOW_MS);
    assert.deepEqual(await store.removeQuarantined(ID, NOW_MS), { ok: true, value: { removed: ["bob@example.test"] } });
    assert.deepEqual(await store.releaseQuarantined(ID, [bob], NOW_MS), { ok: false, problem: "no-longer-kept" });
    assert.deepEqual(await counts(store, alice, bob), [1, 0]);
    assert.deepEqual(await store.removeQuarantined("01NONE", NOW_MS), { ok: false, problem: "not-in-quarantine" });
    assert.deepEqual(await store.releaseQuarantined("01NONE", null, NOW_MS), {
      ok: false,
      problem: "not-in-quarantine",
    });
  },

  "without room it goes to Junk, and the answer says so": async (store) => {
    const [alice, bob] = await people(store);
    const placed = await keep(store, [bob], { targets: [toInbox(alice)], octetsMax: 10 });
    assert.ok(placed.ok);
    const junk = await folderNamed(store, bob, "Junk");
    assert.deepEqual(
      placed.value.map(({ accountId, folderId }) => [accountId, folderId === junk.id]),
      [
        [alice, false],
        [bob, true],
      ],
    );
    assert.deepEqual([junk.messages, (await store.countQuarantine()).messages], [1, 0]);
  },

  "what has stayed its time is removed, and its octets with it": async (store) => {
    const [alice] = await people(store);
    await keep(store, [alice]);
    assert.equal(await store.pruneQuarantine(UNTIL_MS - 1), 0);
    assert.equal(await store.pruneQuarantine(UNTIL_MS), 1);
    assert.deepEqual([await store.findQuarantined(ID), await store.pruneQuarantine(UNTIL_MS)], [undefined, 0]);
    assert.deepEqual(await store.countQuarantine(), { messages: 0, sizeOctets: 0 });
  },

  "an account that is removed takes what was kept back from it along": async (store) => {
    const [alice, bob] = await people(store);
    await keep(store, [alice, bob]);
    await store.removeAccount(alice);
    const [row] = await store.listQuarantine({ limit: 10 });
    assert.deepEqual(
      row?.recipients.map(({ address }) => address),
      ["bob@example.test"],
    );
    await store.removeAccount(bob);
    assert.deepEqual(await store.countQuarantine(), { messages: 0, sizeOctets: 0 });
    assert.deepEqual(await keep(store, [alice, bob], { id: "01LATER" }), { ok: false, problem: "nobody-left" });
  },

  "the list goes page by page, newest first, and by account": async (store) => {
    const [alice, bob] = await people(store);
    for (let i = 0; i < 5; i++) await keep(store, [i % 2 === 0 ? alice : bob], { id: `01-${i}`, receivedAtMs: i });
    const first = await store.listQuarantine({ limit: 3 });
    const last = first.at(-1);
    assert.ok(last !== undefined);
    const second = await store.listQuarantine({ limit: 3, after: last });
    assert.deepEqual(
      [...first, ...second].map(({ id }) => id),
      ["01-4", "01-3", "01-2", "01-1", "01-0"],
    );
    const ofBob = await store.listQuarantine({ limit: 3, accountId: bob });
    assert.deepEqual(
      ofBob.map(({ id }) => id),
      ["01-3", "01-1"],
    );
  },
};

async function people(store: Store): Promise<readonly [AccountId, AccountId]> {
  const { account: alice } = await someAccount(store, "alice@example.test");
  const { account: bob } = await someAccount(store, "bob@example.test");
  return [alice.id, bob.id];
}

function keep(
  store: Store,
  accountIds: readonly AccountId[],
  changes: Partial<Pick<NewQuarantined, "id" | "octetsMax"> & Pick<Delivery, "targets" | "receivedAtMs">> = {},
) {
  const { id = ID, octetsMax = ROOM_OCTETS, targets = [], receivedAtMs = 2_000_000 } = changes;
  const kept = keptBack(id, accountIds, messageText("kept"), targets);
  const { quarantine } = kept;
  if (quarantine === undefined) throw new Error("nothing is kept back");
  return store.deliver({ ...kept, receivedAtMs, quarantine: { ...quarantine, octetsMax } });
}

async function inInbox(store: Store, accountId: AccountId): Promise<number> {
  return (await folderNamed(store, accountId, "INBOX")).messages;
}

function counts(store: Store, ...accountIds: readonly AccountId[]): Promise<readonly number[]> {
  return Promise.all(accountIds.map((accountId) => inInbox(store, accountId)));
}
