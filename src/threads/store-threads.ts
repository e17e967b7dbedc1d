import { failed, ok, type Result } from "#mail/result.ts";
import { portPair, startThread, type Thread } from "#platform/threads/threads.ts";
import type { Store } from "#store/store.ts";
import type { Hearing, StoreData, StorePorts, ThreadOrder, ThreadReport } from "./ports.ts";
import { storeOver } from "./store-ports.ts";
import { threadFile } from "./thread-file.ts";

/** The two threads of the embedded store. */
export interface StoreThreads {
  /** For the main thread. */
  readonly store: Store;
  readonly threads: readonly Thread[];
  /** Ports for one more thread that wants the store. */
  readonly connect: (hears: Hearing) => StorePorts;
  /** Writes what is under way and gives the data folder back. */
  readonly close: () => Promise<void>;
}

export async function openStoreThreads(
  dataDir: string,
): Promise<Result<StoreThreads, { message: string; remedy: string }>> {
  const data: StoreData = { dataDir };
  const writer = startThread(threadFile("store-writer"), "store-writer", data, []);
  const report = (await writer.ready) as ThreadReport;
  if (report.kind === "failed") {
    await writer.stop();
    return failed({ message: report.message, remedy: report.remedy });
  }
  const reader = startThread(threadFile("store-reader"), "store-reader", data, []);
  await reader.ready;
  const connect = (hears: Hearing): StorePorts => ({
    writer: newCaller(writer, hears),
    reader: newCaller(reader, hears),
  });
  const store = storeOver(connect("not-of-folders"));
  return ok({
    store,
    threads: [writer, reader],
    connect,
    close: async () => {
      for (const thread of [reader, writer]) thread.post({ kind: "drain" } satisfies ThreadOrder);
      await store.close();
      await Promise.all([reader.ended, writer.ended]);
    },
  });
}

function newCaller(thread: Thread, hears: Hearing): StorePorts["writer"] {
  const { port1, port2 } = portPair();
  thread.post({ kind: "caller", port: port2, hears } satisfies ThreadOrder, [port2]);
  return port1;
}
