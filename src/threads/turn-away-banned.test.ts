import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Connection, ConnectionHandler } from "#ports/connection.ts";
import { Judge } from "#reception/judge.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import type { BlockListEntry } from "#verdict/evidence.ts";
import { explain } from "#verdict/explain.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FAKE_TLS, FakeConnection } from "../../test/fakes/connection.ts";
import { policy } from "../../test/fakes/evidence.ts";
import { FakeChecks } from "../../test/fakes/judge.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { samePolicy } from "../verdict/policies.ts";
import { turningAwayBanned } from "./turn-away-banned.ts";

const UNTIL_MS = Date.UTC(2030, 0, 1, 2);
const WHAT_TO_DO = "write to postmaster@local.test";

suite("banned from logging in", () => {
  test("IMAP: a BYE that looks like no wrong password, with reason, end and what to do", () => {
    const { said } = connect("imap", { untilMs: UNTIL_MS });
    assert.match(said, /^\* BYE \[UNAVAILABLE\] [^\r\n]*until 2030-01-01T02:00Z: guessed passwords[^\r\n]*\r\n$/);
    assert.ok(said.includes(WHAT_TO_DO), said);
    assert.match(connect("imap", { untilMs: null }).said, /^\* BYE \[CONTACTADMIN\] /);
  });

  test("POP3: likewise (RFC 3206)", () => {
    const { said } = connect("pop3", { untilMs: UNTIL_MS });
    assert.match(said, /^-ERR \[SYS\/TEMP\] [^\r\n]*guessed passwords[^\r\n]*\r\n$/);
    assert.ok(said.includes(WHAT_TO_DO), said);
    assert.match(connect("pop3", { untilMs: null }).said, /^-ERR \[SYS\/PERM\] /);
  });

  test("the record says what the client heard, and what would change it", () => {
    const { said, records } = connect("pop3", { untilMs: UNTIL_MS });
    const [record] = records;
    assert.ok(record !== undefined);
    assert.ok(said.includes(record.reply?.text ?? "no reply"), said);
    assert.deepEqual([record.listener, record.disposition, record.stage], ["pop3", "defer", "connect"]);
    assert.match(explain(record).join("\n"), /postern unban 198\.51\.100\.7/);
  });

  test("only the logins' scope is asked", () => {
    assert.equal(connect("imap", { untilMs: null }).asked, "auth");
  });

  test("in shadow the client comes in and the record says what would have been; off, there is none", () => {
    const shadow = connect("imap", { untilMs: null }, "shadow");
    assert.deepEqual([shadow.said, shadow.records[0]?.disposition], ["welcome", "accept"]);
    assert.equal(shadow.records[0]?.verdict?.rules[0]?.findings[0]?.reason, "banned");
    const off = connect("imap", { untilMs: null }, "off");
    assert.deepEqual([off.said, off.records], ["welcome", []]);
  });

  test("who is not banned comes in", () => {
    assert.deepEqual(connect("imap", undefined), { said: "welcome", records: [], asked: "auth" });
  });

  test("who knocks again and again is turned away each time, and leaves a record now and then", () => {
    const world = new World(ban({ untilMs: null }));
    for (let times = 0; times < 50; times++) assert.match(world.connect("imap"), /^\* BYE /);
    assert.equal(world.records.length, 1);
    world.clock.advance(60_000);
    world.connect("imap");
    assert.equal(world.records.length, 2);
  });
});

const inert: ConnectionHandler = {
  octets: () => undefined,
  drained: () => undefined,
  timedOut: () => undefined,
  shutdown: () => undefined,
  closed: () => undefined,
};

function welcoming(connection: Connection): ConnectionHandler {
  connection.write("welcome");
  return inert;
}

class World {
  readonly clock = new FakeClock();
  readonly records: DecisionRecord[] = [];
  asked = "";
  readonly #judge: Judge;

  constructor(entry: BlockListEntry | undefined, mode: "off" | "shadow" | "enforce" = "enforce") {
    this.#judge = new Judge({
      policies: samePolicy(policy({ block_list: mode })),
      settingsName: "settings",
      checks: new FakeChecks(),
      findBan: (_address, scope) => {
        this.asked = scope;
        return entry;
      },
      sink: { record: (record) => void this.records.push(record) },
      budgetMs: 1,
      clock: this.clock,
      random: new FakeRandom(),
      log: new FakeLog(),
    });
  }

  connect(protocol: "imap" | "pop3"): string {
    const connection = new FakeConnection(() => inert, { clock: this.clock, tls: FAKE_TLS });
    turningAwayBanned(protocol, this.#judge, welcoming)(connection);
    return connection.take().toString();
  }
}

function connect(
  protocol: "imap" | "pop3",
  entry: Pick<BlockListEntry, "untilMs"> | undefined,
  mode?: "off" | "shadow",
): { readonly said: string; readonly records: readonly DecisionRecord[]; readonly asked: string } {
  const world = new World(entry === undefined ? undefined : ban(entry), mode);
  const said = world.connect(protocol);
  return { said, records: world.records, asked: world.asked };
}

function ban({ untilMs }: Pick<BlockListEntry, "untilMs">): BlockListEntry {
  return { entry: "198.51.100.7", scope: "auth", reason: "guessed passwords", origin: "rule", sinceMs: 0, untilMs };
}
