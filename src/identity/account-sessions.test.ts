import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import type { Credential } from "#store/credential-store.ts";
import type { Account, Store } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { AccountSessions } from "./account-sessions.ts";

interface World {
  readonly store: Store;
  readonly sessions: AccountSessions;
  readonly account: Account;
  readonly own: Credential;
  readonly app: Credential;
  /** Why sessions were ended, each under its name. */
  readonly ended: ReadonlyMap<string, string>;
}

/** Alice reads mail with her own password, with an app password, and through something that names no password. */
async function open(t: TestContext): Promise<World> {
  const store = await openTemporaryStore(t, new FakeClock());
  const created = await store.createAccount({ address: "alice@example.test", quotaOctets: null, nowMs: 0 });
  assert.ok(created.ok);
  const { id: accountId, address } = created.value;
  const password = { accountId, label: "", hash: "", scopes: ["imap"], createdAtMs: 0 } as const;
  const own = await store.putCredential({ ...password, kind: "password" });
  const app = await store.putCredential({ ...password, kind: "app-password" });
  const sessions = new AccountSessions(store);
  const ended = new Map<string, string>();
  const enter = (name: string, credentialId: number | undefined): void => {
    const identity = { accountId, address, ...(credentialId === undefined ? {} : { credentialId }) };
    sessions.enter(identity, { requestEnd: ({ reason }) => void ended.set(name, reason) });
  };
  enter("own", own.id);
  enter("app", app.id);
  enter("unnamed", undefined);
  return { store, sessions, account: created.value, own, app, ended };
}

suite("sessions of an account", () => {
  test("stay while nothing concerns them", async (t) => {
    const { store, sessions, ended } = await open(t);
    await store.putAlias("sales@example.test", ["alice@example.test"]);
    await sessions.endStale();
    assert.deepEqual([...ended], []);
  });

  test("end when the password they came in with is changed or taken away, and no others", async (t) => {
    const { store, sessions, account, own, app, ended } = await open(t);
    await store.putCredential({ ...own, hash: "another" });
    await sessions.endStale();
    assert.deepEqual([...ended], [["own", "password-changed"]]);
    await store.removeCredential(account.id, app.id);
    await sessions.endStale();
    assert.equal(ended.get("app"), "password-changed");
    assert.equal(ended.has("unnamed"), false);
  });

  test("all end when its domain is disabled", async (t) => {
    const { store, sessions, ended } = await open(t);
    await store.setDisabled("example.test", 1);
    await sessions.endStale();
    assert.deepEqual([...ended.keys()], ["own", "app", "unnamed"]);
  });

  test("all end when it is disabled or removed", async (t) => {
    for (const change of ["disabled", "removed"]) {
      const { store, sessions, account, ended } = await open(t);
      if (change === "disabled") await store.updateAccount(account.id, { enabled: false });
      else await store.removeAccount(account.id);
      await sessions.endStale();
      assert.deepEqual([...ended.values()], ["account-disabled", "account-disabled", "account-disabled"]);
    }
  });
});
