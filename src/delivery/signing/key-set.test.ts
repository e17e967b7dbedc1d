import assert from "node:assert/strict";
import { test } from "node:test";
import { openSqliteStore } from "#store/sqlite/open-sqlite-store.ts";
import { temporaryFolder } from "#store/sqlite/temporary-folder.ts";
import type { Store } from "#store/store.ts";
import { ensureKeys, recordsOf, rotateKeys } from "./key-set.ts";
import { SigningKeys } from "./signing-keys.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

async function withStore(run: (store: Store) => Promise<void>): Promise<void> {
  const store = await openSqliteStore({ dataDir: temporaryFolder(), clock: { now: () => 0 } });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

async function check(store: Store, expected: Readonly<Record<string, string>>): Promise<void> {
  const keys = await store.listDkimKeys("example.test");
  assert.deepEqual(Object.fromEntries(keys.map(({ selector, state }) => [selector, state])), expected);
}

const FIRST = {
  "postern1-ed25519": "active",
  "postern1-rsa": "active",
  "postern2-ed25519": "next",
  "postern2-rsa": "next",
};

test("a domain has one key of each kind that signs, and one that follows it", () =>
  withStore(async (store) => {
    await ensureKeys(store, "example.test", 0);
    await check(store, FIRST);
    const records = recordsOf(await ensureKeys(store, "example.test", 0));
    assert.deepEqual(
      records.map(({ name }) => name),
      Object.keys(FIRST).map((selector) => `${selector}._domainkey.example.test`),
    );
    assert.equal(new Set(records.map(({ value }) => value)).size, 4);
    for (const { value } of records) assert.match(value, /^v=DKIM1; k=(?:rsa; p=[\w+/]{392}|ed25519; p=[\w+/]{43}=)$/);
  }));

test("two that make the keys at once end with the same ones", () =>
  withStore(async (store) => {
    const [one, two] = await Promise.all([ensureKeys(store, "example.test", 0), ensureKeys(store, "example.test", 0)]);
    assert.deepEqual(one, two);
  }));

test("the next keys sign after a rotation, and not before their records can be seen", () =>
  withStore(async (store) => {
    await ensureKeys(store, "example.test", 0);
    const early = await rotateKeys(store, "example.test", DAY_MS - 1, { isPublished: false });
    assert.deepEqual(early, { ok: false, problem: "next-key-too-new" });
    await check(store, FIRST);
    await rotateKeys(store, "example.test", DAY_MS, { isPublished: false });
    await check(store, {
      "postern1-ed25519": "retired",
      "postern1-rsa": "retired",
      "postern2-ed25519": "active",
      "postern2-rsa": "active",
      "postern3-ed25519": "next",
      "postern3-rsa": "next",
    });
  }));

test("a retired key is gone a month later, and its name is never used again", () =>
  withStore(async (store) => {
    await ensureKeys(store, "example.test", 0);
    await rotateKeys(store, "example.test", 0, { isPublished: true });
    await rotateKeys(store, "example.test", 40 * DAY_MS, { isPublished: true });
    await check(store, {
      "postern2-ed25519": "retired",
      "postern2-rsa": "retired",
      "postern3-ed25519": "active",
      "postern3-rsa": "active",
      "postern4-ed25519": "next",
      "postern4-rsa": "next",
    });
  }));

test("the signer has the keys that sign now, RSA first, and none for a domain of others", () =>
  withStore(async (store) => {
    const keys = new SigningKeys(store, { isOurs: async (domain) => domain === "example.test", now: () => 0 });
    const selectors = async (): Promise<readonly string[]> =>
      (await keys.of("example.test")).map(({ selector }) => selector);
    assert.deepEqual(await selectors(), ["postern1-rsa", "postern1-ed25519"]);
    await rotateKeys(store, "example.test", 0, { isPublished: true });
    assert.deepEqual(await selectors(), ["postern2-rsa", "postern2-ed25519"]);
    assert.deepEqual(await keys.of("example.net"), []);
    assert.deepEqual(await store.listDkimKeys("example.net"), []);
    keys.close();
  }));
