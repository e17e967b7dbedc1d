import assert from "node:assert/strict";
import type { GreylistQuery, GreylistTry } from "../greylist-row.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";

const EVER = { waitingSinceMs: 0, knownSinceMs: 0 };
const NETWORK = "net:198.51.100.0/24";
const KEY = `${NETWORK}+sender.example`;

export const greylistContract: ContractTests = {
  "a first try is kept, a later one is counted with it": async (store) => {
    const first = await store.putGreylistTry(KEY, about("one"), 10, EVER);
    assert.deepEqual(first, { key: KEY, known: null, firstMs: 10, lastMs: 10, tries: 1, last: about("one") });
    const second = await store.putGreylistTry(KEY, about("two"), 20, EVER);
    assert.deepEqual(second, { key: KEY, known: null, firstMs: 10, lastMs: 20, tries: 2, last: about("two") });
    assert.deepEqual(await store.findGreylist(["spf:nobody.example", KEY]), [second]);
  },

  "a try after the window is a first one again": async (store) => {
    await store.putGreylistTry(KEY, about("one"), 10, EVER);
    const late = await store.putGreylistTry(KEY, about("two"), 50, { ...EVER, waitingSinceMs: 11 });
    assert.deepEqual([late?.firstMs, late?.tries], [50, 1]);
  },

  "a try before the first one is a first one: the clock was set back": async (store) => {
    await store.putGreylistTry(KEY, about("one"), 1000, EVER);
    const before = await store.putGreylistTry(KEY, about("two"), 10, EVER);
    assert.deepEqual([before?.firstMs, before?.tries], [10, 1]);
  },

  "who is known stays known whatever is tried, until it is forgotten": async (store) => {
    await store.putGreylistTry(KEY, about("one"), 10, EVER);
    await store.putGreylistKnown([KEY, NETWORK], "waited", about("two"), 20);
    const tried = await store.putGreylistTry(KEY, about("three"), 30, EVER);
    assert.deepEqual(tried, { key: KEY, known: "waited", firstMs: 10, lastMs: 20, tries: 1, last: about("two") });
    await store.putGreylistKnown([KEY], "delivered", about("four"), 40);
    const [again] = await store.findGreylist([KEY]);
    assert.deepEqual([again?.known, again?.lastMs, again?.last.decision], ["waited", 40, "four"]);
    const anew = await store.putGreylistTry(KEY, about("five"), 50, { ...EVER, knownSinceMs: 41 });
    assert.deepEqual([anew?.known, anew?.firstMs, anew?.tries], [null, 50, 1]);
  },

  "those that wait and those that are known are listed apart, last seen first": async (store) => {
    await store.putGreylistTry(KEY, about("one"), 10, EVER);
    await store.putGreylistTry("spf:other.example", { ...about("two"), mailFrom: "" }, 20, EVER);
    await store.putGreylistKnown(["sender:bob@sender.example"], "written-to", about("three"), 30);
    assert.deepEqual(await keys(store, {}), ["spf:other.example", KEY]);
    assert.deepEqual(await keys(store, { limit: 1 }), ["spf:other.example"]);
    assert.deepEqual(await keys(store, { sinceMs: 11 }), ["spf:other.example"]);
    assert.deepEqual(await keys(store, { which: "known" }), ["sender:bob@sender.example"]);
    assert.deepEqual(await store.countGreylist(EVER), { waiting: 2, known: 1 });
    assert.deepEqual(await store.countGreylist({ waitingSinceMs: 20, knownSinceMs: 31 }), { waiting: 1, known: 0 });
  },

  "they are found by key, network, sender and client": async (store) => {
    await store.putGreylistTry(KEY, about("one"), 10, EVER);
    await store.putGreylistTry("spf:other.example", { ...about("two"), mailFrom: "", client: "192.0.2.1" }, 20, EVER);
    for (const word of [KEY, `${NETWORK}+`, "bob@sender.example", "198.51.100.7"]) {
      assert.deepEqual(await keys(store, { about: word }), [KEY], word);
    }
    for (const word of ["net:198.51.100.0/2", NETWORK, "", "+", "carol@sender.example"]) {
      const wanted = word === "" ? ["spf:other.example"] : [];
      assert.deepEqual(await keys(store, { about: word }), wanted, word);
    }
  },

  "what is too old is forgotten, a piece at a time": async (store) => {
    await Promise.all(names("w").map((key, i) => store.putGreylistTry(key, about("one"), i, EVER)));
    await store.putGreylistKnown(names("k"), "delivered", about("one"), 5);
    await store.putGreylistKnown(["spf:later.example"], "delivered", about("one"), 6);
    const ages = { waitingSinceMs: 590, knownSinceMs: 6 };
    let forgotten = 0;
    for (let count = -1; count !== 0; forgotten += count) {
      count = await store.pruneGreylist(ages);
      assert.ok(count <= 1000);
    }
    assert.equal(forgotten, 590 + 600);
    assert.deepEqual(await store.countGreylist(EVER), { waiting: 10, known: 1 });
  },
};

function about(decision: string): GreylistTry {
  return { mailFrom: "bob@sender.example", client: "198.51.100.7", clientName: "mail.sender.example", decision };
}

function names(kind: string): readonly string[] {
  return Array.from({ length: 600 }, (_, i) => `spf:${kind}${i}.example`);
}

async function keys(store: Store, query: Partial<GreylistQuery>): Promise<string[]> {
  const rows = await store.listGreylist({ which: "waiting", sinceMs: 0, limit: 100, ...query });
  return rows.map(({ key }) => key);
}
