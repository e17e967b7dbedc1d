/** `kill -9` while mail streams in: what was answered 250 is there, once and whole, and the server starts by itself. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readFolder } from "./mail.ts";
import { seededRandom } from "./random.ts";
import { alice, bob, type PosternServer, startServer } from "./server.ts";
import { SmtpClient } from "./smtp-client.ts";

const kills = 20;
const senders = 4;
/** Below and above the size from which messages lie in files of their own. */
const sizes = [2_000, 2_000, 2_000, 200_000];

let server: PosternServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

function message(number: number): string {
  const head = `From: <sender@elsewhere.test>\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${number}@elsewhere.test>\r\nSubject: kill\r\n\r\n`;
  const line = `${number} is whole only if its last line is there.\r\n`;
  const size = sizes[number % sizes.length] ?? 0;
  return `${head}${line.repeat(Math.ceil(size / line.length))}end of ${number}\r\n`;
}

/** Sends until the connection breaks; numbers of messages that were answered 250. */
async function stream(next: () => number): Promise<readonly number[]> {
  const answered: number[] = [];
  try {
    const client = await SmtpClient.greet({ port: server.ports.mx });
    for (;;) {
      const number = next();
      const recipients = number % 3 === 0 ? [alice.user, bob.user] : [alice.user];
      const reply = await client.transaction("sender@elsewhere.test", recipients, Buffer.from(message(number)));
      if (reply.code !== 250) return answered;
      answered.push(number);
    }
  } catch {
    return answered; // The kill: whatever was under way was not answered.
  }
}

test(`${kills} kills lose nothing, double nothing and leave nothing half`, async (t) => {
  const random = seededRandom();
  t.diagnostic(`POSTERN_TEST_SEED=${random.seed}`);
  let last = 0;
  const answered = new Set<number>();
  for (let round = 0; round < kills; round += 1) {
    const streams = Array.from({ length: senders }, () => stream(() => (last += 1)));
    await sleep(100 + random.next() * 900);
    await server.kill();
    for (const numbers of await Promise.all(streams)) for (const number of numbers) answered.add(number);
    await server.start();
  }
  t.diagnostic(`${last} messages begun, ${answered.size} answered 250`);
  assert.ok(answered.size > kills, "hardly anything was delivered between the kills");

  for (const account of [alice, bob]) {
    const found = new Map<number, number>();
    for (const octets of await readFolder(server, account)) {
      const text = octets.toString("latin1");
      const number = Number(/^Message-ID: <(\d+)@/m.exec(text)?.[1]);
      assert.ok(text.endsWith(message(number)), `message ${number} of ${account.user} is not whole`);
      found.set(number, (found.get(number) ?? 0) + 1);
    }
    for (const [number, count] of found) assert.equal(count, 1, `message ${number} is there ${count} times`);
    const meant = [...answered].filter((number) => account === alice || number % 3 === 0);
    assert.deepEqual(
      meant.filter((number) => !found.has(number)),
      [],
      `lost from ${account.user}`,
    );
  }
});
