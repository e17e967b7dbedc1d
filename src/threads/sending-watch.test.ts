import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, type TestContext, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import type { Settings } from "#config/settings.ts";
import { thisMachine } from "#config/surroundings.ts";
import { scanMessage } from "#mail/mime/scanner.ts";
import { PLAIN_SENDING } from "#store/queue-rows.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import { Alerts } from "./alerts.ts";
import { SendingWatch } from "./sending-watch.ts";

const HOUR_MS = 60 * 60 * 1000;
const ADMIN = "admin@example.test";
const ALICE = "alice@example.test";
const NONE = { messages: 0, recipients: 0 };

function settingsWith(admin: string): Settings {
  const source = `hostname = "mx.example.test"\nadmin = "${admin}"\n[[domain]]\nname = "example.test"\n`;
  const loaded = settingsFrom(source, { file: "/etc/postern.toml", shownAs: "postern.toml" }, thisMachine);
  assert.ok(loaded.ok);
  return loaded.value.settings;
}

class World {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly log = new FakeLog();
  readonly alerts: Alerts;
  readonly #settings: Settings;
  #watch: SendingWatch | undefined;
  /** While set, nobody's mailbox takes anything. */
  isFull = false;

  constructor(store: Store, clock: FakeClock, admin: string) {
    this.store = store;
    this.clock = clock;
    this.alerts = new Alerts({ clock, log: this.log, mail: () => Promise.resolve() });
    this.#settings = settingsWith(admin);
  }

  /** As a process that begins. */
  async start(): Promise<void> {
    const { store, clock, log, alerts } = this;
    const deliver: Store["deliver"] = (delivery) =>
      this.isFull ? Promise.resolve({ ok: false, problem: "no-space" }) : store.deliver(delivery);
    this.#watch = new SendingWatch({
      store: { ...store, deliver },
      clock,
      random: new FakeRandom(),
      log,
      alerts,
      settings: () => this.#settings,
    });
    this.#watch.look();
    await quiet();
  }

  close(): Promise<void> {
    return this.#watch?.close() ?? Promise.resolve();
  }

  /** Too much at once. */
  async burst(account: string, isEnforced = true): Promise<void> {
    const octets = Buffer.from("Subject: =?utf-8?q?Pr=C3=A4mie=1B=5B31m?=\r\n\r\nx\r\n");
    const rules = { isEnforced, perHour: NONE, perDay: NONE, burst: NONE, historyFactor: 1, newNetworkPercent: 1 };
    const about = { accountId: 0, account, recipients: 1, client: "198.51.100.7", credentialId: null };
    const stored = await this.store.deliver({
      content: { kind: "octets", octets },
      prefix: new Uint8Array(0),
      index: scanMessage(octets),
      receivedAtMs: this.clock.now(),
      targets: [],
      queued: [{ address: "a@far.example" }],
      sending: { ...PLAIN_SENDING, account },
      mailFrom: account,
      submission: { ...about, atMs: this.clock.now(), rules },
    });
    assert.ok(stored.ok);
    await quiet();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await quiet();
  }

  async inbox(address: string): Promise<readonly string[]> {
    const found = await this.store.findAddress(address);
    if (found?.kind !== "account") return [];
    const inbox = await this.store.findFolder(found.account.id, "INBOX");
    const uids = [...(await this.store.listUids(inbox?.id ?? 0))];
    const rows = await this.store.fetchRows(inbox?.id ?? 0, uids, { index: false });
    return Promise.all(
      rows.map(async ({ blobId }) => Buffer.from((await this.store.readContent(blobId, 0, 20_000)) ?? []).toString()),
    );
  }

  get alertNames(): readonly string[] {
    return this.alerts.current().map(({ name, subject }) => `${name} ${subject}`);
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

async function open(context: TestContext, admin = ADMIN): Promise<World> {
  const clock = new FakeClock();
  const world = new World(await openTemporaryStore(context, clock), clock, admin);
  for (const address of [ADMIN, ALICE]) {
    await world.store.createAccount({ address, quotaOctets: null, nowMs: clock.now() });
  }
  return world;
}

suite("accounts whose mail is held", () => {
  test("user and administrator have a sheet, once; each with what they can do (R07, R93)", async (context) => {
    const world = await open(context);
    await world.start();
    await world.burst(ALICE);
    await world.pass(5 * HOUR_MS);
    const [[toAdmin = "", ...moreToAdmin], [toUser = "", ...moreToUser]] = [
      await world.inbox(ADMIN),
      await world.inbox(ALICE),
    ];
    assert.deepEqual([moreToAdmin, moreToUser], [[], []]);
    assert.match(toAdmin, /^Subject: \[Postern\] Mail of alice@example\.test is held\r$/m);
    assert.match(toAdmin, /postern queue remove --account\s+alice@example\.test/);
    assert.match(toAdmin, /from 198\.51\.100\.7/);
    assert.match(toAdmin, /to: far\.example \(1\)/);
    // A thief wrote the subject: it is shown decoded, and moves no cursor.
    assert.match(toAdmin, /subject of 1: Prämie\?\[31m/);
    assert.match(world.alerts.current()[0]?.evidence.at(-1) ?? "", /^subject of 1: Prämie\?\[31m$/);
    assert.match(toUser, /have your password changed now/);
    assert.doesNotMatch(toUser, /postern queue/);
    for (const sheet of [toAdmin, toUser]) assert.match(sheet, /^Auto-Submitted: auto-generated\r$/m);
    await world.close();
  });

  test("who is both has one", async (context) => {
    const world = await open(context, ALICE);
    await world.start();
    await world.burst(ALICE);
    assert.equal((await world.inbox(ALICE)).length, 1);
    await world.close();
  });

  test("a hold that nobody was told of when the process ended is told at the next start", async (context) => {
    const world = await open(context);
    await world.burst(ALICE);
    assert.deepEqual(await world.inbox(ADMIN), []);
    await world.start();
    assert.equal((await world.inbox(ADMIN)).length, 1);
    await world.close();
    await world.start();
    assert.equal((await world.inbox(ADMIN)).length, 1);
    assert.deepEqual(world.alertNames, [`account-held ${ALICE}`]);
    await world.close();
  });

  test("where there is no room for a sheet, it comes when there is", async (context) => {
    const world = await open(context);
    world.isFull = true;
    await world.start();
    await world.burst(ALICE);
    assert.deepEqual(world.alertNames, [`account-held ${ALICE}`]);
    world.isFull = false;
    await world.pass(60_000);
    assert.equal((await world.inbox(ALICE)).length, 1);
    await world.close();
  });

  test("the alert stays as long as it is true, and goes with the release", async (context) => {
    const world = await open(context);
    await world.start();
    await world.burst(ALICE);
    for (let hour = 0; hour < 50; hour++) await world.pass(HOUR_MS);
    assert.deepEqual(world.alertNames, [`account-held ${ALICE}`]);
    await world.store.quietSending(ALICE, world.clock.now());
    await quiet();
    assert.deepEqual(world.alertNames, []);
    await world.close();
  });

  test("in shadow an alert says what would be, and no mail", async (context) => {
    const world = await open(context);
    await world.start();
    for (let sent = 0; sent < 3; sent++) await world.burst(ALICE, false);
    assert.deepEqual(world.alertNames, [`account-would-be-held ${ALICE}`]);
    assert.equal(world.alerts.current()[0]?.times, 1);
    assert.deepEqual([...(await world.inbox(ADMIN)), ...(await world.inbox(ALICE))], []);
    await world.close();
  });
});
