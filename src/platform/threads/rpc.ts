/**
 * Calls between threads: one MessagePort, many calls, gathered to one message an event-loop turn in either direction. Knows
 * nothing of what is called. Arguments and values are whatever structured clone takes.
 */
import type { MessagePort } from "node:worker_threads";

type Call = readonly [id: number, method: string, args: readonly unknown[]];
type Answer = readonly [id: number, failed: boolean, value: unknown];
type Parcel =
  | { readonly calls: readonly Call[] }
  | { readonly answers: readonly Answer[] }
  | { readonly events: readonly unknown[] };

/** Gathers items until the end of the event-loop turn, then hands them on together. */
function gather<Item>(send: (items: readonly Item[]) => void): (item: Item) => void {
  let waiting: Item[] = [];
  return (item) => {
    if (waiting.push(item) > 1) return;
    setImmediate(() => {
      const items = waiting;
      waiting = [];
      send(items);
    });
  };
}

export interface RpcClient {
  /** Rejects with the error thrown over there, or when the other side is gone. */
  readonly call: (method: string, args: readonly unknown[]) => Promise<unknown>;
  onEvent(listener: (event: unknown) => void): () => void;
  close(): void;
}

export function rpcClient(port: MessagePort): RpcClient {
  const open = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>();
  const listeners = new Set<(event: unknown) => void>();
  const send = gather<Call>((calls) => port.postMessage({ calls } satisfies Parcel));
  let lastId = 0;
  let gone = false;
  port.on("message", (parcel: Parcel) => {
    if ("events" in parcel) {
      for (const event of parcel.events) for (const listener of listeners) listener(event);
    }
    if (!("answers" in parcel)) return;
    for (const [id, failed, value] of parcel.answers) {
      const caller = open.get(id);
      open.delete(id);
      if (failed) caller?.reject(value);
      else caller?.resolve(value);
    }
  });
  port.on("close", () => {
    gone = true;
    for (const caller of open.values()) caller.reject(new Error("the other thread is gone"));
    open.clear();
  });
  return {
    call(method, args) {
      if (gone) return Promise.reject(new Error("the other thread is gone"));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject });
        send([id, method, args]);
      });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => port.close(),
  };
}

export interface RpcServer {
  emit(event: unknown): void;
}

/** Answers calls on `port` by `handle`, each call by itself: slow ones do not hold up others. */
export function rpcServer(
  port: MessagePort,
  handle: (method: string, args: readonly unknown[]) => Promise<unknown>,
): RpcServer {
  const answer = gather<Answer>((answers) => port.postMessage({ answers } satisfies Parcel));
  const emit = gather<unknown>((events) => port.postMessage({ events } satisfies Parcel));
  port.on("message", (parcel: Parcel) => {
    if (!("calls" in parcel)) return;
    for (const [id, method, args] of parcel.calls) {
      handle(method, args).then(
        (value) => answer([id, false, value]),
        (error: unknown) => answer([id, true, error]),
      );
    }
  });
  return { emit };
}
