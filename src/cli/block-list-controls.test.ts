import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import { formatPrefix } from "#gate/network/prefix.ts";
import type { BlockListKey, BlockListRow } from "#store/decision-row.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import type { ListedEntry } from "./block-list-controls.ts";
import { type ControlCommand, type ControlOutcome, controlHandler } from "./control-commands.ts";

const ABOUT = { scope: "all", forMs: null, reason: "test" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

suite("entries", () => {
  test("an address is kept in its one form, with its end and who made it", async (t) => {
    const { put, store, clock } = await openWorld(t);
    const made = await put("2001:DB8:0:0::1", { forMs: 1000, scope: "smtp" });
    assert.ok(made.ok);
    const [row] = await store.listBlockList();
    assert.deepEqual(row, {
      prefix: "2001:db8::1",
      scope: "smtp",
      kind: "ban",
      reason: "test",
      evidence: [],
      sinceMs: clock.now(),
      untilMs: clock.now() + 1000,
      origin: "admin",
      repeat: 0,
    });
  });

  test("what is never banned may be allowed", async (t) => {
    const { put, run, store } = await openWorld(t);
    assert.deepEqual(await put("192.0.2.53"), { ok: false, problem: "never-banned: it is a DNS resolver's" });
    assert.deepEqual(await store.listBlockList(), []);
    assert.equal((await run("block-list-put", { prefix: "192.0.2.53", kind: "allow", ...ABOUT })).ok, true);
  });

  test("a slip of the pen is told", async (t) => {
    const { put } = await openWorld(t);
    for (const [prefix, words] of [
      ["192.0.2.5/24", /^bad-prefix: .*write 192\.0\.2\.0\/24/],
      ["0.0.0.0/0", /^bad-prefix: wider than/],
      ["", /^bad-prefix: not an IP address/],
    ] as const) {
      const outcome = await put(prefix);
      assert.match(outcome.ok ? "taken" : outcome.problem, words);
    }
  });

  test("an allowance lifts the bans of its scope inside it, and no others", async (t) => {
    const { put, run, rows, lifted } = await openWorld(t);
    await put("198.51.100.7", { scope: "auth" });
    await put("198.51.100.8", { scope: "smtp" });
    await put("198.51.0.0/16", { scope: "auth" });
    await run("block-list-put", { prefix: "198.51.100.0/24", kind: "allow", ...ABOUT, scope: "auth" });
    assert.deepEqual(await rows(), ["ban auth 198.51.0.0/16", "allow auth 198.51.100.0/24", "ban smtp 198.51.100.8"]);
    assert.deepEqual(lifted, [], "the ledger hears only of bans by rule");
  });

  test("taking off names what still covers it; the ledger hears of a rule's ban", async (t) => {
    const { put, run, store, rows, lifted } = await openWorld(t);
    await put("198.51.100.0/24");
    await store.putBlockList([
      { ...(await store.listBlockList())[0], prefix: "198.51.100.7", scope: "auth", origin: "rule" } as BlockListRow,
    ]);
    const outcome = await run("block-list-remove", { prefix: "198.51.100.7", kind: "ban", scope: null });
    assert.ok(outcome.ok);
    const { removed, covering } = outcome.value as { removed: BlockListRow[]; covering: BlockListRow[] };
    assert.deepEqual(
      [removed, covering].map((list) => list.map(({ prefix }) => prefix)),
      [["198.51.100.7"], ["198.51.100.0/24"]],
    );
    assert.deepEqual(lifted, [{ prefix: "198.51.100.7", scope: "auth", kind: "ban" }]);
    assert.deepEqual(await rows(), ["ban all 198.51.100.0/24"]);
  });

  test("an allowance is taken off as such; who asks for a ban hears that there is one", async (t) => {
    const { put, run, rows } = await openWorld(t);
    await put("198.51.100.0/24");
    await run("block-list-put", { prefix: "198.51.100.7", kind: "allow", ...ABOUT });
    const asked = { prefix: "198.51.100.7", scope: null };
    const unban = await run("block-list-remove", { ...asked, kind: "ban" });
    assert.ok(unban.ok);
    const { removed, ofOtherKind } = unban.value as { removed: BlockListRow[]; ofOtherKind: BlockListRow[] };
    assert.deepEqual([removed.length, ofOtherKind.map(({ kind }) => kind)], [0, ["allow"]]);
    await run("block-list-remove", { ...asked, kind: "allow" });
    assert.deepEqual(await rows(), ["ban all 198.51.100.0/24"]);
  });
});

suite("the list", () => {
  test("newest first; ended ones are not in it; an address shows what holds it and what is inside", async (t) => {
    const { put, list, clock } = await openWorld(t);
    await put("198.51.100.0/24");
    clock.advance(1);
    await put("203.0.113.1", { forMs: 10 });
    clock.advance(1);
    await put("198.51.100.7", { scope: "smtp" });
    assert.deepEqual(prefixes(await list()), ["198.51.100.7", "203.0.113.1", "198.51.100.0/24"]);
    assert.deepEqual(prefixes(await list({ limit: 1 })), ["198.51.100.7"]);
    assert.equal((await list({ limit: 1 })).total, 3);
    assert.deepEqual(prefixes(await list({ prefix: "198.51.100.7" })), ["198.51.100.7", "198.51.100.0/24"]);
    assert.deepEqual(prefixes(await list({ prefix: "198.51.100.9" })), ["198.51.100.0/24"]);
    clock.advance(10);
    assert.deepEqual(prefixes(await list()), ["198.51.100.7", "198.51.100.0/24"]);
  });

  test("shows who logged in there within 30 days", async (t) => {
    const { put, list, clock, store, accountIds } = await openWorld(t);
    const [alice = 0, bob = 0] = accountIds;
    const nowMs = clock.now();
    await store.putLogins([
      { address: "198.51.100.7", accountId: alice, atMs: nowMs },
      { address: "198.51.100.9", accountId: bob, atMs: nowMs - 29 * DAY_MS },
      { address: "198.51.100.10", accountId: bob, atMs: nowMs - 31 * DAY_MS },
      { address: "198.51.100.7", accountId: 999, atMs: nowMs },
    ]);
    for (const prefix of ["198.51.100.0/24", "198.51.100.7", "198.51.100.10"]) await put(prefix);
    const { entries } = await list();
    const accounts = new Map(entries.map(({ prefix, accounts: { named } }) => [prefix, named]));
    assert.deepEqual(accounts.get("198.51.100.0/24"), ["alice@example.com", "bob@example.com"]);
    assert.deepEqual(accounts.get("198.51.100.7"), ["alice@example.com"]);
    assert.deepEqual(accounts.get("198.51.100.10"), []);
  });
});

suite("import", () => {
  test("all of a list, or nothing", async (t) => {
    const { run, rows } = await openWorld(t);
    const text = "# comment\n198.51.100.1\n192.0.2.53\n";
    const bad = await run("block-list-import", { text, ...ABOUT });
    assert.deepEqual(bad.ok && bad.value, {
      imported: 0,
      badLines: [{ line: 3, text: "192.0.2.53", problem: "never banned: it is a DNS resolver's" }],
      more: 0,
    });
    assert.deepEqual(await rows(), []);
    await run("block-list-import", { text: "198.51.100.1\n198.51.100.1\n2001:db8::/32", ...ABOUT });
    assert.deepEqual(await rows(), ["ban all 198.51.100.1", "ban all 2001:db8::/32"]);
  });
});

interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly accountIds: readonly number[];
  /** What the ledger was told. */
  readonly lifted: readonly BlockListKey[];
  readonly run: (name: ControlCommand, args: unknown) => Promise<ControlOutcome>;
  readonly put: (
    prefix: string,
    about?: Partial<{ scope: string; forMs: number; reason: string }>,
  ) => Promise<ControlOutcome>;
  readonly list: (args?: { readonly prefix?: string; readonly limit?: number }) => Promise<Listed>;
  /** `ban all 192.0.2.0/24` */
  readonly rows: () => Promise<readonly string[]>;
}

interface Listed {
  readonly total: number;
  readonly entries: readonly ListedEntry[];
}

function prefixes({ entries }: Listed): readonly string[] {
  return entries.map(({ prefix }) => prefix);
}

async function openWorld(t: TestContext): Promise<World> {
  const machine = { defaultGateways: () => [], mayBindLowPorts: () => false, hasIpv6: () => false };
  const source = 'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n';
  const loaded = settingsFrom(source, { file: "/srv/postern.toml", shownAs: "postern.toml" }, machine);
  assert.ok(loaded.ok);
  const clock = new FakeClock();
  const store = await openTemporaryStore(t, clock);
  const accountIds: number[] = [];
  for (const name of ["alice", "bob"]) {
    const made = await store.createAccount({ address: `${name}@example.com`, quotaOctets: null, nowMs: 0 });
    if (made.ok) accountIds.push(made.value.id);
  }
  const lifted: BlockListKey[] = [];
  const run = controlHandler({
    administration: { store, clock, random: new FakeRandom(), domains: ["example.com"], scramHashes: [] },
    settings: loaded.value.settings,
    protectedReason: (prefix) => (formatPrefix(prefix) === "192.0.2.53" ? "it is a DNS resolver's" : undefined),
    gatekeeper: () => ({
      lifted: (ban) => void lifted.push(ban),
      passwordChanged: () => undefined,
      ownAuditBegins: () => undefined,
    }),
    running: () => Promise.resolve(undefined),
  });
  return {
    store,
    clock,
    accountIds,
    lifted,
    run,
    put: (prefix, about = {}) => run("block-list-put", { prefix, kind: "ban", ...ABOUT, ...about }),
    list: async ({ prefix, limit } = {}) => {
      const outcome = await run("block-list-list", { prefix: prefix ?? null, limit: limit ?? null });
      assert.ok(outcome.ok);
      return outcome.value as Listed;
    },
    rows: async () => (await store.listBlockList()).map(({ kind, scope, prefix }) => `${kind} ${scope} ${prefix}`),
  };
}
