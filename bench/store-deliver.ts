/**
 * What one delivery costs the thread that writes: messages of several sizes and kinds, in batches as the group commit
 * makes them. Prints microseconds of CPU a message. `node --conditions=postern-source bench/store-deliver.ts [folder]`
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { delivery, toInbox } from "../src/store/contract/messages-for-tests.ts";
import type { StoreOperation } from "../src/store/sqlite/store-methods.ts";
import { createSqliteWriter } from "../src/store/sqlite/writer.ts";

const ACCOUNTS = 20;
const HTML = Buffer.from('<tr><td style="color:#333;padding:0 12px"><a href="https://example.org/x?id=');

const kinds: readonly (readonly [name: string, body: (octets: number) => string])[] = [
  ["base64", (octets) => randomBytes(octets).toString("base64").replace(/.{76}/g, "$&\r\n").slice(0, octets)],
  ["html", (octets) => Array.from({ length: octets / 90 }, () => HTML + randomBytes(6).toString("hex")).join("\r\n")],
];

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "postern-bench-"));
try {
  for (const [kind, body] of kinds) {
    for (const octets of [2048, 10_240, 32_768, 120_000]) {
      for (const batch of [1, 50]) measure(`${kind} of ${octets} octets, ${batch} in a batch`, body(octets), batch);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

function measure(name: string, body: string, batch: number): void {
  const dataDir = mkdtempSync(join(folder, "data-"));
  const writer = createSqliteWriter({ dataDir, clock: Date, emit: () => undefined });
  writer.applyBatch(Array.from({ length: ACCOUNTS }, (_, i) => createAccount(i)));
  const octets = Buffer.from(
    `From: a@example.org\r\nSubject: bench\r\nDate: Tue, 24 Nov 2026 23:30:00 -0500\r\n\r\n${body}`,
  );
  const prefix = randomBytes(200);
  const value = delivery(octets, [], { prefix });
  const rounds = Math.ceil((batch === 1 ? 300 : 3000) / batch);
  let account = 0;
  const run = () => {
    const operations = Array.from({ length: batch }, (): StoreOperation => {
      account = (account % ACCOUNTS) + 1;
      return { method: "deliver", args: [{ ...value, targets: [toInbox(account)] }] };
    });
    writer.applyBatch(operations);
  };
  for (let i = 0; i < rounds / 3; i++) run();
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) run();
  const { user, system } = process.cpuUsage(cpu);
  const wallUs = (performance.now() - start) * 1000;
  const each = (us: number) => (us / (rounds * batch)).toFixed(1).padStart(7);
  console.log(`${name.padEnd(40)} cpu ${each(user + system)} µs (user ${each(user)})  wall ${each(wallUs)} µs`);
  writer.close();
}

function createAccount(i: number): StoreOperation {
  return { method: "createAccount", args: [{ address: `a${i}@example.test`, quotaOctets: null, nowMs: 0 }] };
}
