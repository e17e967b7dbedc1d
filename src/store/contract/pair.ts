import assert from "node:assert/strict";
import type { BlockListRow } from "../decision-row.ts";
import type { StampedEntry } from "../pair-rows.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const BAN: BlockListRow = {
  prefix: "203.0.113.7",
  scope: "smtp",
  kind: "ban",
  reason: "guesses",
  evidence: ["a line"],
  sinceMs: 5,
  untilMs: null,
  origin: "admin",
  repeat: 0,
};
const KEY = { prefix: BAN.prefix, scope: BAN.scope, kind: BAN.kind };
const NODE = {
  fingerprint: "ab".repeat(32),
  name: "mx1.example.test",
  address: "mx1.example.test:2526",
  dials: true,
  joinedMs: 1,
  blockListCursor: 0,
  sendersCursorMs: 0,
  lastSyncMs: 0,
  samePolicy: true,
};

function word(stamp: number, entry: BlockListRow | null): StampedEntry {
  return { key: KEY, stamp, entry };
}

async function prefixes(store: Store): Promise<readonly string[]> {
  return (await store.listBlockList()).map(({ prefix }) => prefix);
}

export const pairContract: ContractTests = {
  "of two words about an entry the later one counts, in whatever order they come": async (store) => {
    assert.equal(await store.mergeBlockList([word(20, null), word(10, BAN)], 20), 1);
    assert.deepEqual(await prefixes(store), []);
    assert.equal(await store.mergeBlockList([word(30, BAN), word(20, null)], 30), 1);
    assert.deepEqual(await prefixes(store), [BAN.prefix]);
    assert.equal(await store.mergeBlockList([word(30, BAN)], 30), 0);
  },

  "of two at the same moment a ban counts, whoever hears it last": async (store) => {
    await store.mergeBlockList([word(10, BAN), word(10, null)], 10);
    assert.deepEqual(await prefixes(store), [BAN.prefix]);
    const other = { ...BAN, reason: "a later letter" };
    await store.mergeBlockList([word(40, null), word(40, other)], 40);
    assert.deepEqual(await prefixes(store), [BAN.prefix]);
  },

  "what is said here is later than all that was heard, whatever the clock says": async (store) => {
    const { cursor } = await store.changedBlockList(0, 100);
    const ahead = Date.UTC(2027, 0, 1);
    await store.mergeBlockList([word(ahead, BAN)], ahead);
    await store.removeBlockList([KEY]);
    const { entries } = await store.changedBlockList(cursor, 100);
    assert.equal(entries.length, 1);
    assert.equal(entries[0]?.entry, null);
    assert.ok((entries[0]?.stamp ?? 0) > ahead);
  },

  "a word from more than a day ahead is not heard": async (store) => {
    assert.equal(await store.mergeBlockList([word(DAY_MS + 11, BAN)], 10), 0);
    assert.deepEqual(await prefixes(store), []);
  },

  "changes are told in their order, a page at a time, and all of them to a node that knows a later number": async (
    store,
  ) => {
    await store.putBlockList([BAN, { ...BAN, prefix: "203.0.113.8" }]);
    await store.removeBlockList([KEY]);
    const first = await store.changedBlockList(0, 1);
    assert.deepEqual([first.entries[0]?.key.prefix, first.isMore], ["203.0.113.8", true]);
    const second = await store.changedBlockList(first.cursor, 1);
    assert.deepEqual([second.entries[0]?.key.prefix, second.entries[0]?.entry], [BAN.prefix, null]);
    assert.equal((await store.changedBlockList(1_000_000, 10)).entries.length, 2);
  },

  "lists belong to nodes, are given once, and go with them": async (store) => {
    const list = { fingerprint: NODE.fingerprint, digest: "cd".repeat(32), octets: new Uint8Array([1, 2]), nowMs: 7 };
    await store.putRecipientList(list);
    assert.deepEqual(await store.listRecipientLists([]), []);
    await store.putPairNode(NODE);
    await store.putRecipientList(list);
    await store.confirmRecipientList(NODE.fingerprint, 9);
    const [row] = await store.listRecipientLists([]);
    assert.deepEqual([row?.receivedMs, row?.confirmedMs, [...(row?.octets ?? [])]], [7, 9, [1, 2]]);
    assert.equal((await store.listRecipientLists([list.digest]))[0]?.octets, null);
    assert.equal(await store.removePairNode(NODE.fingerprint), true);
    assert.deepEqual(await store.listRecipientLists([]), []);
    assert.equal(await store.removePairNode(NODE.fingerprint), false);
  },

  "progress is kept of nodes that are there": async (store) => {
    await store.putPairNode(NODE);
    const progress = {
      blockListCursor: 3,
      sendersCursorMs: 4,
      lastSyncMs: 5,
      samePolicy: false,
      name: "mx9.example.test",
    };
    await store.putPairProgress({ ...progress, fingerprint: NODE.fingerprint });
    await store.putPairProgress({ ...progress, fingerprint: "00" });
    assert.deepEqual(await store.listPairNodes(), [{ ...NODE, ...progress }]);
  },
};
