import assert from "node:assert/strict";
import { SUBSCRIPTIONS_PER_ACCOUNT_MAX } from "../limits.ts";
import type { Store } from "../store.ts";
import type { ContractTests } from "./contract-tests.ts";
import { delivery, folderNamed, messageText, newMessage, someAccount, toInbox } from "./messages-for-tests.ts";

/** What is sent as a name, and as what it is kept. */
const NAMES = [
  ["inbox/x", "INBOX/x"],
  ["a/inbox", "a/inbox"],
  ["Cafe\u0301", "Caf\u00e9"],
  ["", undefined],
  ["/a", undefined],
  ["a//b", undefined],
  ["a/", undefined],
  ["a\u0000", undefined],
  ["a\u0085", undefined],
  ["a\ud800", undefined],
  ["x".repeat(1000), "x".repeat(1000)],
  ["x".repeat(1001), undefined],
  ["x/".repeat(50) + "x", undefined],
] as const;

export const folderContract: ContractTests = {
  "a folder's missing parents are made too (RFC 3501 §6.3.3)": async (store) => {
    const { account } = await someAccount(store);
    const created = await store.createFolder(account.id, "a/b/c");
    assert.equal(created.ok && created.value.name, "a/b/c");
    assert.deepEqual(await ownNames(store, account.id), ["a", "a/b", "a/b/c"]);
    assert.deepEqual(await store.createFolder(account.id, "a/b"), { ok: false, problem: "already-exists" });
  },

  ...folderNameTests(),

  "INBOX has one spelling and cannot be made or removed": async (store) => {
    const { account, inbox } = await someAccount(store);
    assert.equal((await store.findFolder(account.id, "inBox"))?.id, inbox.id);
    assert.deepEqual(await store.createFolder(account.id, "inbox"), { ok: false, problem: "already-exists" });
    assert.deepEqual(await store.removeFolder(account.id, "Inbox"), { ok: false, problem: "not-allowed" });
  },

  "a folder with children is not removed; one without is, with its messages": async (store) => {
    const { account } = await someAccount(store);
    await store.createFolder(account.id, "a/b");
    await store.createFolder(account.id, "a0");
    const b = await folderNamed(store, account.id, "a/b");
    await store.appendMessage(b.id, newMessage(messageText("gone")));
    assert.deepEqual(await store.removeFolder(account.id, "a"), { ok: false, problem: "not-allowed" });
    assert.equal((await store.removeFolder(account.id, "a/b")).ok, true);
    assert.equal((await store.removeFolder(account.id, "a")).ok, true);
    assert.deepEqual(await store.removeFolder(account.id, "a"), { ok: false, problem: "no-such-folder" });
    assert.equal((await store.findAccount(account.id))?.usedOctets, 0);
    assert.equal(await store.changesSince(b.id, 0), undefined);
  },

  "a folder made again under its name has another UIDVALIDITY (RFC 3501 §2.3.1.1)": async (store) => {
    const { account } = await someAccount(store);
    const seen = new Set<number>();
    for (let round = 0; round < 3; round++) {
      await store.createFolder(account.id, "a");
      seen.add((await folderNamed(store, account.id, "a")).uidValidity);
      await store.removeFolder(account.id, "a");
    }
    await store.removeAccount(account.id);
    const again = await someAccount(store);
    await store.createFolder(again.account.id, "a");
    seen.add((await folderNamed(store, again.account.id, "a")).uidValidity);
    assert.equal(seen.size, 4);
  },

  "a folder renamed over the name of another one has another UIDVALIDITY than that had": async (store) => {
    const { account } = await someAccount(store);
    await store.createFolder(account.id, "box");
    await store.createFolder(account.id, "box2");
    const before = await folderNamed(store, account.id, "box");
    await store.renameFolder(account.id, "box", "box3");
    await store.renameFolder(account.id, "box2", "box");
    assert.notEqual((await folderNamed(store, account.id, "box")).uidValidity, before.uidValidity);
  },

  "renaming takes along all below, and makes missing parents": async (store) => {
    const { account } = await someAccount(store);
    for (const name of ["a/b/c", "ab"]) await store.createFolder(account.id, name);
    const c = await folderNamed(store, account.id, "a/b/c");
    await store.appendMessage(c.id, newMessage(messageText("kept")));
    assert.equal((await store.renameFolder(account.id, "a", "x/y")).ok, true);
    assert.deepEqual(await ownNames(store, account.id), ["ab", "x", "x/y", "x/y/b", "x/y/b/c"]);
    const moved = await folderNamed(store, account.id, "x/y/b/c");
    assert.deepEqual([moved.id, moved.messages], [c.id, 1]);
  },

  "renames that cannot be are refused": async (store) => {
    const { account } = await someAccount(store);
    for (const name of ["a/b", "c"]) await store.createFolder(account.id, name);
    const rename = async (from: string, to: string) => {
      const renamed = await store.renameFolder(account.id, from, to);
      return renamed.ok ? "ok" : renamed.problem;
    };
    assert.equal(await rename("none", "x"), "no-such-folder");
    assert.equal(await rename("a", "c"), "already-exists");
    assert.equal(await rename("a", "a"), "already-exists");
    assert.equal(await rename("a", "a/x"), "not-allowed");
    assert.equal(await rename("a", "inbox"), "already-exists");
    assert.equal(await rename("a", "x//y"), "bad-name");
    assert.equal(await rename("a", "x".repeat(999)), "bad-name"); // its child would be too long
    assert.deepEqual(await ownNames(store, account.id), ["a", "a/b", "c"]);
  },

  "renaming INBOX moves its messages and leaves it empty, its children stay (RFC 3501 §6.3.5)": async (store) => {
    const { account, inbox } = await someAccount(store);
    await store.createFolder(account.id, "INBOX/below");
    await store.deliver(delivery(messageText("one"), [toInbox(account.id)]));
    assert.equal((await store.renameFolder(account.id, "inbox", "old")).ok, true);
    const left = await folderNamed(store, account.id, "INBOX");
    assert.deepEqual([left.id, left.uidValidity, left.messages, left.uidNext], [inbox.id, inbox.uidValidity, 0, 2]);
    assert.equal((await folderNamed(store, account.id, "old")).messages, 1);
    assert.notEqual(await store.findFolder(account.id, "INBOX/below"), undefined);
    await store.deliver(delivery(messageText("two"), [toInbox(account.id)]));
    assert.equal((await folderNamed(store, account.id, "INBOX")).messages, 1);
  },

  "subscriptions are to names, which need not exist (RFC 3501 §6.3.6)": async (store) => {
    const { account } = await someAccount(store);
    for (const { name } of await store.listFolders(account.id)) await store.setSubscribed(account.id, name, false);
    await store.setSubscribed(account.id, "later/on", true);
    await store.createFolder(account.id, "a");
    await store.setSubscribed(account.id, "a", true);
    await store.removeFolder(account.id, "a");
    assert.deepEqual(await store.listSubscriptions(account.id), ["a", "later/on"]);
    await store.createFolder(account.id, "later/on");
    assert.equal((await folderNamed(store, account.id, "later/on")).subscribed, true);
    await store.setSubscribed(account.id, "a", false);
    assert.deepEqual(await store.listSubscriptions(account.id), ["later/on"]);
  },

  "an account has no more subscriptions than a bound": async (store) => {
    const { account } = await someAccount(store);
    const subscribe = (name: string) => store.setSubscribed(account.id, name, true);
    const names = Array.from({ length: SUBSCRIPTIONS_PER_ACCOUNT_MAX }, (_, i) => `name ${i}`);
    assert.ok((await Promise.all(names.map(subscribe))).includes(false));
    assert.equal((await store.listSubscriptions(account.id)).length, SUBSCRIPTIONS_PER_ACCOUNT_MAX);
    await store.setSubscribed(account.id, "name 1", false);
    assert.equal(await subscribe("another"), true);
  },

  "one folder for each special use": async (store) => {
    const { account } = await someAccount(store);
    assert.deepEqual(await store.createFolder(account.id, "Spam", "junk"), { ok: false, problem: "not-allowed" });
    await store.removeFolder(account.id, "Junk");
    const created = await store.createFolder(account.id, "Spam", "junk");
    assert.equal(created.ok && created.value.specialUse, "junk");
    await store.deliver(delivery(messageText("x"), [{ accountId: account.id, folder: "junk", flags: [] }]));
    assert.equal((await folderNamed(store, account.id, "Spam")).messages, 1);
  },

  "a special-use folder that was removed is made again for the delivery that needs it": async (store) => {
    const { account } = await someAccount(store);
    await store.removeFolder(account.id, "Junk");
    await store.deliver(delivery(messageText("x"), [{ accountId: account.id, folder: "junk", flags: [] }]));
    const junk = await folderNamed(store, account.id, "Junk");
    assert.deepEqual([junk.specialUse, junk.messages], ["junk", 1]);
  },
};

/** Names of the folders that were not there from the start. */
async function ownNames(store: Store, accountId: number): Promise<readonly string[]> {
  const initial = new Set(["INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"]);
  return (await store.listFolders(accountId)).map(({ name }) => name).filter((name) => !initial.has(name));
}

function folderNameTests(): ContractTests {
  return Object.fromEntries(
    NAMES.map(([text, kept]) => [
      `the folder name ${JSON.stringify(text.slice(0, 10))} of ${text.length} is ${kept === undefined ? "refused" : "kept"}`,
      async (store) => {
        const { account } = await someAccount(store);
        const created = await store.createFolder(account.id, text);
        assert.equal(created.ok ? created.value.name : undefined, kept);
        if (!created.ok) assert.equal(created.problem, "bad-name");
        else assert.equal((await store.findFolder(account.id, text))?.id, created.value.id);
      },
    ]),
  );
}
