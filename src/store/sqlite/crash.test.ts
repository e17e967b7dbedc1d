import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { delivery, messageText, someAccount, toInbox, wholeContent } from "../contract/messages-for-tests.ts";
import { messageIndexOf } from "../message-index.ts";
import type { Store } from "../store.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { stoppedClock, temporaryFolder } from "./temporary-folder.ts";
import { verifySqliteStore } from "./verify.ts";

const KILLS = 6;
const SIZES = [300, 3000, 30_000, 200_000];

if (process.argv[2] === "deliver") await deliverUntilKilled(process.argv[3] ?? "", Number(process.argv[4]));
else {
  test("a message that was answered is there once and whole after SIGKILL at any moment (R88)", async () => {
    const dataDir = temporaryFolder();
    const first = await openSqliteStore({ dataDir, clock: stoppedClock });
    const { inbox } = await someAccount(first);
    await first.close();
    const answered = new Set<string>();
    for (let round = 0; round < KILLS; round++) {
      for (const subject of await answersUntilKilled(dataDir, round)) answered.add(subject);
      const store = await openSqliteStore({ dataDir, clock: stoppedClock });
      await checkMessages(store, inbox.id, answered);
      await store.close();
      assert.deepEqual(verifySqliteStore(dataDir), []);
    }
    assert.ok(answered.size >= KILLS, `only ${answered.size} were answered`);
  });
}

async function answersUntilKilled(dataDir: string, round: number): Promise<readonly string[]> {
  const child = spawn(
    process.execPath,
    ["--conditions=postern-source", import.meta.filename, "deliver", dataDir, String(round)],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const gone = once(child, "close");
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), randomInt(5, 150));
  await gone;
  // The last line may have been cut by the kill: what it says was answered all the same, but not which.
  return output.split("\n").slice(0, -1);
}

async function checkMessages(store: Store, folderId: number, answered: ReadonlySet<string>): Promise<void> {
  const seen = new Set<string>();
  for (const uid of await store.listUids(folderId)) {
    const [row] = await store.fetchRows(folderId, [uid], { index: true });
    assert.ok(row !== undefined);
    const subject = messageIndexOf(row).envelope.subject ?? "";
    assert.ok(!seen.has(subject), `${subject} is there twice`);
    seen.add(subject);
    assert.deepEqual(await wholeContent(store, row.blobId), Buffer.from(messageOf(subject)));
  }
  assert.deepEqual(
    [...answered].filter((subject) => !seen.has(subject)),
    [],
    "answered, but not there",
  );
}

/** Messages by their subject, `round-number`, of every size. */
function messageOf(subject: string): Uint8Array {
  return messageText(subject, SIZES[Number(subject.split("-")[1]) % SIZES.length]);
}

/** The child: eight deliveries at a time, the subject of each written when it is answered. */
async function deliverUntilKilled(dataDir: string, round: number): Promise<void> {
  const store = await openSqliteStore({ dataDir, clock: stoppedClock });
  const entry = await store.findAddress("alice@example.test");
  if (entry?.kind !== "account") throw new Error("no account");
  const target = toInbox(entry.account.id);
  for (let number = 0; ; number += 8) {
    const subjects = Array.from({ length: 8 }, (_, i) => `${round}-${number + i}`);
    await Promise.all(
      subjects.map(async (subject) => {
        const delivered = await store.deliver(delivery(messageOf(subject), [target]));
        if (delivered.ok) process.stdout.write(`${subject}\n`);
      }),
    );
  }
}
