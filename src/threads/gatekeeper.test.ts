import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, type TestContext, test } from "node:test";
import type { MessagePort } from "node:worker_threads";
import { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import type { Alert } from "./alert.ts";
import { Alerts } from "./alerts.ts";
import type { GateOrder, Observation } from "./gate-messages.ts";
import { Gatekeeper } from "./gatekeeper.ts";

const GUESSER = "198.51.100.50";
const DAY_MS = 24 * 60 * 60 * 1000;

suite("the gatekeeper", () => {
  test("ten different wrong passwords are a ban of logins that ends, in the store, with what was seen", async (t) => {
    const world = await openWorld(t);
    world.guess(GUESSER, 9);
    assert.deepEqual(await world.bans(), []);
    world.guess(GUESSER, 10);
    await written(world.store);
    const [ban] = await world.store.listBlockList();
    assert.deepEqual([ban?.prefix, ban?.scope, ban?.kind, ban?.origin], [GUESSER, "auth", "ban", "rule"]);
    assert.equal((ban?.untilMs ?? 0) - (ban?.sinceMs ?? 0), 600_000);
    assert.match(ban?.evidence[0] ?? "", /198\.51\.100\.50 wrong password \(bob@example\.test\)/);
  });

  test("the next ban of the same address lasts twice as long, over a restart too", async (t) => {
    const world = await openWorld(t);
    world.guess(GUESSER, 10);
    assert.deepEqual(await world.bans(), [[GUESSER, 600_000]]);
    world.clock.advance(DAY_MS);
    const restarted = await world.restart();
    restarted.guess(GUESSER, 10);
    assert.deepEqual(await restarted.bans(), [[GUESSER, 1_200_000]]);
  });

  test("a ban that an administrator lifted is forgotten: the next is the first", async (t) => {
    const world = await openWorld(t);
    world.guess(GUESSER, 10);
    await world.bans();
    world.keeper.lifted({ prefix: GUESSER, scope: "auth" });
    world.clock.advance(DAY_MS);
    world.guess(GUESSER, 10);
    assert.deepEqual(await world.bans(), [[GUESSER, 600_000]]);
  });

  test("in shadow there is a line in the log and no ban; switched off nothing is counted", async (t) => {
    const shadow = await openWorld(t, { mode: "shadow" });
    shadow.guess(GUESSER, 10);
    assert.deepEqual(await shadow.bans(), []);
    assert.equal(shadow.log.lines.filter(({ event }) => event === "would-ban").length, 1);
    const off = await openWorld(t, { mode: "off" });
    off.guess(GUESSER, 10);
    assert.deepEqual([await off.bans(), off.log.lines], [[], []]);
  });

  test("what our own audit tries is no alert, for five minutes", async (t) => {
    const world = await openWorld(t);
    world.keeper.ownAuditBegins();
    world.guess("192.0.2.53", 10);
    assert.deepEqual(world.raised(), []);
    world.clock.advance(5 * 60_000);
    world.guess("10.0.0.1", 10);
    assert.deepEqual(world.raised(), [["protected-address-misbehaves", "10.0.0.1"]]);
  });

  test("protected addresses are told of instead of banned", async (t) => {
    const world = await openWorld(t);
    world.guess("10.0.0.1", 10);
    world.guess("192.0.2.53", 10);
    assert.deepEqual(await world.bans(), []);
    assert.deepEqual(world.raised(), [
      ["protected-address-misbehaves", "192.0.2.53"],
      ["protected-address-misbehaves", "10.0.0.1"],
    ]);
  });

  test("where a user has logged in within 30 days logins are not banned, whoever noted it before a restart", async (t) => {
    const world = await openWorld(t);
    world.logIn(GUESSER);
    const restarted = await world.restart();
    restarted.guess(GUESSER, 10);
    assert.deepEqual(await restarted.bans(), []);
    assert.deepEqual(restarted.raised(), [["guessing-at-a-known-address", GUESSER]]);
  });

  test("an allowed address is not banned by rule", async (t) => {
    const world = await openWorld(t);
    await world.store.putBlockList([
      {
        prefix: "198.51.100.0/24",
        scope: "auth",
        kind: "allow",
        reason: "the office",
        evidence: [],
        sinceMs: 0,
        untilMs: null,
        origin: "admin",
        repeat: 0,
      },
    ]);
    world.guess(GUESSER, 10);
    assert.deepEqual(await world.bans(), []);
  });

  test("a login is noted once an hour, and told to the fronts", async (t) => {
    const world = await openWorld(t);
    const front = world.keeper.connect();
    const orders = heard(front);
    for (let times = 0; times < 5; times++) world.logIn("203.0.113.9");
    world.clock.advance(60 * 60 * 1000);
    const firstMs = world.clock.now() - 60 * 60 * 1000;
    await written(world.store);
    assert.deepEqual(await world.store.listLogins(0), [
      { address: "203.0.113.9", accountId: world.accountId, lastMs: firstMs },
    ]);
    world.logIn("203.0.113.9");
    world.clock.advance(1000);
    await written(world.store);
    const [login] = await world.store.listLogins(0);
    assert.equal(login?.lastMs, firstMs + 60 * 60 * 1000);
    assert.equal((await orders(2)).filter(({ kind }) => kind === "home").length, 2);
    front.close();
  });

  test("what a front tells over its port is heard, and it is told that it was", async (t) => {
    const world = await openWorld(t);
    const front = world.keeper.connect();
    const observations = Array.from({ length: 10 }, (_, n) => wrongPassword(GUESSER, `guess ${n}`));
    front.postMessage({ observations, dropped: 7 });
    const [order] = (await once(front, "message")) as [GateOrder];
    assert.deepEqual(order, { kind: "taken" });
    assert.deepEqual([world.keeper.dropped, (await world.bans()).length], [7, 1]);
    assert.deepEqual(
      world.log.lines.filter(({ event }) => event === "observations-dropped").map(({ fields }) => fields),
      [{ dropped: 7 }],
    );
    front.close();
  });

  test("many addresses at one account: all fronts are told to slow it down, those that come later too", async (t) => {
    const world = await openWorld(t);
    const front = world.keeper.connect();
    const orders = heard(front);
    for (let n = 0; n < 200; n++) world.keeper.observe(wrongPassword(`203.0.${n}.1`, `guess ${n}`));
    const [slow] = (await orders(1)).filter(({ kind }) => kind === "slow");
    assert.ok(slow?.kind === "slow");
    assert.deepEqual([slow.group.by, slow.group.value], ["account", "bob@example.test"]);
    const late = world.keeper.connect();
    const [first] = (await once(late, "message")) as [GateOrder];
    assert.equal(first.kind, "slow");
    assert.ok(world.raised().some(([name]) => name === "account-under-attack"));
    for (const port of [front, late]) port.close();
  });

  test("most connections of port 25 from one private address: nobody is trusted for it (R03)", async (t) => {
    const world = await openWorld(t);
    const front = world.keeper.connect();
    const orders = heard(front);
    const untilMs = world.clock.now() + 600_000;
    // A host that only hands in mail is told from one that shows the Internet's mail as its own.
    world.keeper.observe({ kind: "arrived", address: "10.8.0.1", count: 100 });
    for (let number = 0; number < 29; number++) {
      world.keeper.observe({ kind: "arrived", address: `203.0.113.${number}`, count: 1, onMx: 1 });
    }
    assert.deepEqual(await orders(1), [{ kind: "hidden", address: "10.8.0.1", untilMs }]);
    world.keeper.observe({ kind: "arrived", address: "10.8.0.1", count: 30, onMx: 30 });
    assert.deepEqual((await orders(2)).at(-1), { kind: "hidden", address: "10.8.0.1", untilMs, trustEnds: true });
    assert.deepEqual(world.raised(), [["clients-are-hidden", "10.8.0.1"]]);
    assert.match(
      world.alerts.current()[0]?.text ?? "",
      /Limits and bans .* suspended for it\. Nor is it trusted meanwhile/,
    );
    front.close();
  });

  test("so do many names: a host that is trusted says one (R03)", async (t) => {
    const world = await openWorld(t);
    const front = world.keeper.connect();
    const orders = heard(front);
    for (let number = 0; number < 8; number++) {
      const clientName = `mx.domain${number}.com`;
      world.keeper.observe({ kind: "named", address: "10.8.0.1", clientName, proven: false });
    }
    const [order] = await orders(1);
    assert.equal(order?.kind === "hidden" && order.trustEnds, true);
    front.close();
  });

  test("most connections from one private address: its fronts suspend what goes by address", async (t) => {
    const world = await openWorld(t);
    const front = world.keeper.connect();
    const orders = heard(front);
    world.keeper.observe({ kind: "arrived", address: "172.18.0.1", count: 100 });
    const [hidden] = await orders(1);
    assert.deepEqual(hidden, { kind: "hidden", address: "172.18.0.1", untilMs: world.clock.now() + 600_000 });
    assert.deepEqual(world.raised(), [["clients-are-hidden", "172.18.0.1"]]);
    front.close();
  });
});

/** Resolves with all orders when there are so many. */
function heard(port: MessagePort): (count: number) => Promise<readonly GateOrder[]> {
  const orders: GateOrder[] = [];
  port.on("message", (order: GateOrder) => orders.push(order));
  return async (count) => {
    while (orders.length < count) await once(port, "message");
    return orders;
  };
}

function wrongPassword(address: string, password: string): Observation {
  return { kind: "offence", offence: { kind: "wrong-password", address, account: "bob@example.test", password } };
}

/** What was given to the store before is in it. */
async function written(store: Store): Promise<void> {
  await store.putLogins([]);
}

interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly keeper: Gatekeeper;
  readonly alerts: Alerts;
  readonly accountId: number;
  /** So many different passwords at bob's account. */
  guess(address: string, count: number): void;
  logIn(address: string): void;
  /** Live bans and for how long they are. */
  bans(): Promise<readonly (readonly [prefix: string, ms: number])[]>;
  /** Names and subjects of alerts, newest first. */
  raised(): readonly (readonly [string, string])[];
  /** Another gatekeeper over the same store. */
  restart(): Promise<World>;
}

async function openWorld(
  t: TestContext,
  options: { readonly mode?: "shadow" | "off"; readonly clock?: FakeClock; readonly store?: Store } = {},
): Promise<World> {
  const { clock = new FakeClock(), mode = "enforce" } = options;
  const store = options.store ?? (await openTemporaryStore(t, clock));
  await store.createAccount({ address: "bob@example.test", quotaOctets: null, nowMs: 0 });
  const [{ id: accountId } = { id: 0 }] = await store.listAccounts();
  const log = new FakeLog();
  const alerts = new Alerts({ clock, log: new FakeLog(), mail: () => Promise.resolve() });
  const special = new ProtectedAddresses({
    own: [],
    gateways: [],
    resolvers: ["192.0.2.53"],
    proxies: [],
    otherMx: [],
  });
  const keeper = await Gatekeeper.open({
    store,
    clock,
    log,
    alerts,
    protectedAddresses: () => special,
    mode: () => mode,
  });
  t.after(() => keeper.close());
  let guesses = 0;
  return {
    store,
    clock,
    log,
    keeper,
    alerts,
    accountId,
    guess(address, count) {
      for (let n = 0; n < count; n++) keeper.observe(wrongPassword(address, `password ${guesses++}`));
    },
    logIn: (address) =>
      keeper.observe({ kind: "login", address, account: "bob@example.test", accountId, password: "right" }),
    async bans() {
      await written(store);
      const rows = await store.listBlockList();
      const live = rows.filter(({ untilMs }) => untilMs !== null && untilMs > clock.now());
      return live.map(({ prefix, sinceMs, untilMs }) => [prefix, (untilMs ?? 0) - sinceMs]);
    },
    raised: () => alerts.current().map(({ name, subject }: Alert) => [name, subject]),
    async restart() {
      await keeper.close();
      return openWorld(t, { ...options, clock, store });
    },
  };
}
