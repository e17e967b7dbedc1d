import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AuditReport, Outcome } from "#audit/report.ts";
import type { CheckedRecord } from "#audit/wanted-records.ts";
import { settingsFrom } from "#config/load.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { withKeys } from "./own-audit.ts";
import { mergeRound } from "./proofs.ts";
import { Rechecks } from "./rechecks.ts";

const FIRST_MS = 2 * 60 * 1000;
const LONGEST_ROUND_MS = 5 * 60 * 60 * 1000;
const MACHINE = { defaultGateways: () => [], mayBindLowPorts: () => true, hasIpv6: () => true };

/** One protection alone: the sixth. */
function report(outcome: Outcome, atMs = 0): AuditReport {
  const finding = {
    check: "certificate" as const,
    outcome,
    says: `it is ${outcome}`,
    evidence: [],
    remedy: "renew it",
  };
  const protections = [{ number: 6, name: "TLS", outcome, findings: [finding] }];
  return { domain: "example.com", atMs, hosts: [], protections };
}

class World {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly alerts = new Map<string, string>();
  looks = 0;
  /** What the next looks see; the last one stays. */
  outcomes: Outcome[] = ["pass"];
  fails = false;
  readonly rechecks: Rechecks;

  constructor(bind: string) {
    const source = `hostname = "mx.example.com"\n[[domain]]\nname = "example.com"\n[[listener]]\nprotocol = "smtp"\nbind = "${bind}"\n`;
    const loaded = settingsFrom(source, { file: "/srv/postern.toml", shownAs: "postern.toml" }, MACHINE);
    assert.ok(loaded.ok);
    this.rechecks = new Rechecks({
      clock: this.clock,
      log: this.log,
      random: { bytes: (length) => new Uint8Array(length).fill(255), id: () => "ID" },
      alerts: {
        raise: ({ name, subject, text }) => void this.alerts.set(`${name} ${subject}`, text),
        settle: (name, subject) => void this.alerts.delete(`${name} ${subject}`),
      },
      settings: () => loaded.value.settings,
      look: () => {
        this.looks++;
        if (this.fails) return Promise.reject(new Error("no descriptors"));
        const outcome = (this.outcomes.length > 1 ? this.outcomes.shift() : this.outcomes[0]) ?? "pass";
        return Promise.resolve([report(outcome, this.clock.now())]);
      },
    });
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.rechecks.working;
  }

  async rounds(...outcomes: Outcome[]): Promise<void> {
    for (const outcome of outcomes) {
      this.outcomes = [outcome];
      await this.pass(this.looks === 0 ? FIRST_MS : LONGEST_ROUND_MS);
    }
  }
}

suite("looks at the protections", () => {
  test("soon after the start, then every few hours, and never after the end", async () => {
    const world = new World("192.0.2.1:25");
    await world.pass(FIRST_MS - 1);
    assert.equal(world.looks, 0);
    await world.pass(1);
    assert.equal(world.looks, 1);
    await world.pass(LONGEST_ROUND_MS - 1);
    assert.equal(world.looks, 1);
    await world.pass(1);
    assert.equal(world.looks, 2);
    world.rechecks.close();
    await world.pass(2 * LONGEST_ROUND_MS);
    assert.equal(world.looks, 2);
  });

  test("a trial that this machine alone can reach asks nobody", async () => {
    const world = new World("127.0.0.1:2525");
    await world.pass(FIRST_MS + 2 * LONGEST_ROUND_MS);
    assert.deepEqual([world.looks, world.rechecks.proofs], [0, []]);
  });

  test("one failure is told to nobody, the second in a row is, and a pass ends it (R61, R94)", async () => {
    const world = new World("192.0.2.1:25");
    await world.rounds("fail");
    assert.equal(world.alerts.size, 0);
    await world.rounds("fail");
    assert.match(world.alerts.get("protection-failed 6 TLS") ?? "", /fails since 2 looks: it is fail/);
    await world.rounds("pass");
    assert.equal(world.alerts.size, 0);
  });

  test("failures with a pass between them are told to nobody", async () => {
    const world = new World("192.0.2.1:25");
    await world.rounds("fail", "pass", "fail", "warn", "fail");
    assert.equal(world.alerts.size, 0);
  });

  test("a look that could not see is no finding: the proof grows old, and no failure is counted", async () => {
    const world = new World("192.0.2.1:25");
    await world.rounds("pass");
    const [before] = world.rechecks.proofs;
    await world.rounds("unknown");
    const [after] = world.rechecks.proofs;
    assert.deepEqual([after?.outcome, after?.seenMs], ["pass", before?.seenMs]);
    assert.ok((after?.triedMs ?? 0) > (before?.triedMs ?? 0));
    await world.rounds("fail", "unknown", "unknown", "unknown");
    assert.equal(world.alerts.size, 0);
  });

  test("a look that breaks off is written to the log, and the next one comes", async () => {
    const world = new World("192.0.2.1:25");
    world.fails = true;
    await world.rounds("pass");
    const before = world.rechecks.proofs.length;
    world.fails = false;
    await world.rounds("pass");
    assert.deepEqual([before, world.rechecks.proofs.map(({ outcome }) => outcome)], [0, ["pass"]]);
  });
});

function merged(...outcomes: readonly Outcome[]): Outcome | undefined {
  const reports = outcomes.map((outcome) => report(outcome));
  return mergeRound([], reports)[0]?.outcome;
}

test("of several domains the worst counts, and one that could not be seen does not hide it", () => {
  assert.equal(merged("pass", "fail", "warn"), "fail");
  assert.equal(merged("unknown", "pass"), "pass");
  assert.equal(merged("unknown", "unknown"), "unknown");
});

for (const [states, expected] of [
  [["there", "there"], "pass"],
  [["there", "missing"], "fail"],
  [["different"], "fail"],
  [["unknown", "there"], "pass"],
  [["unknown"], "pass"],
] as const) {
  test(`keys that are ${states.join(" and ")}: authentication is ${expected}`, () => {
    const before = report("pass");
    const sixth = before.protections[0];
    assert.ok(sixth !== undefined);
    const five = { ...before, protections: [{ ...sixth, number: 5 }, sixth] };
    const records = states.map((state): CheckedRecord => {
      return {
        name: "s._domainkey.example.com",
        type: "TXT",
        value: "v",
        why: "",
        isOptional: false,
        state,
        found: [],
      };
    });
    const [authentication, tls] = withKeys(five, records).protections;
    assert.deepEqual([authentication?.outcome, tls?.outcome], [expected, "pass"]);
  });
}
