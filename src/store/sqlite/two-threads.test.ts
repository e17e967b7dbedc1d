import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { delivery, messageText, someAccount, toInbox, wholeContent } from "../contract/messages-for-tests.ts";
import type { Store, StoreEvent } from "../store.ts";
import { createSqliteReader } from "./reader.ts";
import { type CallHalf, storeClient } from "./store-methods.ts";
import { stoppedClock, temporaryFolder } from "./temporary-folder.ts";
import { verifySqliteStore } from "./verify.ts";
import { createSqliteWriter } from "./writer.ts";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}
type Message =
  | { readonly kind: "value" | "error"; readonly id: number; readonly value: unknown }
  | { readonly kind: "event"; readonly event: StoreEvent }
  | { readonly kind: "ready" };

if (isMainThread) {
  test("each half runs in a thread of its own, and a caller sees what it was told is written", async () => {
    const dataDir = temporaryFolder();
    const events: StoreEvent[] = [];
    const writer = await startHalf("writer", dataDir, events);
    const reader = await startHalf("reader", dataDir, events);
    const store: Store = storeClient(
      { writer: writer.call, reader: reader.call },
      {
        onEvent: () => () => undefined,
        async close() {
          await reader.stop();
          await writer.stop();
        },
      },
    );
    const { account, inbox } = await someAccount(store);
    const deliveries = Array.from({ length: 40 }, async (_, i) => {
      const octets = messageText(`m${i}`, i * 8000);
      const placed = await store.deliver(delivery(octets, [toInbox(account.id)]));
      const uid = placed.ok ? (placed.value[0]?.uid ?? 0) : 0;
      const [row] = await store.fetchRows(inbox.id, [uid], { index: true });
      assert.deepEqual(await wholeContent(store, row?.blobId ?? 0), octets);
    });
    await Promise.all(deliveries);
    assert.equal((await store.search(inbox.id, { kind: "header", name: "subject", text: "m17" })).uids.length, 1);
    assert.equal(events.at(-1)?.kind, "folder");
    await assert.rejects(
      store.fetchRows(
        inbox.id,
        Array.from({ length: 2000 }, () => 1),
        { index: false },
      ),
      RangeError,
    );
    await store.close();
    assert.deepEqual(verifySqliteStore(dataDir), []);
  });
} else serveHalf();

async function startHalf(half: string, dataDir: string, events: StoreEvent[]) {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { half, dataDir },
    execArgv: ["--conditions=postern-source"],
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  await once(worker, "message");
  worker.on("message", (message: Message) => {
    if (message.kind === "event") events.push(message.event);
    else if (message.kind === "value") waiting.get(message.id)?.resolve(message.value);
    else if (message.kind === "error") waiting.get(message.id)?.reject(message.value);
  });
  const call: CallHalf = (method, args) => {
    const id = ++lastId;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    worker.postMessage({ id, method, args } satisfies Call);
    return answer.promise;
  };
  return {
    call,
    async stop() {
      worker.postMessage("stop");
      await once(worker, "exit");
    },
  };
}

function say(message: Message): void {
  parentPort?.postMessage(message);
}

function serveHalf(): void {
  const { half, dataDir } = workerData as { half: string; dataDir: string };
  const served =
    half === "writer"
      ? createSqliteWriter({ dataDir, clock: stoppedClock, emit: (event) => say({ kind: "event", event }) })
      : createSqliteReader({ dataDir });
  parentPort?.on("message", (message: Call | "stop") => {
    if (message === "stop") {
      served.close();
      parentPort?.close();
      return;
    }
    const { id, method, args } = message;
    served.call(method, args).then(
      (value) => say({ kind: "value", id, value }),
      (error: unknown) => say({ kind: "error", id, value: error }),
    );
  });
  say({ kind: "ready" });
}
