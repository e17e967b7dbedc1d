import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";

/** A thread and what it is told at its birth. `ready` resolves with what it says first, rejects when it dies before. */
export interface Thread {
  readonly ready: Promise<unknown>;
  /** Resolves when the thread is over: with the error that ended it, or undefined. */
  readonly ended: Promise<Error | undefined>;
  post(message: unknown, ports?: readonly MessagePort[]): void;
  stop(): Promise<void>;
}

export interface ThreadOptions {
  /** Mebibytes. A third of it is in use at a time, and nothing of it before it is needed. */
  readonly youngGenerationMebibytes?: number;
}

/**
 * Mebibytes of the young generation of a thread's heap. What a thread reads from sockets is garbage at once; V8's default
 * lets it pile up to 48 MiB a thread before it is swept, and its octets outside the heap to much more. Threads that work on
 * messages of many connections by turns have more (`ThreadOptions`): with 24 and nothing else, twenty senders of 50 MiB
 * take 132 MiB; with what they read counted and swept (`platform/net/read-garbage.ts`), 18 to 46.
 */
const YOUNG_GENERATION_MEBIBYTES = 6;

export function startThread(
  file: URL,
  name: string,
  data: unknown,
  ports: readonly MessagePort[],
  { youngGenerationMebibytes = YOUNG_GENERATION_MEBIBYTES }: ThreadOptions = {},
): Thread {
  const worker = new Worker(file, {
    name,
    workerData: data,
    transferList: [...ports],
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMebibytes },
  });
  const ready = new Promise<unknown>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`thread ${name} ended with code ${code}`)));
  });
  let failure: Error | undefined;
  worker.on("error", (error) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.once("exit", (code) => resolve(failure ?? (code === 0 ? undefined : new Error(`ended with code ${code}`))));
  });
  return {
    ready,
    ended,
    post: (message, moved = []) => worker.postMessage(message, [...moved]),
    stop: async () => {
      await worker.terminate();
    },
  };
}

export function portPair(): { readonly port1: MessagePort; readonly port2: MessagePort } {
  return new MessageChannel();
}
