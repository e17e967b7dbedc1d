import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Store } from "#store/store.ts";
import type { DecisionRecord } from "#verdict/decision-record.ts";
import { decided, ReportWorld } from "../../../test/fakes/report-world.ts";
import { openTemporaryStore } from "../../../test/fakes/temporary-store.ts";
import { tlsTallies } from "./tls-counts.ts";

const HOUR_MS = 3_600_000;
const NAMES = {
  "_dmarc.sender.example": { TXT: ["v=DMARC1; p=reject; rua=mailto:d@sender.example"] },
  "_smtp._tls.far.example": { TXT: ["v=TLSRPTv1; rua=mailto:t@far.example"] },
};
const COUNTED = tlsTallies([
  {
    day: "2030-01-01",
    domain: "far.example",
    policy: "sts",
    applied: undefined,
    successes: 3,
    failures: 0,
    details: [],
  },
  {
    day: "2030-01-01",
    domain: "silent.example",
    policy: "no-policy-found",
    applied: undefined,
    successes: 1,
    failures: 0,
    details: [],
  },
]);

function keep(store: Store, ...records: readonly DecisionRecord[]): Promise<void> {
  return store.putDecisions(
    records.map((record) => ({ id: record.id, atMs: record.atMs, keys: [], record: JSON.stringify(record) })),
  );
}

suite("reports of a day", () => {
  test("go out once, after its end, within four hours, to those who ask", async (context) => {
    const store = await openTemporaryStore(context);
    await keep(store, decided());
    await store.addReportTallies(COUNTED);
    const world = new ReportWorld(store, NAMES);
    await world.pass(HOUR_MS);
    assert.deepEqual(world.sent, [], "the day is not over");
    await world.pass(5 * HOUR_MS);
    assert.deepEqual(
      world.sent.map(({ kind, domain, reportId, begin, end, to }) => [kind, domain, reportId, begin, end, to]),
      [
        [
          "tls",
          "far.example",
          "2030-01-01.tls.far.example@mx.local.test",
          1_893_456_000,
          1_893_542_399,
          [{ kind: "mail", address: "t@far.example", domain: "far.example", octetsMax: undefined }],
        ],
        [
          "dmarc",
          "sender.example",
          "2030-01-01.sender.example@mx.local.test",
          1_893_456_000,
          1_893_542_399,
          [{ kind: "mail", address: "d@sender.example", domain: "sender.example", octetsMax: undefined }],
        ],
      ],
    );
    await world.pass(30 * HOUR_MS);
    assert.equal(world.sent.length, 2, "not again, not the next day either");
    await world.reports.close();
  });

  test("are not sent again by a server that was started again, and are by one that was off at the time", async (context) => {
    const store = await openTemporaryStore(context);
    await keep(store, decided());
    const first = new ReportWorld(store, NAMES);
    await first.pass(6 * HOUR_MS);
    await first.reports.close();
    const again = new ReportWorld(store, NAMES, {}, first.clock);
    await again.pass(6 * HOUR_MS);
    await again.reports.close();
    assert.deepEqual([first.sent.length, again.sent.length], [1, 0]);
    const other = await openTemporaryStore(context);
    await keep(other, decided());
    const late = new ReportWorld(other, NAMES);
    late.clock.advance(0);
    await late.reports.close();
    late.clock.advance(30 * HOUR_MS);
    const nextDay = new ReportWorld(other, NAMES, {}, late.clock);
    await nextDay.pass(2 * HOUR_MS);
    await nextDay.reports.close();
    assert.equal(nextDay.sent.length, 1);
  });

  test("wait for a DNS that does not answer, but not for ever", async (context) => {
    const store = await openTemporaryStore(context);
    await keep(store, decided());
    const world = new ReportWorld(store, { "_dmarc.sender.example": "timed-out" });
    await world.pass(12 * HOUR_MS);
    assert.deepEqual(world.sent, []);
    assert.equal(world.resolver.questions.length, 3);
    await world.reports.close();
    const answering = new ReportWorld(store, NAMES, {}, world.clock);
    await answering.pass(HOUR_MS);
    await answering.reports.close();
    assert.equal(answering.sent.length, 1, "it was not claimed");
  });

  test("of a kind that is switched off are not made", async (context) => {
    const store = await openTemporaryStore(context);
    await keep(store, decided());
    await store.addReportTallies(COUNTED);
    const world = new ReportWorld(store, NAMES, { kinds: [] });
    await world.pass(8 * HOUR_MS);
    await world.reports.close();
    assert.deepEqual([world.sent, world.resolver.asked], [[], []]);
  });

  test("one that cannot be sent keeps no other back", async (context) => {
    const store = await openTemporaryStore(context);
    await keep(store, decided());
    await store.addReportTallies(COUNTED);
    let tries = 0;
    const send = () => Promise.reject(new Error(`no ${++tries}`));
    const world = new ReportWorld(store, NAMES, { sender: { send } });
    await world.pass(8 * HOUR_MS);
    await world.reports.close();
    assert.equal(tries, 2);
    assert.equal(world.log.lines.filter(({ event }) => event === "report-not-sent").length, 2);
  });

  test("say nothing of who wrote to whom", async (context) => {
    const store = await openTemporaryStore(context);
    const recipient = {
      address: "bob.secret@local.test",
      accepted: true,
      reason: null,
      reply: { code: 250, status: "2.0.0", text: "" },
    };
    await keep(store, decided({ recipients: [recipient as never], clientName: "secret.example", account: null }));
    const world = new ReportWorld(store, NAMES);
    await world.pass(8 * HOUR_MS);
    await world.reports.close();
    assert.equal(world.sent.length, 1);
    assert.doesNotMatch(world.sent[0]?.text ?? "secret", /secret/);
  });
});
