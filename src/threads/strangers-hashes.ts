/** Hashes of passwords from networks their accounts have not used, in a thread of their own: begun when it is first wanted. */
import type { verifyPasswordHash } from "#identity/password-hash.ts";
import { type RpcClient, rpcClient } from "#platform/threads/rpc.ts";
import { portPair, startThread, type Thread } from "#platform/threads/threads.ts";
import type { Log } from "#ports/log.ts";
import { threadFile } from "./thread-file.ts";

export class StrangersHashes {
  readonly #log: Log;
  #running: { readonly thread: Thread; readonly client: RpcClient } | undefined;
  #isClosed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** As `verifyPasswordHash`. Rejects, too, when the thread ends under it; the next call begins another. */
  readonly verify: typeof verifyPasswordHash = async (phc, forms) => {
    if (this.#isClosed) throw new Error("no more passwords are looked at");
    this.#running ??= this.#start();
    return (await this.#running.client.call("verify", [phc, forms])) === true;
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running?.client.close();
    await this.#running?.thread.stop();
  }

  #start(): { readonly thread: Thread; readonly client: RpcClient } {
    const { port1, port2 } = portPair();
    const thread = startThread(threadFile("hash-thread"), "hashes", { port: port2 }, [port2]);
    const running = { thread, client: rpcClient(port1) };
    // Who waits hears of it from `ended`.
    thread.ready.catch(() => undefined);
    void this.#forgetAtEnd(running);
    return running;
  }

  async #forgetAtEnd(running: { readonly thread: Thread; readonly client: RpcClient }): Promise<void> {
    const error = await running.thread.ended;
    running.client.close();
    if (this.#running === running) this.#running = undefined;
    if (!this.#isClosed) this.#log.error("hash-thread-ended", { error: String(error) });
  }
}
