import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settingsFrom } from "#config/load.ts";
import type { Settings } from "#config/settings.ts";
import type { Arrival } from "#platform/net/listener.ts";
import type { Connection, ConnectionHandler } from "#ports/connection.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FAKE_TLS, FakeConnection } from "../../test/fakes/connection.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { type ConnectionGate, openConnectionGate } from "./connection-gate.ts";
import { createGateMemory } from "./gate-memory.ts";
import type { RefusedAtLimit } from "./limit-records.ts";

const IMAPS = { protocol: "imap", tls: "implicit" } as const;
const SMTP = { protocol: "smtp", tls: "starttls" } as const;

suite("the connection limits of several threads", () => {
  test("one address has its limit on all threads together, and a place is free again wherever it was", () => {
    const world = new World();
    const open = Array.from({ length: 20 }, (_, number) => world.connect(number % 2, "203.0.113.5", SMTP));
    assert.ok(open.every(({ said }) => said() === "220 here"));
    assert.match(world.connect(1, "203.0.113.5", SMTP).said(), /^421 4\.7\.0 mx1\.example\.com Too many connections /);
    world.clock.advance(60_000);
    open[0]?.connection.leave();
    assert.equal(world.connect(1, "203.0.113.5", SMTP).said(), "220 here");
    assert.match(world.connect(0, "203.0.113.5", SMTP).said(), /^421 /);
  });

  test("who is refused hears an ID, which who records it hears with it", () => {
    const world = new World();
    const told = world.refusals;
    for (let times = 0; times < 20; times++) world.connect(0, "203.0.113.5", SMTP);
    assert.equal(told.length, 0);
    const said = world.connect(0, "203.0.113.5", SMTP).said();
    assert.ok(said.endsWith(" (connections_per_address = 20) (fake-session)\r\n"), said);
    assert.deepEqual(
      told.map(({ connection, protocol, reached }) => [connection.id, protocol, reached.limit]),
      [["fake-session", "smtp", "connections_per_address"]],
    );
    assert.ok(said.includes(told[0]?.text ?? "nothing"));
  });

  test("an account has its limit on all threads together, by whatever address", () => {
    const world = new World();
    const enter = (number: number): boolean => {
      const { connection } = world.connect(number % 2, `203.0.${number}.5`, IMAPS);
      return world.gate(number % 2).logins.enter(connection, 7).ok;
    };
    assert.deepEqual(new Set(Array.from({ length: 50 }, (_, number) => enter(number))), new Set([true]));
    const { connection } = world.connect(1, "203.0.99.5", IMAPS);
    assert.deepEqual(world.gate(1).logins.enter(connection, 7), {
      ok: false,
      text: "Too many connections of this account; close a mail program, or try again later (imap_connections_per_account = 50)",
    });
  });

  test("a handshake that comes to nothing gives its place back", () => {
    const world = new World();
    for (let times = 0; times < 19; times++) world.connect(0, "203.0.113.5", IMAPS);
    const arrival = world.arrive(0, "203.0.113.5", IMAPS);
    assert.match(world.connect(0, "203.0.113.5", IMAPS).said(), /^\* BYE \[UNAVAILABLE\] /);
    assert.ok(arrival.kind === "comes-in");
    arrival.lost();
    arrival.lost();
    world.clock.advance(60_000);
    assert.equal(world.connect(0, "203.0.113.5", IMAPS).said(), "220 here");
    assert.match(world.connect(0, "203.0.113.5", IMAPS).said(), /^\* BYE /);
  });

  test("under a flood of refusals connections are closed without a handshake", () => {
    const world = new World();
    for (let times = 0; times < 20; times++) world.connect(0, "203.0.113.5", IMAPS);
    const kinds = Array.from({ length: 100 }, () => world.arrive(0, "203.0.113.5", IMAPS).kind);
    assert.equal(kinds.filter((kind) => kind === "comes-in").length, 20);
    assert.equal(kinds.at(-1), "turned-away");
  });

  test("an address that hides others has no limit of its own", () => {
    const world = new World(() => true);
    for (let times = 0; times < 100; times++) {
      assert.equal(world.connect(0, "172.18.0.1", SMTP).said(), "220 here");
    }
  });

  test("addresses behind which many stand are listened for, refused or not", () => {
    const world = new World();
    for (let times = 0; times < 40; times++) world.connect(0, "203.0.113.5", SMTP);
    assert.deepEqual([world.arrivals, world.onMx], [40, 40]);
    world.connect(0, "203.0.113.5", IMAPS);
    assert.deepEqual([world.arrivals, world.onMx], [41, 40]);
  });
});

class World {
  readonly clock = new FakeClock();
  arrivals = 0;
  readonly refusals: RefusedAtLimit[] = [];
  onMx = 0;
  readonly #gates: readonly ConnectionGate[];

  constructor(hidesOthers: (address: string) => boolean = () => false) {
    const loaded = settingsFrom(
      'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n',
      { file: "/x/postern.toml", shownAs: "postern.toml" },
      { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true },
    );
    assert.ok(loaded.ok);
    const settings: Settings = loaded.value.settings;
    const gateMemory = createGateMemory(settings, new FakeRandom());
    const arrived = (_: string, isMx: boolean): void => {
      this.arrivals++;
      if (isMx) this.onMx++;
    };
    const hidden = { arrived, hidesOthers };
    this.#gates = [0, 1].map(() =>
      openConnectionGate({ settings, gateMemory }, { clock: this.clock, log: new FakeLog(), hidden }),
    );
    this.gate(0).tellOfRefusals((refused) => void this.refusals.push(refused));
  }

  gate(thread: number): ConnectionGate {
    return this.#gates[thread] ?? assert.fail("no such thread");
  }

  arrive(thread: number, address: string, listener: typeof IMAPS | typeof SMTP): Arrival {
    return this.gate(thread).arrive({ address, port: 1 }, listener, (onClosed) => (connection: Connection) => {
      connection.write("220 here");
      return { octets() {}, drained() {}, timedOut() {}, shutdown() {}, closed: onClosed };
    });
  }

  connect(
    thread: number,
    address: string,
    listener: typeof IMAPS | typeof SMTP,
  ): { readonly connection: FakeConnection; readonly said: () => string } {
    const arrival = this.arrive(thread, address, listener);
    assert.ok(arrival.kind === "comes-in");
    // Who is refused is gone before there is a handler.
    let handler: ConnectionHandler | undefined;
    const connection = new FakeConnection(
      () => ({ octets() {}, drained() {}, timedOut() {}, shutdown() {}, closed: () => handler?.closed() }),
      { clock: this.clock, remote: { address, port: 1 }, ...(listener.tls === "implicit" ? { tls: FAKE_TLS } : {}) },
    );
    handler = arrival.accept(connection);
    return { connection, said: () => connection.take().toString("latin1") };
  }
}
