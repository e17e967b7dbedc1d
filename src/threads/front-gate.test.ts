import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, type TestContext, test } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { PasswordAttempt } from "#identity/authenticator.ts";
import type { BlockListRow } from "#store/decision-row.ts";
import type { StoreEvent } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FrontGate } from "./front-gate.ts";
import type { GateOrder, Observation, ObservationBatch } from "./gate-messages.ts";

const ALICE = "alice@example.test";
const STRANGER = "198.51.100.7";

suite("the gate of a front", () => {
  test("a session that was there before a ban tries no more passwords", async (t) => {
    const world = await openWorld(t);
    assert.equal(world.mayTry(STRANGER), true);
    world.tell([{ kind: "put", entries: [ban(STRANGER, "auth")] }]);
    assert.equal(world.mayTry(STRANGER), false);
    assert.equal(world.mayTry("198.51.100.8"), true);
    world.tell([{ kind: "put", entries: [ban("198.51.100.8", "smtp")] }]);
    assert.equal(world.mayTry("198.51.100.8"), true, "a ban of mail is none of logins");
  });

  test("an account under attack: strangers wait, its owner's network does not, nor do other accounts", async (t) => {
    const world = await openWorld(t, { logins: [{ address: "192.0.2.1", accountId: 1, lastMs: 0 }] });
    await world.order({ kind: "slow", group: slow("account", ALICE) });
    const strangers = Array.from({ length: 10 }, (_, n) => world.mayTry(`203.0.${n}.1`));
    assert.equal(strangers.filter((may) => may).length, 2, "a burst of two");
    assert.equal(world.mayTry("192.0.2.200"), true, "the same /24 as a login of hers");
    assert.equal(world.mayTry("203.0.99.1", "bob@example.test"), true);
    await world.order({ kind: "home", address: "203.0.9.9", account: ALICE, atMs: world.clock.now() });
    assert.equal(world.mayTry("203.0.9.9"), true, "she has logged in from there, on another thread");
    const proven = { ...attempt("203.0.88.1", ""), isProven: true } as const;
    for (let times = 0; times < 5; times++) assert.equal(world.gate.mayTry(proven, ALICE), true, "a certificate");
    world.clock.advance(60_000);
    assert.equal(world.mayTry("203.0.77.1"), true);
  });

  test("a client name of a botnet waits, unless a user has logged in there", async (t) => {
    const world = await openWorld(t, { logins: [{ address: "192.0.2.1", accountId: 1, lastMs: 0 }] });
    await world.order({ kind: "slow", group: slow("client-name", "ylmf-pc") });
    const send = (address: string): number | undefined =>
      world.gate.mustWait({ address, clientName: "ylmf-pc", recipient: ALICE });
    assert.deepEqual([send("203.0.113.1"), send("203.0.113.2")], [undefined, undefined]);
    assert.ok((send("203.0.113.3") ?? 0) > 0);
    assert.equal(send("192.0.2.1"), undefined);
  });

  test("where others are hidden bans are suspended, for a time", async (t) => {
    const world = await openWorld(t, { rows: [ban("172.18.0.0/16", "all")] });
    assert.equal(world.gate.bans.findBan("172.18.0.1", "smtp")?.prefix, "172.18.0.0/16");
    await world.order({ kind: "hidden", address: "172.18.0.1", untilMs: world.clock.now() + 1000 });
    assert.equal(world.gate.bans.findBan("172.18.0.1", "smtp"), undefined);
    assert.equal(world.gate.hidesOthers("172.18.0.1"), true);
    assert.equal(world.gate.bans.findBan("172.18.0.2", "smtp")?.prefix, "172.18.0.0/16");
    world.clock.advance(1000);
    assert.equal(world.gate.bans.findBan("172.18.0.1", "smtp")?.prefix, "172.18.0.0/16");
  });

  test("where it is told so, an address is not trusted for a time (R03)", async (t) => {
    const world = await openWorld(t);
    const untilMs = world.clock.now() + 1000;
    await world.order({ kind: "hidden", address: "10.8.0.2", untilMs });
    await world.order({ kind: "hidden", address: "10.8.0.1", untilMs, trustEnds: true });
    const trusted = (): readonly boolean[] => ["10.8.0.1", "10.8.0.2"].map((address) => world.gate.mayTrust(address));
    assert.deepEqual(trusted(), [false, true]);
    assert.equal(world.gate.hidesOthers("10.8.0.1"), true);
    world.clock.advance(1000);
    assert.deepEqual(trusted(), [true, true]);
  });

  test("in shadow nobody waits", async (t) => {
    const world = await openWorld(t, { rows: [ban(STRANGER, "all")], isEnforced: false });
    await world.order({ kind: "slow", group: slow("account", ALICE) });
    for (let times = 0; times < 10; times++) assert.equal(world.mayTry(STRANGER), true);
  });

  test("no password leaves the thread, nor what was typed for a user name that is none", async (t) => {
    const world = await openWorld(t);
    world.gate.failed(attempt(STRANGER, "hunter2"), ALICE, "wrong-password");
    world.gate.failed(attempt(STRANGER, "hunter2"), "hunter3@example.test", "unknown-user");
    world.gate.succeeded(attempt(STRANGER, "right"), { accountId: 1, address: ALICE });
    const told = await world.told();
    assert.doesNotMatch(JSON.stringify(told), /hunter2|right/);
    const [wrong, unknown, login] = told;
    assert.ok(wrong?.kind === "offence" && unknown?.kind === "offence" && login?.kind === "login");
    assert.ok(wrong.offence.kind === "wrong-password" && unknown.offence.kind === "wrong-password");
    assert.equal(wrong.offence.password, unknown.offence.password, "the same password is known again");
    assert.deepEqual([wrong.offence.shownAs, unknown.offence.shownAs], [undefined, "no account here"]);
  });

  test("a full server is told once a minute, a limit of one address not at all", async (t) => {
    const world = await openWorld(t);
    world.gate.limitReached({ limit: "connections_per_address", max: 20 });
    for (let times = 0; times < 100; times++) world.gate.limitReached({ limit: "connections_total", max: 1000 });
    world.gate.limitReached({ limit: "connections_not_logged_in", max: 850 });
    assert.deepEqual(subjects(await world.told()), ["connections_total", "connections_not_logged_in"]);
    world.clock.advance(60_000);
    await world.order({ kind: "taken" });
    world.gate.limitReached({ limit: "connections_total", max: 1000 });
    assert.deepEqual(subjects(await world.told()), ["connections_total"]);
  });
});

function subjects(told: readonly Observation[]): readonly unknown[] {
  return told.map((one) => one.kind === "alert" && one.alert.subject);
}

interface World {
  readonly gate: FrontGate;
  readonly clock: FakeClock;
  mayTry(address: string, account?: string): boolean;
  /** The block list changes. */
  tell(changes: Extract<StoreEvent, { kind: "block-list" }>["changes"]): void;
  /** The gatekeeper orders; resolves when it was heard. */
  order(order: GateOrder): Promise<void>;
  /** What was told the gatekeeper in one batch. */
  told(): Promise<readonly Observation[]>;
}

async function openWorld(
  t: TestContext,
  options: {
    readonly rows?: readonly BlockListRow[];
    readonly logins?: readonly { readonly address: string; readonly accountId: number; readonly lastMs: number }[];
    readonly isEnforced?: boolean;
  } = {},
): Promise<World> {
  const { rows = [], isEnforced = true } = options;
  const clock = new FakeClock();
  const listeners = new Set<(event: StoreEvent) => void>();
  const { port1, port2 }: { port1: MessagePort; port2: MessagePort } = new MessageChannel();
  const logins = (options.logins ?? []).map((login) => ({ ...login, lastMs: clock.now() - 1000 }));
  const account = { id: 1, address: ALICE, enabled: true, quotaOctets: null };
  const gate = await FrontGate.open(
    {
      store: {
        listBlockList: () => Promise.resolve(rows),
        listAccounts: () => Promise.resolve([{ ...account, usedOctets: 0, usedMessages: 0, createdAtMs: 0 }]),
        onEvent: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      clock,
      log: new FakeLog(),
      port: port2,
      fingerprintKey: new Uint8Array(32),
      isEnforced,
    },
    logins,
  );
  t.after(() => {
    gate.close();
    port1.close();
  });
  let guesses = 0;
  return {
    gate,
    clock,
    mayTry: (address, of = ALICE) => gate.mayTry(attempt(address, `guess ${guesses++}`), of),
    tell: (changes) => {
      for (const listener of listeners) listener({ kind: "block-list", changes });
    },
    async order(order) {
      const heard = once(port2, "message");
      port1.postMessage(order);
      await heard;
    },
    async told() {
      const batch = once(port1, "message");
      clock.advance(100);
      const [{ observations }] = (await batch) as [ObservationBatch];
      return observations;
    },
  };
}

function attempt(remoteAddress: string, password: string): PasswordAttempt {
  return { username: "typed", password, protocol: "imap", remoteAddress };
}

function slow(by: "account" | "client-name", value: string): Extract<GateOrder, { kind: "slow" }>["group"] {
  return { by, value, attemptsPerMinute: 2, untilMs: Number.MAX_SAFE_INTEGER };
}

function ban(prefix: string, scope: BlockListRow["scope"]): BlockListRow {
  const times = { sinceMs: 0, untilMs: null };
  return { prefix, scope, kind: "ban", reason: "test", evidence: [], ...times, origin: "admin", repeat: 0 };
}
