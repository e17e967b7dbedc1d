/** What other servers say of an account, through the dispatcher: refusals speak against it, and nothing else does. */
import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { type Answer, HOUR_MS, MINUTE_MS, QueueWorld } from "../../test/fakes/queue-world.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";

const ALICE = "alice@example.test";
const RULE = { isEnforced: true, percent: 20, recipientsMin: 20 };

async function check(
  context: TestContext,
  answer: (position: number) => Answer,
  expected: readonly string[],
  passMs = MINUTE_MS,
): Promise<QueueWorld> {
  const clock = new FakeClock();
  const world = new QueueWorld({
    clock,
    store: await openTemporaryStore(context, clock),
    answer: (recipient) => answer(Number(/\d+/.exec(recipient)?.[0])),
    settings: { bounceRule: RULE },
  });
  await world.start();
  await world.send(Array.from({ length: 20 }, (_, i) => `user${i}@d${i}.example`));
  await world.pass(passMs, Math.max(MINUTE_MS, passMs / 500));
  assert.deepEqual(
    (await world.store.listSendingHolds()).map(({ account, trigger }) => `${account} ${trigger}`),
    expected,
  );
  await world.close();
  return world;
}

suite("bounces of an account", () => {
  test("five of twenty refused for good hold it (R08), and the reports to its user are no mail of its own", async (context) => {
    const world = await check(context, (position) => (position < 5 ? "failed" : "delivered"), [`${ALICE} bounces`]);
    const use = await world.store.findSendingUse(ALICE, world.clock.now());
    assert.deepEqual(use.day, { messages: 0, recipients: 0 });
    await world.store.quietSending(ALICE, world.clock.now());
  });

  test("four of twenty do not", async (context) => {
    await check(context, (position) => (position < 4 ? "failed" : "delivered"), []);
  });

  test("deferred mail, and mail that expired, says nothing of who wrote it", async (context) => {
    await check(context, (position) => (position < 10 ? "deferred" : "delivered"), [], 130 * HOUR_MS);
  });

  test("that all our mail is refused, as from a listed address, says nothing of one account", async (context) => {
    await check(context, () => ({ outcome: "failed", reply: { stage: "mail", enhanced: "5.7.1" } }), []);
  });

  test("nor that it is refused at RCPT, as Postfix does it, or for want of SPF and DKIM", async (context) => {
    const listed = { stage: "rcpt", code: 554, enhanced: "5.7.1" } as const;
    await check(context, () => ({ outcome: "failed", reply: listed }), []);
    const unauthenticated = { stage: "final-dot", code: 550, enhanced: "5.7.26" } as const;
    await check(context, () => ({ outcome: "failed", reply: unauthenticated }), []);
  });

  test("a server that calls the message itself spam speaks against it", async (context) => {
    const spam = { stage: "final-dot", code: 550, enhanced: "5.7.1" } as const;
    await check(context, () => ({ outcome: "failed", reply: spam }), [`${ALICE} bounces`]);
  });

  test("that we may not use our own relay host is nobody's bounce", async (context) => {
    await check(context, () => ({ outcome: "failed", reply: { stage: "auth", code: 535 } }), []);
  });
});
