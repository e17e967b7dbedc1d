/**
 * A queue of a million recipients: what one more message costs to queue, what the next due jobs cost to find, and how long
 * a start takes, each as the queue grows. `node --conditions=postern-source bench/queue.ts [recipients]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delivery, messageText } from "../src/store/contract/messages-for-tests.ts";
import { PLAIN_SENDING, type QueueJob } from "../src/store/queue-rows.ts";
import type { StoreOperation } from "../src/store/sqlite/store-methods.ts";
import { createSqliteWriter, type SqliteWriter } from "../src/store/sqlite/writer.ts";

const total = Number(process.argv[2] ?? 1_000_000);
const perMessage = 100;
const accounts = 200;
const domains = 5000;
/** When `delivery` queues. */
const QUEUED_MS = 2_000_000;

const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
const options = { dataDir: folder, clock: Date, emit: () => undefined };
try {
  let writer = createSqliteWriter(options);
  console.log("recipients  queued   enqueue µs  claim of 10 µs  settle µs  start ms  memory MiB");
  let queued = 0;
  for (const size of [0, 0.01, 0.1, 1].map((part) => Math.round(total * part))) {
    for (; queued < size; queued += perMessage) enqueue(writer, queued, perMessage);
    const enqueueUs = median(50, () => enqueue(writer, queued, 1));
    let jobs: readonly QueueJob[] = [];
    const claimUs = median(50, () => {
      jobs = claim(writer);
    });
    const settleUs = jobs.length === 0 ? 0 : median(1, () => settle(writer, jobs)) / jobs.length;
    writer.close();
    const start = performance.now();
    writer = createSqliteWriter(options);
    apply(writer, { method: "recoverQueue", args: [QUEUED_MS] });
    const startMs = performance.now() - start;
    const memory = process.memoryUsage().rss / 1024 / 1024;
    const cells = [size, queued, enqueueUs, claimUs, settleUs, startMs, memory];
    console.log(cells.map((cell) => cell.toFixed(0).padStart(10)).join(" "));
  }
  writer.close();
} finally {
  rmSync(folder, { recursive: true });
}

function enqueue(writer: SqliteWriter, from: number, recipients: number): void {
  const addresses = Array.from({ length: recipients }, (_, i) => ({
    address: `user${from + i}@d${((from + i) * 7919) % domains}.example`,
  }));
  const sending = { ...PLAIN_SENDING, account: `a${(from / perMessage) % accounts}@example.test` };
  apply(writer, { method: "deliver", args: [delivery(messageText("bench"), [], { queued: addresses, sending })] });
}

function claim(writer: SqliteWriter): readonly QueueJob[] {
  const about = {
    nowMs: QUEUED_MS,
    jobsMax: 10,
    recipientsPerJobMax: 100,
    rooms: Array.from({ length: 100 }, (_, i) => ({ domain: `d${i}.example`, room: 0 })),
    roomDefault: 5,
    parked: [],
    senderRooms: [],
    senderRoomDefault: 100,
  };
  return apply(writer, { method: "claimQueued", args: [about] }) as readonly QueueJob[];
}

function settle(writer: SqliteWriter, jobs: readonly QueueJob[]): void {
  for (const { message, recipients } of jobs) {
    const results = recipients.map(({ id }) => ({ id, outcome: { kind: "delivered" }, reply: null }));
    const settlement = { messageId: message.id, nowMs: QUEUED_MS, results, attempt: "{}", notices: [], suppress: [] };
    apply(writer, { method: "settleQueued", args: [settlement] });
  }
}

function apply(writer: SqliteWriter, operation: StoreOperation): unknown {
  const [outcome] = writer.applyBatch([operation]);
  if (outcome?.kind !== "value") throw outcome?.error;
  return outcome.value;
}

/** Microseconds. */
function median(times: number, run: () => void): number {
  const took = Array.from({ length: times }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) * 1000;
  });
  return took.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
}
