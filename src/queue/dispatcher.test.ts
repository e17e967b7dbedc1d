import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { FakeClock } from "../../test/fakes/clock.ts";
import { HOUR_MS, MINUTE_MS, QueueWorld, type QueueWorldOptions } from "../../test/fakes/queue-world.ts";
import { openTemporaryStore } from "../../test/fakes/temporary-store.ts";
import type { DeliveryJob } from "./attempt.ts";

const ALICE = "alice@example.test";

async function open(
  context: TestContext,
  answer: QueueWorldOptions["answer"],
  options: Partial<QueueWorldOptions> = {},
): Promise<{ readonly world: QueueWorld; readonly inbox: () => Promise<readonly string[]> }> {
  const clock = new FakeClock();
  const store = await openTemporaryStore(context, clock);
  const account = await store.createAccount({ address: ALICE, quotaOctets: null, nowMs: 0 });
  assert.ok(account.ok);
  const places = { [ALICE]: { kind: "accounts", accountIds: [account.value.id] } } as const;
  const world = new QueueWorld({ clock, store, answer, places, ...options });
  await world.start();
  context.after(() => world.close());
  const inbox = async (): Promise<readonly string[]> => {
    const folder = await store.findFolder(account.value.id, "INBOX");
    const uids = [...(await store.listUids(folder?.id ?? 0))];
    const rows = await store.fetchRows(folder?.id ?? 0, uids, { index: false });
    const read = rows.map(({ blobId }) => store.readContent(blobId, 0, 200_000));
    return (await Promise.all(read)).map((octets) => Buffer.from(octets ?? []).toString("utf8"));
  };
  return { world, inbox };
}

suite("the queue at work", () => {
  test("sends at once what comes in, without its Return-Path", async (context) => {
    const { world } = await open(context, async (_, job) => {
      assert.equal(Buffer.from(await job.read(0, job.sizeOctets)).toString(), "Subject: hi\r\n\r\nHi.\r\n");
      return "delivered" as const;
    });
    await world.send(["bob@far.example"], { text: `Return-Path: <${ALICE}>\r\nSubject: hi\r\n\r\nHi.\r\n` });
    assert.equal(world.jobs.length, 1);
    assert.deepEqual(await world.store.listQueue({ limit: 1 }), []);
  });

  test("tells what came of each try, for the figures", async (context) => {
    const answers = ["deferred", "delivered", "failed"] as const;
    let tries = 0;
    const { world } = await open(context, (recipient) =>
      recipient === "bob@far.example" ? (answers[tries++] ?? "delivered") : "failed",
    );
    await world.send(["bob@far.example", "carol@far.example"]);
    await world.quiet();
    assert.deepEqual(world.outcomes.splice(0).toSorted(), ["deferred", "failed"]);
    await world.pass(HOUR_MS, MINUTE_MS);
    assert.deepEqual(world.outcomes, ["delivered"]);
  });

  test("the next one is given out while it is written down what became of the last", async (context) => {
    const settings = { attemptsMax: 1 };
    const answers: PromiseWithResolvers<"delivered">[] = [];
    const answer = (): Promise<"delivered"> => {
      const waiting = Promise.withResolvers<"delivered">();
      answers.push(waiting);
      return waiting.promise;
    };
    const { world } = await open(context, answer, { settings });
    for (const to of ["a@one.example", "b@two.example"]) await world.send([to]);
    assert.equal(answers.length, 1);
    const { promise: isFull, resolve: goOn } = Promise.withResolvers<void>();
    world.settling = () => isFull;
    answers[0]?.resolve("delivered");
    await world.turns();
    const begun = answers.length;
    goOn();
    await world.turns();
    answers[1]?.resolve("delivered");
    assert.equal(begun, 2);
    await world.quiet();
    assert.deepEqual(await world.store.listQueue({ limit: 1 }), []);
  });

  test("a message that the disk has lost, or cut, waits and is told of; the others are sent, after a start too (R66)", async (context) => {
    const clock = new FakeClock();
    const stored = await openTemporaryStore(context, clock);
    const broken = new Map<number, number>();
    const readContent: typeof stored.readContent = async (blobId, start, end) => {
      const kept = broken.get(blobId);
      const octets = await stored.readContent(blobId, start, end);
      return kept === undefined ? octets : kept < 0 ? undefined : octets?.subarray(0, Math.max(0, kept - start));
    };
    const reads: number[] = [];
    const answer = async (_: string, job: DeliveryJob) => {
      reads.push((await job.read(0, job.sizeOctets)).length);
      return "delivered" as const;
    };
    const store = { ...stored, readContent };
    const world = new QueueWorld({ clock, store, answer, settings: { attemptsMax: 1 } });
    // Not started: as if it had been written by the process before.
    for (const text of ["one", "two two", "three three"]) await world.send(["bob@far.example"], { text });
    const [gone, cut] = await stored.listQueue({ limit: 3 });
    broken.set(gone?.message.blobId ?? 0, -1).set(cut?.message.blobId ?? 0, 3);
    await world.start();
    context.after(() => world.close());
    assert.deepEqual(reads, ["three three".length]);
    assert.deepEqual(world.lost, [
      `${gone?.message.id}: the message is not there`,
      `${cut?.message.id}: the message has lost its end`,
    ]);
    await world.send(["carol@other.example"], { text: "four" });
    assert.deepEqual(reads, ["three three".length, "four".length]);
    const ids = world.attempted.map((id) => id - (gone?.message.id ?? 0));
    assert.deepEqual(ids, [0, 1, 2, 3], "whoever watches hears of each");
    const waiting = await stored.listQueue({ limit: 10 });
    assert.deepEqual(
      waiting.map(({ message: { id }, recipients: [recipient] }) => [id, recipient?.state, recipient?.attempts]),
      [gone, cut].map((entry) => [entry?.message.id, "waiting", 1]),
    );
  });

  test("a refusal comes back into the sender's mailbox, from <>, with the message", async (context) => {
    const { world, inbox } = await open(context, () => "failed");
    await world.send(["bob@far.example"]);
    await world.quiet();
    const [bounce = ""] = await inbox();
    assert.match(bounce, /^Return-Path: <>\r\n/);
    assert.match(bounce, /mx\.far\.example said: 550 5\.1\.1 No such user here/);
    assert.match(bounce, /Content-Type: message\/rfc822\r\n[^]*\r\n\r\nSubject: hello\r\n/);
  });

  test("a sender elsewhere gets its report through the queue, as NOTIFY=NEVER from <>", async (context) => {
    const { world } = await open(context, (recipient) => (recipient === "far@sender.example" ? "deferred" : "failed"));
    await world.send(["bob@far.example"], { mailFrom: "far@sender.example", sending: { account: "" } });
    const [entry] = await world.store.listQueue({ limit: 5 });
    assert.equal(entry?.message.mailFrom, "");
    assert.deepEqual(entry?.recipients[0]?.notify, ["NEVER"]);
  });

  test("a report that cannot be delivered is told to nobody, and is not sent for ever", async (context) => {
    const { world, inbox } = await open(context, () => "failed");
    await world.send(["bob@far.example"], { mailFrom: "" });
    assert.deepEqual(await inbox(), []);
    assert.equal((await world.store.countQueue()).dead, 1);
    await world.pass(15 * 24 * HOUR_MS, HOUR_MS);
    assert.equal(world.jobs.length, 1);
    assert.equal((await world.store.countQueue()).messages, 0);
  });

  test("a failure of a sender who is nobody here is kept for the administrator", async (context) => {
    const { world } = await open(context, () => "failed", { places: { [ALICE]: { kind: "nobody" } } });
    await world.send(["bob@far.example"]);
    assert.equal((await world.store.countQueue()).dead, 1);
  });

  test("success is reported by us only where the next server does not", async (context) => {
    for (const dsn of [true, false]) {
      const { world, inbox } = await open(context, () => "delivered", { dsn });
      await world.send([{ address: "bob@far.example", notify: ["SUCCESS"] }]);
      const reports = await inbox();
      assert.equal(reports.length, dsn ? 0 : 1);
      if (!dsn) assert.match(reports[0] ?? "", /Action: relayed\r\nStatus: 2\.0\.0\r\n/);
    }
  });

  test("an address that was refused twice as nonexistent is not tried a third time", async (context) => {
    const { world, inbox } = await open(context, () => "failed");
    for (let i = 0; i < 3; i++) await world.send(["typo@far.example"]);
    assert.equal(world.jobs.length, 2);
    assert.match((await inbox())[2] ?? "", /Not sent: this address was refused/);
    await world.store.removeSuppressed("typo@far.example");
    await world.send(["typo@far.example"]);
    assert.equal(world.jobs.length, 3);
  });

  test("a delay is told once, and who fails in the end is told of that too", async (context) => {
    const { world, inbox } = await open(context, () => "deferred");
    await world.send(["bob@far.example"]);
    await world.pass(3 * HOUR_MS, 10 * MINUTE_MS);
    assert.equal((await inbox()).length, 0);
    await world.pass(120 * HOUR_MS, 30 * MINUTE_MS);
    const actions = (await inbox()).map((text) => /^Action: (\w+)/m.exec(text)?.[1]);
    assert.deepEqual(actions, ["delayed", "failed"]);
    assert.equal((await world.store.countQueue()).messages, 0);
  });

  test("when the server stops, what is under way goes back into the queue, due at once", async (context) => {
    const { world } = await open(context, () => new Promise(() => undefined));
    await world.send(["bob@far.example"]);
    const closed = world.close();
    for (let part = 0; part < 2; part++) {
      world.clock.advance(10_000);
      await world.quiet();
    }
    await closed;
    assert.deepEqual(await world.store.recoverQueue(world.clock.now()), { again: 1, doubtful: 0 });
  });

  test("what the disk has no room to report waits, and is reported later", async (context) => {
    const { world, inbox } = await open(context, () => "failed");
    let isFull = true;
    world.refuse = (settlement) => isFull && settlement.notices.length > 0;
    await world.send(["bob@far.example"]);
    assert.equal((await world.store.countQueue()).waiting, 1);
    isFull = false;
    await world.pass(20 * MINUTE_MS);
    assert.equal((await inbox()).length, 1);
  });
});
