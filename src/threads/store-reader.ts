/** The thread that reads: what clients look at does not wait for the disk behind the writer. */
import { parentPort, workerData } from "node:worker_threads";
import { rpcServer } from "#platform/threads/rpc.ts";
import { createSqliteReader } from "#store/sqlite/reader.ts";
import type { StoreData, ThreadOrder, ThreadReport } from "./ports.ts";

const { dataDir } = workerData as StoreData;
const reader = createSqliteReader({ dataDir });
parentPort?.on("message", (order: ThreadOrder) => {
  if (order.kind === "caller") rpcServer(order.port, (method, args) => reader.call(method, args));
  if (order.kind === "drain") {
    reader.close();
    parentPort?.close();
  }
});
parentPort?.postMessage({ kind: "ready", listening: [] } satisfies ThreadReport);
