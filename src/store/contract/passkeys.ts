import assert from "node:assert/strict";
import { PASSKEY_CHALLENGES_PER_ACCOUNT_MAX, PASSKEYS_PER_ACCOUNT_MAX } from "../limits.ts";
import type { NewPasskey, PasskeyLinkRow, PasskeyRow } from "../passkey-store.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { someAccount } from "./messages-for-tests.ts";

const NOW_MS = 1_795_000_000_000;
const UNTIL_MS = NOW_MS + 900_000;

export const passkeyContract: ContractTests = {
  "a link makes one passkey, whoever is first, and is known until its end": async (store) => {
    const { account } = await someAccount(store);
    const link = await putLink(store, account.id, "phone");
    assert.deepEqual(link, { id: link.id, accountId: account.id, name: "phone", untilMs: UNTIL_MS, isUsed: false });
    assert.deepEqual(await store.findPasskeyLink(hash("phone")), link);
    assert.equal(await store.findPasskeyLink(hash("another")), undefined);
    const answers = await Promise.all(["a", "b", "c"].map((id) => store.putPasskey(link.id, passkey(id), NOW_MS + 1)));
    assert.deepEqual(
      answers.map((one) => (one.ok ? one.value.credentialId : one.problem)),
      ["a", "no-such-link", "no-such-link"],
    );
    assert.equal((await store.findPasskeyLink(hash("phone")))?.isUsed, true);
    const [found, ...others] = await store.listPasskeys(account.id);
    assert.deepEqual(others, []);
    assert.deepEqual(found, {
      ...passkey("a"),
      publicKey: found?.publicKey,
      id: found?.id,
      accountId: account.id,
      name: "phone",
      createdAtMs: NOW_MS + 1,
      lastUsedMs: null,
    });
    assert.deepEqual([...found.publicKey], [1, 2, 3]);
  },

  "a link that is over makes none, and is forgotten when the next is made": async (store) => {
    const { account } = await someAccount(store);
    const link = await putLink(store, account.id, "phone");
    assert.deepEqual(await store.putPasskey(link.id, passkey("a"), UNTIL_MS + 1), problem("no-such-link"));
    assert.ok((await put(store, account.id, "phone", UNTIL_MS + 1)).ok, "its name is free again");
    assert.deepEqual(
      (await store.listPasskeyLinks(account.id)).map(({ id }) => id === link.id),
      [false],
    );
    assert.deepEqual(await store.listPasskeys(account.id), []);
  },

  "names are given out once in an account, links included": async (store) => {
    const { account } = await someAccount(store);
    const { account: bob } = await someAccount(store, "bob@example.test");
    await putLink(store, account.id, "phone");
    assert.deepEqual(await put(store, account.id, "phone"), problem("passkey-name-taken"));
    await made(store, account.id, "key", "a");
    assert.deepEqual(await put(store, account.id, "key"), problem("passkey-name-taken"));
    const numbered = await Promise.all([put(store, account.id), put(store, account.id)]);
    assert.deepEqual(
      numbered.map((one) => one.ok && one.value.name),
      ["passkey 1", "passkey 2"],
    );
    assert.ok((await put(store, bob.id, "phone")).ok);
  },

  "an account has so many passkeys, links included": async (store) => {
    const { account } = await someAccount(store);
    await made(store, account.id, "key", "a");
    const links = await Promise.all(
      Array.from({ length: PASSKEYS_PER_ACCOUNT_MAX + 1 }, () => put(store, account.id, undefined)),
    );
    assert.equal(links.filter(({ ok }) => ok).length, PASSKEYS_PER_ACCOUNT_MAX - 1);
    assert.deepEqual(links.at(-1), problem("too-many-passkeys"));
  },

  "a passkey that is another's, or known already, is not put; the link stays good": async (store) => {
    const { account } = await someAccount(store);
    const { account: bob } = await someAccount(store, "bob@example.test");
    await made(store, bob.id, "key", "a");
    const link = await putLink(store, account.id, "phone");
    assert.deepEqual(await store.putPasskey(link.id, passkey("a"), NOW_MS), problem("passkey-exists"));
    assert.ok((await store.putPasskey(link.id, passkey("b"), NOW_MS)).ok);
  },

  "a challenge is taken once, in its time, for its account and its purpose": async (store) => {
    const { account } = await someAccount(store);
    const { account: bob } = await someAccount(store, "bob@example.test");
    const asked = { accountId: account.id, purpose: "log-in", challenge: "abc" } as const;
    await store.putPasskeyChallenge({ ...asked, nowMs: NOW_MS, untilMs: UNTIL_MS });
    assert.equal(await store.takePasskeyChallenge({ ...asked, accountId: bob.id }, NOW_MS), false);
    assert.equal(await store.takePasskeyChallenge({ ...asked, purpose: "register" }, NOW_MS), false);
    assert.equal(await store.takePasskeyChallenge({ ...asked, challenge: "abd" }, NOW_MS), false);
    const taken = await Promise.all(Array.from({ length: 8 }, () => store.takePasskeyChallenge(asked, UNTIL_MS)));
    assert.equal(taken.filter(Boolean).length, 1);
    await store.putPasskeyChallenge({ ...asked, nowMs: NOW_MS, untilMs: UNTIL_MS });
    assert.equal(await store.takePasskeyChallenge(asked, UNTIL_MS + 1), false, "too late");
    assert.equal(await store.takePasskeyChallenge(asked, NOW_MS), false, "too late is taken, too");
  },

  "challenges are bounded in number: the oldest gives way, and to its own account alone": async (store) => {
    const { account } = await someAccount(store);
    const { account: bob } = await someAccount(store, "bob@example.test");
    const ask = (accountId: number, challenge: string) =>
      store.putPasskeyChallenge({ accountId, purpose: "log-in", challenge, nowMs: NOW_MS, untilMs: UNTIL_MS });
    await ask(bob.id, "bob");
    for (let asked = 0; asked <= PASSKEY_CHALLENGES_PER_ACCOUNT_MAX; asked++) await ask(account.id, `${asked}`);
    const take = (accountId: number, challenge: string) =>
      store.takePasskeyChallenge({ accountId, purpose: "log-in", challenge }, NOW_MS);
    assert.equal(await take(account.id, "0"), false);
    assert.equal(await take(account.id, "1"), true);
    assert.equal(await take(account.id, `${PASSKEY_CHALLENGES_PER_ACCOUNT_MAX}`), true);
    assert.equal(await take(bob.id, "bob"), true);
  },

  "a counter goes up, or is 0 before and after; whoever comes second with it is refused": async (store) => {
    const { account } = await someAccount(store);
    const { id } = await made(store, account.id, "key", "a");
    const use = (counter: number, isBackedUp = false) =>
      store.notePasskeyUse(id, { counter, isBackedUp, nowMs: NOW_MS + counter });
    assert.ok((await use(0)).ok);
    assert.ok((await use(0)).ok);
    const both = await Promise.all([use(7), use(7)]);
    assert.deepEqual(
      both.map(({ ok }) => ok),
      [true, false],
    );
    for (const counter of [7, 6, 0]) assert.deepEqual(await use(counter), problem("counter-went-back"));
    assert.ok((await use(8, true)).ok);
    const [found] = await store.listPasskeys(account.id);
    assert.deepEqual([found?.counter, found?.isBackedUp, found?.lastUsedMs], [8, true, NOW_MS + 8]);
  },

  "a passkey is removed by its number or its name, in its own account alone": async (store) => {
    const { account } = await someAccount(store);
    const { account: bob } = await someAccount(store, "bob@example.test");
    const first = await made(store, account.id, "key", "a");
    await made(store, account.id, "other key", "b");
    assert.deepEqual(await store.removePasskey(bob.id, { id: first.id }), problem("no-such-passkey"));
    assert.deepEqual(await store.removePasskey(bob.id, { name: "key" }), problem("no-such-passkey"));
    assert.deepEqual(await store.removePasskey(account.id, { id: first.id }), { ok: true, value: { name: "key" } });
    assert.deepEqual(await store.removePasskey(account.id, { name: "key" }), problem("no-such-passkey"));
    assert.ok((await store.removePasskey(account.id, { name: "other key" })).ok);
    assert.deepEqual(await store.listPasskeys(account.id), []);
    const use = { counter: 9, isBackedUp: false, nowMs: NOW_MS };
    assert.deepEqual(await store.notePasskeyUse(first.id, use), problem("no-such-passkey"));
    const link = await putLink(store, account.id, "phone");
    assert.ok((await store.removePasskey(account.id, { name: "phone" })).ok);
    assert.deepEqual(await store.putPasskey(link.id, passkey("c"), NOW_MS), problem("no-such-link"));
  },

  "passkeys, links and challenges go with their account": async (store) => {
    const { account } = await someAccount(store);
    const { account: bob } = await someAccount(store, "bob@example.test");
    for (const { id } of [account, bob]) await made(store, id, "key", `credential ${id}`);
    const link = await putLink(store, account.id, "phone");
    const asked = { accountId: account.id, purpose: "log-in", challenge: "abc" } as const;
    await store.putPasskeyChallenge({ ...asked, nowMs: NOW_MS, untilMs: UNTIL_MS });
    await store.removeAccount(account.id);
    assert.deepEqual(await store.listPasskeys(account.id), []);
    assert.deepEqual(await store.listPasskeyLinks(account.id), []);
    assert.deepEqual(await store.putPasskey(link.id, passkey("b"), NOW_MS), problem("no-such-link"));
    assert.equal(await store.takePasskeyChallenge(asked, NOW_MS), false);
    await store.putPasskeyChallenge({ ...asked, nowMs: NOW_MS, untilMs: UNTIL_MS });
    assert.equal(await store.takePasskeyChallenge(asked, NOW_MS), false, "asked as it was removed");
    assert.equal((await store.listPasskeys(bob.id)).length, 1);
  },
};

function passkey(credentialId: string): NewPasskey {
  const publicKey = new Uint8Array([1, 2, 3]);
  return { credentialId, publicKey, counter: 0, transports: ["internal", "hybrid"], isBackedUp: false };
}

/** Stands for the hash of a token. */
function hash(word: string): Uint8Array {
  return new Uint8Array(Buffer.from(word.padEnd(32)));
}

let unnamed = 0;

function put(store: Store, accountId: number, name?: string, nowMs = NOW_MS) {
  const tokenHash = hash(`${name === undefined ? unnamed++ : name}${accountId === 1 ? "" : accountId}`);
  return store.putPasskeyLink({ accountId, tokenHash, name, nowMs, untilMs: nowMs + UNTIL_MS - NOW_MS });
}

async function putLink(store: Store, accountId: number, name: string): Promise<PasskeyLinkRow> {
  const link = await put(store, accountId, name);
  assert.ok(link.ok);
  return link.value;
}

async function made(store: Store, accountId: number, name: string, credentialId: string): Promise<PasskeyRow> {
  const link = await putLink(store, accountId, name);
  const passkeyMade = await store.putPasskey(link.id, passkey(credentialId), NOW_MS);
  assert.ok(passkeyMade.ok);
  return passkeyMade.value;
}

function problem(word: string) {
  return { ok: false, problem: word };
}
