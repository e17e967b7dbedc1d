/** Transcripts with the greylist over the real store: who waits hears for how long, and gets in. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { FAKE_TLS } from "../../test/fakes/connection.ts";
import { linksListed, listed, reverseDns, spf } from "../../test/fakes/evidence.ts";
import { FakeGreylistMemory } from "../../test/fakes/greylist-memory.ts";
import { BUDGET_MS, FakeJudge } from "../../test/fakes/judge.ts";
import { FakeReception } from "../../test/fakes/reception.ts";
import { Greylist, type GreylistMemory } from "../evidence/greylist/greylist.ts";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import type { RuleMode } from "../verdict/policy.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DELAY_MS = 5 * MINUTE_MS;
const SETTINGS = { delayMs: DELAY_MS, windowMs: 48 * HOUR_MS, memoryMs: 36 * 24 * HOUR_MS };
const MESSAGE = "From: a@sender.example\nSubject: x\n\nx";
/** What a stranger hears first. */
const WAIT =
  /^451 4\.7\.1 Deferred: score 4 of 4; dnsbl: .*; greylisted: .* try again in 5 minutes; then it need not wait; .*\(\w+\)$/;

interface Mail {
  readonly client?: string;
  readonly helo?: string;
  readonly mailFrom?: string;
  readonly to?: string;
}

class World {
  readonly mx = new FakeReception("smtp");
  readonly judge: FakeJudge;
  readonly greylist: Greylist;

  constructor(mode: RuleMode, memory: GreylistMemory, weight = 4) {
    const { clock, log } = this.mx;
    this.greylist = new Greylist({ memory, settings: SETTINGS, clock, log });
    this.judge = new FakeJudge(this.mx, { greylist: mode }, undefined, mode === "off" ? undefined : this.greylist);
    this.weigh(weight);
  }

  /** What speaks against every client from now on. */
  weigh(weight: number): void {
    const { checks } = this.judge;
    const lists = (role: string) => Promise.resolve(role === "client" && weight !== 0 ? [listed(weight)] : []);
    checks.answers = { ...checks.answers, lists };
  }

  /** The answer to RCPT, or to the message where that is taken. The clock stands a second later, as each client greets. */
  async send(mail: Mail = {}): Promise<string> {
    const { client = "198.51.100.7", helo = "mx1.sender.example", mailFrom = "a@sender.example" } = mail;
    const session = this.mx.connect({ remote: { address: client, port: 40_000 } });
    await session.say(`EHLO ${helo}`);
    await session.say(`MAIL FROM:<${mailFrom}>`);
    let answer = await session.say(`RCPT TO:<${mail.to ?? "user@local.test"}>`);
    // The store answers in its own time.
    for (let turn = 0; answer === "" && turn < 1000; turn++) answer = await session.hear();
    if (answer.startsWith("250 ")) answer = await session.message(MESSAGE);
    await session.say("QUIT");
    return answer;
  }
}

function fakeWorld(mode: RuleMode, weight = 4) {
  const memory = new FakeGreylistMemory();
  return { memory, world: new World(mode, memory, weight) };
}

suite("greylist: a stranger that something speaks against", () => {
  test("hears for how long to wait, with the ID under which that is explained, and is taken when it comes again", async () => {
    const { world, memory } = fakeWorld("enforce");
    const first = await world.send();
    assert.match(first, WAIT);
    const { record } = world.judge;
    assert.ok(first.endsWith(`(${record.id})`));
    assert.deepEqual([record.disposition, record.evidence.greylist?.standing], ["defer", "first-met"]);
    const key = "net:198.51.100.0/24+sender.example";
    assert.ok(record.whatWouldChangeIt.some(({ what }) => what.includes(`postern greylist release ${key}`)));
    assert.equal(memory.rows.get(key)?.last.decision, record.id);
    world.mx.clock.advance(2 * MINUTE_MS);
    assert.match(await world.send(), /^451 .*has not waited long enough, try again in 3 minutes;/);
    world.mx.clock.advance(DELAY_MS - 2 * MINUTE_MS);
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.match(await world.send(), /^250 2\.0\.0 /);
    const standings = world.judge.records.map(({ evidence }) => evidence.greylist?.standing);
    assert.deepEqual(standings, ["first-met", "first-met", "came-again", "known"]);
  });

  test("is taken when it comes again from another address of its pool (R69)", async () => {
    const { world } = fakeWorld("enforce");
    assert.match(await world.send(), WAIT);
    world.mx.clock.advance(DELAY_MS);
    assert.match(await world.send({ client: "198.51.100.201", helo: "mx9.sender.example" }), /^250 /);
  });

  test("is taken from another network where its domain vouches for both (R69)", async () => {
    const { world, memory } = fakeWorld("enforce", 5);
    const { checks } = world.judge;
    checks.answers = {
      ...checks.answers,
      spf: () => Promise.resolve(spf("pass", { domain: "bounces.sender.example" })),
    };
    assert.match(await world.send(), /^451 4\.7\.1 /);
    assert.deepEqual([...memory.rows.keys()], ["spf:sender.example"]);
    world.mx.clock.advance(DELAY_MS);
    assert.match(await world.send({ client: "203.0.113.7", helo: "out.pool.example" }), /^250 /);
  });

  test("is not vouched for by a record that passes everybody", async () => {
    const { world, memory } = fakeWorld("enforce");
    const { checks } = world.judge;
    const everybody = spf("pass", { domain: "sender.example", passesEverybody: true });
    checks.answers = { ...checks.answers, spf: () => Promise.resolve(everybody) };
    assert.match(await world.send(), /^451 /);
    assert.deepEqual([...memory.rows.keys()], ["net:198.51.100.0/24+sender.example"]);
  });

  test("waits after its message where only that speaks against it, and is taken when it comes again", async () => {
    const { world, memory } = fakeWorld("enforce", 0);
    const { checks } = world.judge;
    checks.answers = { ...checks.answers, uriLists: () => Promise.resolve(linksListed(4.5)) };
    assert.match(await world.send(), /^451 4\.7\.1 .*try again in 5 minutes/);
    assert.equal(world.mx.deliveries.length, 0);
    assert.equal(memory.rows.get("net:198.51.100.0/24+sender.example")?.tries, 1);
    world.mx.clock.advance(DELAY_MS);
    assert.match(await world.send(), /^250 2\.0\.0 /);
  });

  test("of another name or network has a wait of its own", async () => {
    const { world } = fakeWorld("enforce");
    await world.send();
    world.mx.clock.advance(DELAY_MS);
    assert.match(await world.send({ helo: "mx.other.example" }), WAIT);
    assert.match(await world.send({ client: "198.51.101.7" }), WAIT);
  });

  test("reaches postmaster at once (RFC 5321 §4.5.1)", async () => {
    const { world } = fakeWorld("enforce");
    assert.match(await world.send({ to: "postmaster@local.test" }), /^250 2\.0\.0 /);
    assert.match(await world.send(), /^451 /);
  });

  test("is taken at once when the administrator let it through", async () => {
    const { world, memory } = fakeWorld("enforce");
    assert.match(await world.send(), WAIT);
    const [[key, { last }] = assert.fail()] = memory.rows;
    await memory.putGreylistKnown([key], "released", last, world.mx.clock.now());
    assert.match(await world.send(), /^250 2\.0\.0 /);
  });

  test("does not wait where that cannot be noted: the store is full, or fails", async () => {
    const { world, memory } = fakeWorld("enforce");
    memory.isFull = true;
    assert.match(await world.send(), /^250 2\.0\.0 /);
    memory.failure = new Error("the disk");
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.ok(world.mx.log.lines.some(({ event }) => event === "check-broken"));
  });
});

test("greylist: a store that is silent costs the budget of a step, and nobody waits", async () => {
  const { world, memory } = fakeWorld("enforce");
  for (const method of ["findGreylist", "putGreylistTry"] as const) {
    memory[method] = () => new Promise<never>(() => undefined);
    const session = world.mx.connect();
    await session.say("EHLO mx1.sender.example");
    await session.say("MAIL FROM:<a@sender.example>");
    assert.equal(await session.say("RCPT TO:<user@local.test>"), "");
    world.mx.clock.advance(BUDGET_MS);
    assert.match(await session.hear(), /^250 2\.1\.5 /);
    Reflect.deleteProperty(memory, method);
  }
});

suite("greylist: who does not wait", () => {
  test("nobody against whom nothing speaks, and its good mail is remembered", async () => {
    const { world, memory } = fakeWorld("enforce", 0);
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.deepEqual(memory.asked, ["find", "known"]);
    assert.deepEqual([...memory.rows.keys()], ["net:198.51.100.0/24+sender.example", "net:198.51.100.0/24"]);
    world.weigh(4);
    assert.match(await world.send({ client: "198.51.100.99", helo: "mx.other.example" }), /^250 2\.0\.0 /);
  });

  test("nobody who is refused anyway, or deferred by another rule: they are not noted", async () => {
    const { world, memory } = fakeWorld("enforce");
    const { checks } = world.judge;
    const hostile = [listed(7, { rejectsAlone: true })];
    checks.answers = { ...checks.answers, lists: () => Promise.resolve(hostile) };
    assert.match(await world.send(), /^554 /);
    world.weigh(4);
    checks.answers = { ...checks.answers, reverseDns: () => Promise.resolve(reverseDns("no-name")) };
    assert.match(await world.send(), /^450 4\.7\.25 /);
    assert.deepEqual(memory.asked, ["find", "find"]);
  });

  test("nobody whose client an allow list has", async () => {
    const { world, memory } = fakeWorld("enforce");
    const { checks } = world.judge;
    const found = [listed(5), listed(-0.5, { list: "dnswl" })];
    checks.answers = { ...checks.answers, lists: (role) => Promise.resolve(role === "client" ? found : []) };
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.equal(memory.rows.size, 0);
    assert.equal(world.judge.record.evidence.greylist?.because, "allow-listed");
  });

  test("nobody a user here has written to", async () => {
    const { world } = fakeWorld("enforce");
    const submission = new FakeReception("submission", { outbound: "held" });
    const users = new FakeJudge(submission, { greylist: "enforce" }, undefined, world.greylist);
    const user = submission.connect({ tls: FAKE_TLS });
    await user.logIn();
    await user.say("MAIL FROM:<alice@local.test>");
    await user.say("RCPT TO:<Bob@Sender.example>");
    assert.match(await user.message("From: alice@local.test\n\nx"), /^250 /);
    assert.equal(users.record.account, "alice@local.test");
    assert.match(await world.send({ mailFrom: "bob@sender.example" }), /^250 2\.0\.0 /);
    assert.match(await world.send(), WAIT);
  });

  test("nobody behind an address that hides others, nor from a private one: it says nothing about them", async () => {
    const { world, memory } = fakeWorld("enforce");
    world.judge.hiding.add("198.51.100.7");
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.match(await world.send({ client: "10.1.2.3" }), /^250 2\.0\.0 /);
    assert.deepEqual(memory.asked, []);
  });
});

suite("greylist: modes", () => {
  test("off: nothing is looked up, nothing is kept", async () => {
    const { world, memory } = fakeWorld("off");
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.deepEqual(memory.asked, []);
    assert.equal(world.judge.record.evidence.greylist, null);
  });

  test("shadow: who would wait is noted and taken", async () => {
    const { world, memory } = fakeWorld("shadow");
    assert.match(await world.send(), /^250 2\.0\.0 /);
    assert.deepEqual(
      [...memory.rows.values()].map(({ known, tries }) => [known, tries]),
      [[null, 1]],
    );
    const { evidence, verdict } = world.judge.record;
    assert.deepEqual([evidence.greylist?.standing, verdict?.disposition], ["first-met", "accept"]);
  });
});

test("greylist: a restart forgets nobody, neither who waits nor who is known", async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), "postern-greylist-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  let waitedMs = 0;
  for (const expected of [WAIT, /^250 2\.0\.0 /, /^250 2\.0\.0 /]) {
    const startMs = Date.UTC(2030, 0, 1, 12) + waitedMs;
    const store = await openSqliteStore({ dataDir, clock: { now: () => startMs } });
    try {
      const world = new World("enforce", store);
      world.mx.clock.advance(waitedMs);
      assert.match(await world.send(), expected);
    } finally {
      await store.close();
    }
    waitedMs += DELAY_MS;
  }
});
