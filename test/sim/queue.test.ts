/** The queue, played against other servers of every temper. The seed is printed; POSTERN_SIM_SEED plays it again. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AttemptReport } from "#queue/attempt.ts";
import { FakeClock } from "../fakes/clock.ts";
import { type Answer, HOUR_MS, MINUTE_MS, QueueWorld } from "../fakes/queue-world.ts";
import { openTemporaryStore } from "../fakes/temporary-store.ts";
import { Chance, SEED } from "./seed.ts";

type Outcome = AttemptReport["results"][number]["outcome"];

suite(`the queue, simulated (POSTERN_SIM_SEED=${SEED})`, () => {
  test("every message is delivered once or returned once, whatever servers answer in whatever order", async (context) => {
    const chance = new Chance(SEED);
    const clock = new FakeClock();
    const store = await openTemporaryStore(context, clock);
    const delivered = new Map<string, number>();
    const failed = new Set<string>();
    const answer = (recipient: string): Answer => {
      const outcome = chance.pick<Outcome>(["delivered", "deferred", "deferred", "deferred", "failed"]);
      if (outcome === "delivered") delivered.set(recipient, (delivered.get(recipient) ?? 0) + 1);
      if (outcome === "failed") failed.add(recipient);
      return outcome;
    };
    const places = { "alice@example.test": await accountPlace(store, "alice@example.test") };
    const world = new QueueWorld({ clock, store, answer, places });
    await world.start();
    const recipients: string[] = [];
    for (let number = 0; number < 40; number++) {
      const to = Array.from({ length: 1 + chance.below(4) }, (_, i) => `${number}-${i}@d${chance.below(12)}.example`);
      recipients.push(...to);
      await world.send(to);
      await world.pass(chance.below(30) * MINUTE_MS, 10 * MINUTE_MS);
    }
    await world.pass(6 * 24 * HOUR_MS, 20 * MINUTE_MS);
    assert.deepEqual(await store.listQueue({ limit: 10 }), []);
    const returned = await reportedRecipients(store, "failed");
    for (const recipient of recipients) {
      const isReturned = returned.filter((one) => one === recipient).length;
      assert.equal((delivered.get(recipient) ?? 0) + isReturned, 1, recipient);
      assert.ok(isReturned === 0 || failed.has(recipient) || !delivered.has(recipient));
    }
    await world.close();
  });

  test("processes die at any moment: nothing is lost, and twice is only what was doubtful", async (context) => {
    const chance = new Chance(SEED);
    const clock = new FakeClock();
    const store = await openTemporaryStore(context, clock);
    const taken = new Map<string, number>();
    /** Recipients whose server took the message and whose answer was lost. */
    const doubtful = new Set<string>();
    let isDead = false;
    const answer = (recipient: string): Answer | Promise<Answer> => {
      if (recipient === "alice@example.test") return "delivered"; // warnings of delay
      const fate = chance.below(6);
      if (fate === 0) return "deferred";
      if (fate === 1 || isDead) return new Promise<Answer>(() => undefined); // the process dies before the dot
      taken.set(recipient, (taken.get(recipient) ?? 0) + 1);
      if (fate > 2) return "delivered";
      doubtful.add(recipient);
      return "outcome-unknown";
    };
    let world = new QueueWorld({ clock, store, answer });
    await world.start();
    const recipients: string[] = [];
    for (let life = 0; life < 20; life++) {
      for (let i = 0; i < 5; i++) {
        const to = `${life}-${i}@d${chance.below(8)}.example`;
        recipients.push(to);
        await world.send([to]);
      }
      await world.pass(chance.below(4) * 5 * MINUTE_MS, 5 * MINUTE_MS);
      // The old process is gone without a word; a new one finds what there is.
      isDead = true;
      void world.close();
      clock.advance(10_000);
      await world.quiet();
      isDead = false;
      world = new QueueWorld({ clock, store, answer });
      await world.start();
    }
    for (let round = 0; round < 40; round++) {
      await world.pass(4 * HOUR_MS, HOUR_MS);
      void world.close();
      clock.advance(10_000);
      await world.quiet();
      world = new QueueWorld({ clock, store, answer });
      await world.start();
      if ((await store.countQueue()).messages === 0) break;
    }
    assert.deepEqual(
      recipients.filter((recipient) => !taken.has(recipient)),
      [],
      "lost",
    );
    const twice = [...taken].filter(([, times]) => times > 1).map(([recipient]) => recipient);
    assert.deepEqual(
      twice.filter((recipient) => !doubtful.has(recipient)),
      [],
      "doubled though it was certain",
    );
    await world.close();
  });

  test("ten thousand recipients of one sender do not hold up another's single mail", async (context) => {
    const clock = new FakeClock();
    const store = await openTemporaryStore(context, clock);
    const world = new QueueWorld({ clock, store, answer: noAnswer });
    await world.start();
    const many = Array.from({ length: 2000 }, (_, i) => `u${i}@d${i % 500}.example`);
    await world.send(many, { mailFrom: "bulk@example.test" });
    await world.send(["friend@small.example"], { mailFrom: "alice@example.test" });
    const isServed = (): boolean => world.jobs.some(({ mailFrom }) => mailFrom === "alice@example.test");
    assert.ok(isServed(), "the bulk has taken every place");
    assert.ok(world.jobs.length <= 20);
    // What hangs is left behind, as by a process that ends.
    const closed = world.close();
    for (let part = 0; part < 2; part++) {
      clock.advance(10_000);
      await world.quiet();
    }
    await closed;
  });

  test("a destination that asks for less gets less, and all others their share", async (context) => {
    const clock = new FakeClock();
    const store = await openTemporaryStore(context, clock);
    let tries = 0;
    const answer = (recipient: string): Answer => {
      if (!recipient.endsWith("@slow.example")) return "delivered";
      tries++;
      const reply = {
        code: 421,
        enhanced: "4.7.0",
        text: "Too many connections, slow down",
        stage: "greeting",
      } as const;
      return { outcome: "deferred", reply };
    };
    const world = new QueueWorld({ clock, store, answer });
    await world.start();
    for (let i = 0; i < 100; i++) await world.send([`u${i}@slow.example`, `u${i}@fast${i}.example`]);
    await world.pass(10 * MINUTE_MS, 1000);
    const { waiting } = await store.countQueue();
    assert.equal(waiting, 100, "the others were delivered");
    assert.ok(tries < 60, `${tries} tries in ten minutes`);
    await world.close();
  });
});

/** A server that never says anything. */
function noAnswer(): Promise<Answer> {
  return new Promise(() => undefined);
}

async function accountPlace(store: Parameters<typeof reportedRecipients>[0], address: string) {
  const account = await store.createAccount({ address, quotaOctets: null, nowMs: 0 });
  assert.ok(account.ok);
  return { kind: "accounts", accountIds: [account.value.id] } as const;
}

/** Final recipients of all reports of a kind in the only account's INBOX. */
async function reportedRecipients(
  store: import("#store/store.ts").Store,
  action: "failed" | "delayed",
): Promise<readonly string[]> {
  const [account] = await store.listAccounts();
  const inbox = await store.findFolder(account?.id ?? 0, "INBOX");
  const found: string[] = [];
  for (const uid of await store.listUids(inbox?.id ?? 0)) {
    const [row] = await store.fetchRows(inbox?.id ?? 0, [uid], { index: false });
    const text = Buffer.from((await store.readContent(row?.blobId ?? 0, 0, 1_000_000)) ?? []).toString("latin1");
    for (const [, address = ""] of text.matchAll(
      new RegExp(`^Final-Recipient: rfc822; (\\S+)\\r\\nAction: ${action}\\r$`, "gm"),
    )) {
      found.push(address);
    }
  }
  return found;
}
