/** The thread that owns the database: every change of any thread is made here, many in one transaction. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "#platform/system-clock.ts";
import { type RpcServer, rpcServer } from "#platform/threads/rpc.ts";
import { createSqliteWriter } from "#store/sqlite/writer.ts";
import { StoreOpenError } from "#store/store-open-error.ts";
import type { Hearing, StoreData, ThreadOrder, ThreadReport } from "./ports.ts";

const { dataDir } = workerData as StoreData;
const callers: { readonly rpc: RpcServer; readonly hears: Hearing }[] = [];

function report(message: ThreadReport): void {
  parentPort?.postMessage(message);
}

try {
  const writer = createSqliteWriter({
    dataDir,
    clock: systemClock,
    emit: (event) => {
      const isOfFolders = event.kind === "folder" || event.kind === "folders";
      for (const { rpc, hears } of callers) if (hears === "everything" || !isOfFolders) rpc.emit(event);
    },
  });
  parentPort?.on("message", (order: ThreadOrder) => {
    if (order.kind === "caller") {
      const rpc = rpcServer(order.port, (method, args) => writer.call(method, args));
      callers.push({ rpc, hears: order.hears });
    }
    if (order.kind === "drain") {
      writer.close();
      parentPort?.close();
    }
  });
  report({ kind: "ready", listening: [] });
} catch (error) {
  if (!(error instanceof StoreOpenError)) throw error;
  report({ kind: "failed", message: error.message, remedy: error.remedy });
}
