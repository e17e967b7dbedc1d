import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import type { Result } from "#mail/result.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import {
  addAccount,
  changePassword,
  removeAccount,
  setAccountEnabled,
  setAccountQuota,
  showAccount,
} from "./accounts.ts";
import type { Administration } from "./administration.ts";
import { addAlias, findAlias, listAliases, removeAlias, setAliasEnabled } from "./aliases.ts";
import { addAppPassword, listAppPasswords, revokeAppPassword } from "./app-passwords.ts";
import { addDomain, listDomains, removeDomain, setDomainEnabled } from "./domains.ts";
import { APP_PASSWORDS_PER_ACCOUNT_MAX } from "./limits.ts";

const ALICE = "alice@example.test";
const PASSWORD = "mPz-4kd+vR";

suite("accounts", () => {
  test("are made with a canonical address and a password", async (t) => {
    const admin = await open(t);
    const account = value(
      await addAccount(admin, { address: "Alice@EXAMPLE.test", password: PASSWORD, quotaOctets: 5 }),
    );
    assert.deepEqual([account.address, account.quotaOctets, account.enabled], [ALICE, 5, true]);
    assert.equal(value(await showAccount(admin, "ALICE@example.test")).password?.scram, false);
    const [credential] = await admin.store.listCredentials(account.id);
    assert.match(credential?.hash ?? "", /^\$argon2id\$/);
  });
  for (const [address, password, expected] of [
    ["alice", PASSWORD, "bad-address"],
    ["alice@", PASSWORD, "bad-address"],
    ["alice@elsewhere.test", PASSWORD, "domain-not-ours"],
    ["alice@mail.example.test", PASSWORD, "domain-not-ours"],
    ["alice@example.test", "short", "too-short"],
    ["alice@example.test", "alice-alice-1", "like-the-user-name"],
    ["alice@example.test", "Password123", "common"],
    ["bob@example.test", PASSWORD, "already-exists"],
    ["all@example.test", PASSWORD, "already-exists"],
  ] as const) {
    test(`refused: ${address} with ${password} (${expected})`, async (t) => {
      const admin = await open(t, "bob@example.test");
      value(await addAlias(admin, "all@example.test", ["bob@example.test"]));
      check(await addAccount(admin, { address, password, quotaOctets: null }), expected);
      assert.equal((await admin.store.listAccounts()).length, 1);
    });
  }
  test("are changed", async (t) => {
    const admin = await open(t, ALICE);
    const [before] = await admin.store.listCredentials(1);
    assert.ok((await changePassword(admin, ALICE, "another-Good-1")).ok);
    const after = await admin.store.listCredentials(1);
    assert.equal(after.length, 1);
    assert.notEqual(after[0]?.hash, before?.hash);
    check(await changePassword(admin, ALICE, "password"), "common");
    assert.equal(value(await setAccountEnabled(admin, ALICE, false)).enabled, false);
    assert.equal(value(await setAccountQuota(admin, ALICE, 100)).quotaOctets, 100);
    check(await setAccountEnabled(admin, "nobody@example.test", true), "no-such-account");
    check(await changePassword(admin, "nobody", PASSWORD), "bad-address");
  });
  test("take their address out of every alias when they go", async (t) => {
    const admin = await open(t, ALICE, "bob@example.test");
    value(await addAlias(admin, "all@example.test", [ALICE, "bob@example.test"]));
    value(await addAlias(admin, "sales@example.test", [ALICE]));
    assert.deepEqual(value(await showAccount(admin, ALICE)).aliases.toSorted(), [
      "all@example.test",
      "sales@example.test",
    ]);
    assert.ok((await removeAccount(admin, ALICE)).ok);
    assert.deepEqual(await listAliases(admin), [
      { address: "all@example.test", targets: ["bob@example.test"], enabled: true },
    ]);
    check(await removeAccount(admin, ALICE), "no-such-account");
  });
});

suite("aliases", () => {
  for (const [address, targets, expected] of [
    ["alice@example.test", ["bob@example.test"], "address-is-account"],
    ["x@elsewhere.test", [ALICE], "domain-not-ours"],
    ["x", [ALICE], "bad-address"],
    ["x@example.test", [], "no-targets"],
    ["x@example.test", ["y"], "bad-target"],
    ["x@example.test", ["carol@example.test"], "no-such-target"],
    ["x@example.test", ["x@example.test"], "no-such-target"],
    ["x@example.test", Array.from({ length: 101 }, () => ALICE), "too-many-targets"],
  ] as const) {
    test(`refused: ${address} for ${targets.slice(0, 2).join(" ")} (${expected})`, async (t) => {
      const admin = await open(t, ALICE, "bob@example.test");
      check(await addAlias(admin, address, targets), expected);
      assert.deepEqual(await listAliases(admin), []);
    });
  }
  test("lead to addresses elsewhere, too", async (t) => {
    const admin = await open(t, ALICE);
    const alias = value(await addAlias(admin, "x@example.test", [ALICE, "Carol@elsewhere.test"]));
    assert.deepEqual(alias.targets, [ALICE, "carol@elsewhere.test"]);
  });
  test("name each target once and never themselves, and go again", async (t) => {
    const admin = await open(t, ALICE);
    const alias = value(await addAlias(admin, "X@example.test", [ALICE, "ALICE@example.test"]));
    assert.deepEqual(alias, { address: "x@example.test", targets: [ALICE], enabled: true });
    check(await addAlias(admin, "x@example.test", [ALICE, "x@example.test"]), "no-such-target");
    assert.ok((await removeAlias(admin, "x@example.test")).ok);
    check(await removeAlias(admin, "x@example.test"), "no-such-alias");
  });
  test("are disabled and enabled, and are what they were", async (t) => {
    const admin = await open(t, ALICE);
    value(await addAlias(admin, "x@example.test", [ALICE]));
    assert.equal(value(await setAliasEnabled(admin, "X@example.test", false)).enabled, false);
    assert.equal(value(await findAlias(admin, "x@example.test")).enabled, false);
    const back = { address: "x@example.test", targets: [ALICE], enabled: true };
    assert.deepEqual(value(await setAliasEnabled(admin, "x@example.test", true)), back);
    check(await setAliasEnabled(admin, ALICE, false), "no-such-alias");
    check(await setAliasEnabled(admin, "nonsense", false), "bad-address");
  });
});

suite("app passwords", () => {
  test("are made, listed and revoked; the account's own password is none", async (t) => {
    const admin = await open(t, ALICE);
    const made = value(await addAppPassword(admin, ALICE, { label: " phone ", scopes: ["imap", "imap", "smtp"] }));
    assert.deepEqual([made.appPassword.label, made.appPassword.scopes], ["phone", ["imap", "smtp"]]);
    assert.deepEqual(value(await listAppPasswords(admin, ALICE)), [made.appPassword]);
    const own = (await admin.store.listCredentials(1)).find(({ kind }) => kind === "password");
    check(await revokeAppPassword(admin, ALICE, own?.id ?? 0), "no-such-credential");
    assert.ok((await revokeAppPassword(admin, ALICE, made.appPassword.id)).ok);
    assert.deepEqual(value(await listAppPasswords(admin, ALICE)), []);
    assert.equal((await admin.store.listCredentials(1)).length, 1);
  });
  test("have a label and a scope, and are not without number", async (t) => {
    const admin = await open(t, ALICE);
    check(await addAppPassword(admin, ALICE, { label: " ", scopes: ["imap"] }), "bad-label");
    check(await addAppPassword(admin, ALICE, { label: "a\nb", scopes: ["imap"] }), "bad-label");
    check(await addAppPassword(admin, ALICE, { label: "phone", scopes: [] }), "no-scopes");
    for (let i = 0; i < APP_PASSWORDS_PER_ACCOUNT_MAX; i++) {
      value(await addAppPassword(admin, ALICE, { label: `${i}`, scopes: ["imap"] }));
    }
    check(await addAppPassword(admin, ALICE, { label: "one more", scopes: ["imap"] }), "too-many");
  });
});

suite("domains", () => {
  test("are added beside those of the settings, and removed when nobody is there", async (t) => {
    const admin = await open(t);
    const settings = [{ name: "example.test", role: "primary" }] as const;
    assert.equal(value(await addDomain(admin, "BÜCHER.test", "secondary")).name, "xn--bcher-kva.test");
    check(await addDomain(admin, "bücher.test", "primary"), "already-exists");
    check(await addDomain(admin, "example.test", "primary"), "already-exists");
    check(await addDomain(admin, "[192.0.2.1]", "primary"), "bad-domain");
    assert.deepEqual(await listDomains(admin, settings), [
      { name: "example.test", role: "primary", from: "settings", enabled: true },
      { name: "xn--bcher-kva.test", role: "secondary", from: "store", enabled: true },
    ]);
    value(await addAccount(admin, { address: "a@bücher.test", password: PASSWORD, quotaOctets: null }));
    check(await removeDomain(admin, "bücher.test"), "in-use");
    assert.ok((await removeAccount(admin, "a@bücher.test")).ok);
    assert.ok((await removeDomain(admin, "bücher.test")).ok);
    check(await removeDomain(admin, "bücher.test"), "no-such-domain");
    check(await removeDomain(admin, "example.test"), "in-settings");
  });
  test("are disabled, those of the settings too, and enabled; nobody else's are", async (t) => {
    const admin = await open(t, ALICE);
    const settings = [{ name: "example.test", role: "primary" }] as const;
    const enabled = async () => (await listDomains(admin, settings)).map((domain) => domain.enabled);
    assert.deepEqual(value(await setDomainEnabled(admin, "EXAMPLE.test", false)), {
      name: "example.test",
      enabled: false,
    });
    assert.deepEqual(await enabled(), [false]);
    value(await setDomainEnabled(admin, "example.test", true));
    assert.deepEqual(await enabled(), [true]);
    check(await setDomainEnabled(admin, "elsewhere.test", false), "no-such-domain");
    check(await setDomainEnabled(admin, "[192.0.2.1]", false), "bad-domain");
  });
});

/** `example.test`, with these accounts. */
async function open(t: TestContext, ...addresses: readonly string[]): Promise<Administration> {
  const clock = new FakeClock();
  const store = await openTemporaryStore(t, clock);
  const admin: Administration = { store, clock, random: new FakeRandom(), domains: ["example.test"], scramHashes: [] };
  for (const address of addresses) value(await addAccount(admin, { address, password: PASSWORD, quotaOctets: null }));
  return admin;
}

function check(result: Result<unknown, string>, problem: string): void {
  assert.deepEqual(result, { ok: false, problem });
}

function value<T>(result: Result<T, string>): T {
  return result.ok ? result.value : assert.fail(result.problem);
}
