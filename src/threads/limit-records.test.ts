import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Judge } from "#reception/judge.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { explain } from "#verdict/explain.ts";
import { samePolicy } from "#verdict/policies.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { policy } from "../../test/fakes/evidence.ts";
import { FakeChecks } from "../../test/fakes/judge.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { LIMIT_RECORDS_PER_MINUTE, LimitRecords, type RefusedAtLimit } from "./limit-records.ts";

suite("records of refusals at a limit", () => {
  test("say which limit, and what was said, under the ID that was said", () => {
    const { refuse, records } = open();
    refuse("203.0.113.5");
    const [record] = records;
    assert.ok(record !== undefined);
    assert.deepEqual(
      [record.id, record.clientAddress, record.stage, record.disposition, record.reasons],
      ["ID0", "203.0.113.5", "connect", "defer", ["connection-limit", "connections_per_address"]],
    );
    const page = explain(record).join("\n");
    assert.match(page, /deferred \(temporary refusal\) at the connection: connection-limit,\s+connections_per_address/);
    assert.match(page, /421 4\.7\.0 Too many \(ID0\)/);
  });

  test("one now and then of an address that comes again and again; none of the web listener", () => {
    const { refuse, records, clock } = open();
    for (let times = 0; times < 50; times++) refuse("203.0.113.5");
    refuse("203.0.113.6", "http");
    assert.equal(records.length, 1);
    clock.advance(60_000);
    refuse("203.0.113.5");
    assert.equal(records.length, 2);
  });

  test("few, from however many addresses", () => {
    const { refuse, records, clock } = open();
    for (let number = 0; number < 5000; number++) {
      refuse(`198.51.${number >> 8}.${number & 255}`);
      clock.advance(1);
    }
    assert.equal(records.length, LIMIT_RECORDS_PER_MINUTE);
    clock.advance(60_000);
    refuse("192.0.2.1");
    assert.equal(records.length, LIMIT_RECORDS_PER_MINUTE + 1);
  });
});

function open() {
  const clock = new FakeClock();
  const records: DecisionRecord[] = [];
  const judge = new Judge({
    policies: samePolicy(policy()),
    settingsName: "settings",
    checks: new FakeChecks(),
    findBan: () => undefined,
    sink: { record: (record) => void records.push(record) },
    budgetMs: 1,
    clock,
    random: new FakeRandom(),
    log: new FakeLog(),
  });
  const limitRecords = new LimitRecords(judge);
  let number = 0;
  const refuse = (address: string, protocol: RefusedAtLimit["protocol"] = "smtp"): void => {
    const id = `ID${number++}`;
    const connection = { id, remote: { address, port: 1 } };
    const reached = { limit: "connections_per_address", max: 20 } as const;
    limitRecords.refused({ connection, protocol, reached, text: `Too many (${id})` });
  };
  return { clock, records, refuse };
}
