/** A thread that runs what is not ours: bounded in memory, ended from outside whatever it does, its prints caught. */
import { Worker } from "node:worker_threads";

export interface BoundedThreadOptions {
  readonly file: URL;
  readonly name: string;
  /** `workerData` there. */
  readonly data: unknown;
  /** For objects; octets in buffers are outside of V8's heap and not counted. */
  readonly memoryMebibytes: number;
  readonly said: (message: unknown) => void;
  /** A piece of what it wrote to its standard output or error. */
  readonly printed: (text: string) => void;
  /** Once, with the error that ended it, if one did. Nothing is heard afterwards. */
  readonly ended: (error: Error | undefined) => void;
}

export interface BoundedThread {
  /** Throws where the message cannot be cloned. */
  post(message: unknown): void;
  /** Ends it in the middle of what it does. `ended` is heard when it is gone: later, where it waits in the system. */
  stop(): void;
}

/** As the other threads have. */
const YOUNG_GENERATION_MEBIBYTES = 6;

export function startBoundedThread(options: BoundedThreadOptions): BoundedThread {
  const { file, name, data, memoryMebibytes, said, printed, ended } = options;
  const worker = new Worker(file, {
    name,
    workerData: data,
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: memoryMebibytes,
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES,
    },
  });
  let failure: Error | undefined;
  worker.on("message", said);
  worker.on("error", (error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  worker.once("exit", () => ended(failure));
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => printed(text));
  }
  return {
    post: (message) => worker.postMessage(message),
    stop: () => void worker.terminate(),
  };
}
