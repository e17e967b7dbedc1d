/**
 * Calls between threads: one MessagePort, many calls, gathered to one message an event-loop turn in either direction. Knows
 * nothing of what is called. Arguments and values are whatever structured clone takes.
 */
import type { MessagePort } from "node:worker_threads";

type Call = readonly [id: number, method: string, args: readonly unknown[]];
type Answer = readonly [id: number, failed: boolean, value: unknown];
/** Events before answers, as they happened: who has its answer has heard what came of it. One parcel wakes a thread once. */
type Parcel =
  | { readonly calls: readonly Call[] }
  | { readonly events: readonly unknown[]; readonly answers: readonly Answer[] };
type Word = { readonly kind: "event"; readonly event: unknown } | { readonly kind: "answer"; readonly answer: Answer };

/** Gathers items until the end of the event-loop turn, then hands them on together; `moved` memory goes with them. */
function gather<Item>(
  send: (items: readonly Item[], moved: readonly ArrayBuffer[]) => void,
): (item: Item, moved: readonly ArrayBuffer[]) => void {
  let waiting: Item[] = [];
  let waitingMoved: ArrayBuffer[] = [];
  return (item, moved) => {
    waitingMoved.push(...moved);
    if (waiting.push(item) > 1) return;
    setImmediate(() => {
      const items = waiting;
      const buffers = waitingMoved;
      waiting = [];
      waitingMoved = [];
      send(items, buffers);
    });
  };
}

const NOTHING: readonly ArrayBuffer[] = [];

/** The memory of an array of octets that has it for itself: it can be moved to another thread instead of copied. */
export function ownMemory(value: unknown): readonly ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return NOTHING;
  return value.byteLength > 0 && value.byteLength === value.buffer.byteLength ? [value.buffer] : NOTHING;
}

export interface RpcClient {
  /** Rejects with the error thrown over there, or when the other side is gone. */
  /** `moved` memory is gone from this thread afterwards. */
  readonly call: (method: string, args: readonly unknown[], moved?: readonly ArrayBuffer[]) => Promise<unknown>;
  onEvent(listener: (event: unknown) => void): () => void;
  close(): void;
}

export function rpcClient(port: MessagePort): RpcClient {
  const open = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>();
  const listeners = new Set<(event: unknown) => void>();
  const send = gather<Call>((calls, moved) => port.postMessage({ calls } satisfies Parcel, moved));
  let lastId = 0;
  let gone = false;
  port.on("message", (parcel: Parcel) => {
    if ("calls" in parcel) return;
    for (const event of parcel.events) for (const listener of listeners) listener(event);
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
    call(method, args, moved = NOTHING) {
      if (gone) return Promise.reject(new Error("the other thread is gone"));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject });
        send([id, method, args], moved);
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
  const say = gather<Word>((words, moved) => {
    const events = words.flatMap((word) => (word.kind === "event" ? [word.event] : []));
    const answers = words.flatMap((word) => (word.kind === "answer" ? [word.answer] : []));
    port.postMessage({ events, answers } satisfies Parcel, moved);
  });
  const answer = (said: Answer, moved: readonly ArrayBuffer[]): void => say({ kind: "answer", answer: said }, moved);
  port.on("message", (parcel: Parcel) => {
    if (!("calls" in parcel)) return;
    for (const [id, method, args] of parcel.calls) {
      handle(method, args).then(
        (value) => answer([id, false, value], ownMemory(value)),
        (error: unknown) => answer([id, true, error], NOTHING),
      );
    }
  });
  return { emit: (event) => say({ kind: "event", event }, NOTHING) };
}
