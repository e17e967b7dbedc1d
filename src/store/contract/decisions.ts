import assert from "node:assert/strict";
import type { BlockListKey, BlockListRow, DecisionQuery, DecisionRow } from "../decision-row.ts";
import type { Store, StoreEvent } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";

const EVER = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

export const decisionContract: ContractTests = {
  "a record is found by its id and each of its keys, in order of time": async (store) => {
    await store.putDecisions([
      record("b", 2, ["198.51.100.7", "alice@example.test"]),
      record("a", 1, ["198.51.100.7"]),
    ]);
    assert.deepEqual(await ids(store, { key: "198.51.100.7" }), ["a", "b"]);
    assert.deepEqual(await ids(store, { key: "alice@example.test" }), ["b"]);
    assert.deepEqual(await ids(store, { key: "a" }), ["a"]);
    assert.deepEqual(await ids(store, { key: "nobody" }), []);
    assert.deepEqual(await ids(store, {}), ["a", "b"]);
    assert.deepEqual(await ids(store, { key: "198.51.100.7", fromMs: 2 }), ["b"]);
    assert.deepEqual(await ids(store, { toMs: 2 }), ["a"]);
    const newestFirst = { order: "newest-first" } as const;
    assert.deepEqual(await ids(store, { key: "198.51.100.7", ...newestFirst }), ["b", "a"]);
    assert.deepEqual(await ids(store, newestFirst), ["b", "a"]);
    assert.deepEqual(await ids(store, { ...newestFirst, limit: 1 }), ["b"]);
    assert.deepEqual(await ids(store, { ...newestFirst, after: { atMs: 2, id: "b" } }), ["a"]);
    assert.deepEqual(await store.findDecisions({ key: "b", ...EVER }), [
      { id: "b", atMs: 2, keys: ["198.51.100.7", "alice@example.test"], record: '{"of":"b"}' },
    ]);
  },

  "a later state of a record replaces the earlier one, keys and all": async (store) => {
    await store.putDecisions([record("a", 1, ["old"])]);
    await store.putDecisions([record("a", 3, ["new", "new"])]);
    assert.deepEqual(await ids(store, { key: "old" }), []);
    assert.deepEqual(await ids(store, { key: "new" }), ["a"]);
    assert.deepEqual(await ids(store, {}), ["a"]);
  },

  "a long list comes in pieces, each row once": async (store) => {
    const rows = Array.from({ length: 999 }, (_, i) => record(`r${String(i).padStart(4, "0")}`, i >> 3, ["key"]));
    await store.putDecisions(rows);
    await store.putDecisions([record("r0999", 5000, ["key"]), record("r1000", 5000, ["key"])]);
    for (const key of ["key", undefined]) {
      const query = { ...EVER, ...(key === undefined ? {} : { key }) };
      const first = await store.findDecisions(query);
      const last = first.at(-1);
      assert.equal(first.length, 1000);
      assert.ok(last !== undefined);
      assert.deepEqual(
        (await store.findDecisions({ ...query, after: last })).map(({ id }) => id),
        ["r1000"],
      );
    }
  },

  "old records are forgotten, a piece at a time": async (store) => {
    await store.putDecisions(Array.from({ length: 600 }, (_, i) => record(`r${i}`, i, ["key"])));
    let forgotten = 0;
    for (let count = -1; count !== 0; forgotten += count) count = await store.pruneDecisions(590);
    assert.equal(forgotten, 590);
    assert.equal((await ids(store, { key: "key" })).length, 10);
    assert.equal((await ids(store, {})).length, 10);
  },

  "a block list entry is kept by prefix, scope and kind, and every change is told": async (store) => {
    const told: StoreEvent[] = [];
    store.onEvent((event) => told.push(event));
    const ban = entry("198.51.100.7", "smtp");
    const allow = { ...ban, kind: "allow", untilMs: 50 } as const;
    const others = [entry("198.51.100.7", "auth"), entry("2001:db8::/64", "all")] as const;
    await store.putBlockList([ban, ...others]);
    await store.putBlockList([{ ...ban, repeat: 3 }, allow]);
    assert.deepEqual(await store.listBlockList(), [others[0], allow, { ...ban, repeat: 3 }, others[1]]);
    assert.equal(await store.pruneBlockList(50), 0);
    assert.equal(await store.pruneBlockList(51), 1);
    const [key, gone] = [keyOf(ban), keyOf(allow)];
    assert.equal(await store.removeBlockList([gone]), 0);
    assert.equal(await store.removeBlockList([gone, key]), 1);
    assert.deepEqual(await store.listBlockList(), others);
    const changes = told.flatMap((event) => (event.kind === "block-list" ? (event.changes ?? []) : []));
    assert.deepEqual(changes, [
      { kind: "put", entries: [ban, ...others] },
      { kind: "put", entries: [{ ...ban, repeat: 3 }, allow] },
      { kind: "remove", entries: [gone] },
      { kind: "remove", entries: [key] },
    ]);
  },

  "of many changes it is told only that there were some": async (store) => {
    const told: StoreEvent[] = [];
    store.onEvent((event) => told.push(event));
    const rows = Array.from({ length: 1001 }, (_, i) => entry(`198.51.${i >> 8}.${i & 255}`, "all"));
    await store.putBlockList(rows);
    assert.deepEqual(told, [{ kind: "block-list", changes: null }]);
    assert.equal((await store.listBlockList()).length, 1001);
  },

  "logins are known by address and account, the last one counts": async (store) => {
    await store.putLogins([
      { address: "192.0.2.1", accountId: 1, atMs: 10 },
      { address: "192.0.2.1", accountId: 2, atMs: 20 },
    ]);
    await store.putLogins([{ address: "192.0.2.1", accountId: 1, atMs: 30 }]);
    assert.deepEqual(await store.listLogins(25), [{ address: "192.0.2.1", accountId: 1, lastMs: 30 }]);
    assert.equal((await store.listLogins(0)).length, 2);
  },
};

function record(id: string, atMs: number, keys: readonly string[]): DecisionRow {
  return { id, atMs, keys, record: JSON.stringify({ of: id }) };
}

function entry(prefix: string, scope: BlockListRow["scope"]): BlockListRow {
  return {
    prefix,
    scope,
    kind: "ban",
    reason: "guessing",
    evidence: ["10 wrong passwords"],
    sinceMs: 1,
    untilMs: null,
    origin: "rule",
    repeat: 0,
  };
}

function keyOf({ prefix, scope, kind }: BlockListRow): BlockListKey {
  return { prefix, scope, kind };
}

async function ids(store: Store, query: Partial<DecisionQuery>): Promise<string[]> {
  return (await store.findDecisions({ ...EVER, ...query })).map(({ id }) => id);
}
