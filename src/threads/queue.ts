/** The thread that sends: what a slow server of others takes of time is nobody's here. */
import { parentPort, workerData } from "node:worker_threads";
import type { QueueData, ThreadOrder, ThreadReport } from "./ports.ts";
import { startQueue } from "./start-queue.ts";

const queue = await startQueue(workerData as QueueData);
parentPort?.on("message", (order: ThreadOrder) => {
  if (order.kind === "drain") void queue.close().then(() => parentPort?.close());
});
parentPort?.postMessage({ kind: "ready", listening: [] } satisfies ThreadReport);
