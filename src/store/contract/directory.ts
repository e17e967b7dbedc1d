import assert from "node:assert/strict";
import type { ContractTests } from "./contract-tests.ts";
import { delivery, messageText, someAccount, toInbox } from "./messages-for-tests.ts";

export const directoryContract: ContractTests = {
  "an account begins with INBOX and its special-use folders, subscribed": async (store) => {
    const { account } = await someAccount(store);
    const folders = await store.listFolders(account.id);
    assert.deepEqual(
      folders.map(({ name, specialUse, subscribed, messages }) => [name, specialUse, subscribed, messages]),
      [
        ["Archive", "archive", true, 0],
        ["Drafts", "drafts", true, 0],
        ["INBOX", null, true, 0],
        ["Junk", "junk", true, 0],
        ["Sent", "sent", true, 0],
        ["Trash", "trash", true, 0],
      ],
    );
    assert.deepEqual(await store.findAddress("alice@example.test"), { kind: "account", account });
    assert.deepEqual(await store.findAccount(account.id), account);
    assert.equal((await store.statistics()).accounts, 1);
  },

  "an address is one account or one alias": async (store) => {
    await someAccount(store);
    const again = { address: "alice@example.test", quotaOctets: null, nowMs: 0 };
    assert.deepEqual(await store.createAccount(again), { ok: false, problem: "already-exists" });
    assert.deepEqual(await store.putAlias("alice@example.test", []), { ok: false, problem: "address-is-account" });
    assert.equal((await store.putAlias("info@example.test", ["alice@example.test"])).ok, true);
    assert.equal((await store.createAccount({ ...again, address: "info@example.test" })).ok, false);
    const alias = { address: "info@example.test", targets: ["alice@example.test"], enabled: true };
    assert.deepEqual(await store.findAddress("info@example.test"), { kind: "alias", ...alias });
    assert.deepEqual(await store.listAliases(), [alias]);
    assert.equal((await store.removeAlias("info@example.test")).ok, true);
    assert.deepEqual(await store.removeAlias("info@example.test"), { ok: false, problem: "no-such-alias" });
    assert.equal(await store.findAddress("info@example.test"), undefined);
  },

  "an account can be disabled and limited; its id is never used again": async (store) => {
    const { account } = await someAccount(store);
    const changed = await store.updateAccount(account.id, { enabled: false, quotaOctets: 1000 });
    assert.deepEqual(changed, { ok: true, value: { ...account, enabled: false, quotaOctets: 1000 } });
    assert.equal((await store.removeAccount(account.id)).ok, true);
    assert.deepEqual(await store.removeAccount(account.id), { ok: false, problem: "no-such-account" });
    assert.deepEqual(await store.updateAccount(account.id, {}), { ok: false, problem: "no-such-account" });
    const { account: next } = await someAccount(store);
    assert.notEqual(next.id, account.id);
  },

  "removing an account removes its mail, and what others hold of it stays": async (store) => {
    const alice = await someAccount(store);
    const bob = await someAccount(store, "bob@example.test");
    await store.deliver(delivery(messageText("both"), [toInbox(alice.account.id), toInbox(bob.account.id)]));
    await store.removeAccount(alice.account.id);
    assert.equal((await store.listUids(alice.inbox.id)).length, 0);
    const [row] = await store.fetchRows(bob.inbox.id, [1], { index: false });
    assert.equal((await store.readContent(row?.blobId ?? 0, 0, 13))?.length, 13);
    await store.removeAccount(bob.account.id);
    assert.equal((await store.statistics()).messages, 0);
  },

  "domains are put, listed and removed": async (store) => {
    const domain = { name: "example.test", role: "primary", createdAtMs: 5 } as const;
    await store.putDomain(domain);
    await store.putDomain({ ...domain, role: "secondary" });
    assert.deepEqual(await store.listDomains(), [{ ...domain, role: "secondary" }]);
    assert.equal((await store.removeDomain("example.test")).ok, true);
    assert.deepEqual(await store.removeDomain("example.test"), { ok: false, problem: "no-such-domain" });
  },

  "what is disabled is there and out of use: an alias, or a domain with all its addresses": async (store) => {
    const { account } = await someAccount(store);
    await store.putAlias("info@example.test", ["alice@example.test"]);
    await store.putAlias("other@example.test", ["alice@example.test"]);
    await store.setDisabled("info@example.test", 5);
    const aliases = async () => (await store.listAliases()).map(({ enabled }) => enabled);
    assert.deepEqual(await aliases(), [false, true]);
    await store.putAlias("info@example.test", ["alice@example.test", "bob@example.org"]);
    assert.deepEqual(await aliases(), [false, true], "where it leads is another matter");
    await store.setDisabled("example.test", 6);
    await store.setDisabled("example.test", 7);
    assert.deepEqual(await store.listDisabled(), ["example.test", "info@example.test"]);
    assert.deepEqual(await aliases(), [false, false]);
    assert.equal((await store.findAccount(account.id))?.enabled, false);
    assert.deepEqual(
      [...(await store.listAccounts())].map(({ enabled }) => enabled),
      [false],
    );
    await store.setDisabled("example.test", null);
    assert.deepEqual(await store.findAddress("alice@example.test"), { kind: "account", account });
    await store.removeAlias("info@example.test");
    assert.deepEqual(await store.listDisabled(), []);
    await store.putDomain({ name: "second.test", role: "primary", createdAtMs: 0 });
    await store.setDisabled("second.test", 8);
    await store.removeDomain("second.test");
    assert.deepEqual(await store.listDisabled(), []);
  },

  "a new password replaces the old one; app passwords stand beside it": async (store) => {
    const { account } = await someAccount(store);
    const common = { accountId: account.id, label: "", scopes: ["imap"], createdAtMs: 1 } as const;
    await store.putCredential({ ...common, kind: "password", hash: "old" });
    const app = await store.putCredential({ ...common, kind: "app-password", hash: "app" });
    await store.putCredential({ ...common, kind: "password", hash: "new" });
    const hashes = (await store.listCredentials(account.id)).map(({ hash }) => hash);
    assert.deepEqual(hashes.toSorted(), ["app", "new"]);
    assert.equal((await store.removeCredential(account.id, app.id)).ok, true);
    assert.deepEqual(await store.removeCredential(account.id, app.id), { ok: false, problem: "no-such-credential" });
  },

  "keys for SCRAM go with the password they are of": async (store) => {
    const { account } = await someAccount(store);
    const common = { accountId: account.id, label: "", scopes: ["imap"], createdAtMs: 1 } as const;
    const own = await store.putCredential({ ...common, kind: "password", hash: "old" });
    const app = await store.putCredential({ ...common, kind: "app-password", hash: "app" });
    const key = { credentialId: own.id, hash: "sha256", iterations: 4096, ...octets(1) } as const;
    const other = { ...key, credentialId: app.id, ...octets(2) };
    await store.putScramKeys([key, other]);
    await store.putScramKeys([
      { ...other, iterations: 5000 },
      { ...key, credentialId: 1000 },
    ]);
    assert.deepEqual(await store.listScramKeys(account.id), [key, { ...other, iterations: 5000 }]);
    await store.putCredential({ ...common, kind: "password", hash: "new" });
    assert.deepEqual(await store.listScramKeys(account.id), [{ ...other, iterations: 5000 }]);
    assert.equal(await store.removeScramKeys(["sha256", "sha1"]), 1);
    assert.deepEqual(await store.listScramKeys(account.id), []);
    await store.putScramKeys([other]);
    await store.removeCredential(account.id, app.id);
    assert.deepEqual(await store.listScramKeys(account.id), []);
    assert.equal(await store.removeScramKeys(["sha256"]), 0);
  },

  "the secret of salts is there from the beginning, and stays": async (store) => {
    const secret = await store.readScramSalt();
    assert.equal(secret.length, 32);
    assert.deepEqual(await store.readScramSalt(), secret);
  },

  "a password is marked as exposed once, and its last use is the latest": async (store) => {
    const { account } = await someAccount(store);
    const common = { accountId: account.id, label: "", scopes: ["imap"], createdAtMs: 1, hash: "" } as const;
    const own = await store.putCredential({ ...common, kind: "password" });
    assert.deepEqual([own.exposedAtMs, own.lastUsedMs, own.lastAddress], [null, null, null]);
    assert.deepEqual([await store.markExposed(own.id, 5), await store.markExposed(own.id, 6)], [true, false]);
    assert.equal(await store.markExposed(1000, 5), false);
    const use = { credentialId: own.id, address: "192.0.2.1", atMs: 9 };
    await store.noteCredentialUses([use, { ...use, address: "192.0.2.2", atMs: 8 }]);
    const [credential] = await store.listCredentials(account.id);
    assert.deepEqual([credential?.exposedAtMs, credential?.lastUsedMs, credential?.lastAddress], [5, 9, "192.0.2.1"]);
  },

  "what changes the directory is told, and so is a quota that is crossed": async (store) => {
    const { account, inbox } = await someAccount(store, "alice@example.test", 500);
    const told: string[] = [];
    const stop = store.onEvent(({ kind }) => told.push(kind));
    await store.deliver(delivery(messageText("small", 300), [toInbox(account.id)]));
    assert.deepEqual(told.splice(0), ["folder"]);
    await store.deliver(delivery(messageText("small", 300), [toInbox(account.id)]));
    assert.deepEqual(told.splice(0), ["folder", "directory"]);
    await store.expunge(inbox.id, null, { force: true });
    assert.deepEqual(told.splice(0), ["folder", "directory"]);
    await store.updateAccount(account.id, { enabled: false });
    await store.putAlias("a@example.test", []);
    assert.deepEqual(told.splice(0), ["directory", "directory"]);
    stop();
    await store.putAlias("b@example.test", []);
    assert.deepEqual(told, []);
  },
};

function octets(octet: number): Record<"salt" | "storedKey" | "serverKey", Uint8Array> {
  return {
    salt: new Uint8Array([octet]),
    storedKey: new Uint8Array([octet, 1]),
    serverKey: new Uint8Array([octet, 2]),
  };
}
