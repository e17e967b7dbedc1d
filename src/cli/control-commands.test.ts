import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { type ControlCommand, type ControlOutcome, controlHandler } from "./control-commands.ts";

const SETTINGS =
  'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[accounts]\ndefault_quota_octets = 5000\n';

async function control(
  context: TestContext,
): Promise<(name: ControlCommand, args?: unknown) => Promise<ControlOutcome>> {
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
  const loaded = settingsFrom(SETTINGS, { file: "/srv/postern.toml", shownAs: "postern.toml" }, machine);
  assert.ok(loaded.ok);
  const clock = new FakeClock();
  const handle = controlHandler({
    administration: {
      store: await openTemporaryStore(context, clock),
      clock,
      random: new FakeRandom(),
      domains: ["example.com"],
      scramHashes: [],
    },
    settings: loaded.value.settings,
    protectedReason: () => undefined,
    gatekeeper: () => undefined,
    running: () => Promise.resolve(undefined),
  });
  // What comes over the socket is JSON both ways.
  return async (name, args = {}) => {
    const outcome = await handle(name, JSON.parse(JSON.stringify(args)));
    return JSON.parse(JSON.stringify(outcome)) as ControlOutcome;
  };
}

suite("control commands", () => {
  test("an account is made with a password of its own, and the quota of the settings", async (context) => {
    const run = await control(context);
    const added = await run("account-add", { address: "Alice@example.com" });
    assert.ok(added.ok);
    const { account, password } = added.value as {
      account: { address: string; quotaOctets: number };
      password: string;
    };
    assert.deepEqual([account.address, account.quotaOctets], ["alice@example.com", 5000]);
    assert.match(password, /^[0-9a-z]{5}(?:-[0-9a-z]{5}){3}$/);
    assert.deepEqual(await run("account-add", { address: "alice@example.com" }), {
      ok: false,
      problem: "already-exists",
    });
  });

  test("a password that was given is not given back", async (context) => {
    const run = await control(context);
    const added = await run("account-add", {
      address: "bob@example.com",
      password: "correct horse battery",
      quotaOctets: null,
    });
    assert.ok(added.ok);
    assert.deepEqual(Object.keys(added.value as object), ["account"]);
    assert.doesNotMatch(
      JSON.stringify(await run("account-show", { address: "bob@example.com" })),
      /argon2|correct horse/,
    );
  });

  test("problems are words", async (context) => {
    const run = await control(context);
    const bad = { password: "correct horse battery" };
    for (const [address, problem] of [
      ["a@other.test", "domain-not-ours"],
      ["a b@example.com", "bad-address"],
    ]) {
      assert.deepEqual(await run("account-add", { address, ...bad }), { ok: false, problem });
    }
    assert.deepEqual(await run("alias-add", { address: "info@example.com", targets: ["x@example.com"] }), {
      ok: false,
      problem: "no-such-target",
    });
  });

  test("a domain shows its addresses", async (context) => {
    const run = await control(context);
    await run("domain-add", { name: "example.org", role: "primary" });
    await run("account-add", { address: "alice@example.org" });
    await run("alias-add", { address: "info@example.org", targets: ["alice@example.org"] });
    const shown = await run("domain-show", { name: "Example.org" });
    assert.ok(shown.ok);
    assert.deepEqual(shown.value, {
      name: "example.org",
      role: "primary",
      from: "store",
      enabled: true,
      accounts: ["alice@example.org"],
      aliases: ["info@example.org"],
    });
  });

  test("unknown commands and arguments are refused", async (context) => {
    const run = await control(context);
    await assert.rejects(run("no-such" as ControlCommand), /unknown control command/);
    await assert.rejects(run("constructor" as ControlCommand), /unknown control command/);
    await assert.rejects(run("account-add", { address: 5 }));
    await assert.rejects(run("account-add", { address: "a@example.com", enabled: true }));
  });
});
