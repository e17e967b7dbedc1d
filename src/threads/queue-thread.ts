import type { Settings } from "#config/settings.ts";
import type { LogOptions } from "#platform/json-log.ts";
import { systemClock } from "#platform/system-clock.ts";
import { startThread, type Thread } from "#platform/threads/threads.ts";
import type { Gatekeeper } from "./gatekeeper.ts";
import type { QueueData, ThreadOrder } from "./ports.ts";
import { mayLeave } from "./slices.ts";
import type { StoreThreads } from "./store-threads.ts";
import { threadFile } from "./thread-file.ts";

/** The thread that sends under one version of the settings. */
export interface QueueThread {
  readonly thread: Thread;
  /** Takes nothing new, gives what is under way some time, ends the thread. */
  readonly drain: () => Promise<void>;
}

interface QueueThreadOptions {
  readonly storeThreads: StoreThreads;
  readonly gatekeeper: Gatekeeper;
  /** See `outcome-figures.ts`. */
  readonly outcomeMemory: SharedArrayBuffer;
}

/** More than the queue gives its attempts to end in. Milliseconds. */
const DRAIN_MS = 10_000;

/** Undefined where nothing may leave this machine, not even for a node that it is a second MX for: then the queue only fills. */
export async function startQueueThread(
  settings: Settings,
  log: LogOptions,
  { storeThreads, gatekeeper, outcomeMemory }: QueueThreadOptions,
): Promise<QueueThread | undefined> {
  const hasOtherNodes = settings.domains.some(({ role }) => role === "secondary");
  if (!mayLeave(settings) && !hasOtherNodes) return undefined;
  const storePorts = storeThreads.connect("not-of-folders");
  const gatePort = gatekeeper.connect();
  const data: QueueData = { settings, outcomeMemory, log, storePorts, gatePort };
  const thread = startThread(threadFile("queue"), "queue", data, [storePorts.writer, storePorts.reader, gatePort]);
  await thread.ready;
  return {
    thread,
    drain: async () => {
      thread.post({ kind: "drain" } satisfies ThreadOrder);
      const late = Promise.withResolvers<void>();
      const timer = systemClock.after(DRAIN_MS, late.resolve);
      await Promise.race([thread.ended, late.promise]);
      timer.cancel();
      await thread.stop();
    },
  };
}
