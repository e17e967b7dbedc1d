import type { Content } from "#mail/content.ts";
import { ownMemory, type RpcClient, rpcClient } from "#platform/threads/rpc.ts";
import { storeClient } from "#store/sqlite/store-methods.ts";
import type { Store, StoreEvent } from "#store/store.ts";
import type { StorePorts } from "./ports.ts";

/** The store as a thread without it sees it: calls go to the two threads that have it, events come back. */
export function storeOver({ writer, reader }: StorePorts): Store {
  const halves = { writer: rpcClient(writer), reader: rpcClient(reader) };
  return storeClient(
    {
      writer: (method, args) => halves.writer.call(method, args, contentMemory(args)),
      reader: (method, args) => halves.reader.call(method, args),
    },
    {
      onEvent: (listener) => halves.writer.onEvent((event) => listener(event as StoreEvent)),
      close: () => closePorts(halves),
    },
  );
}

/** A message on its way into the store is not needed here any more: its octets are moved, not copied. */
function contentMemory(args: readonly unknown[]): readonly ArrayBuffer[] {
  for (const arg of args) {
    if (typeof arg !== "object" || arg === null || !("content" in arg)) continue;
    const { content } = arg as { readonly content: Content };
    if (content.kind === "octets") return ownMemory(content.octets);
  }
  return [];
}

function closePorts(halves: { readonly writer: RpcClient; readonly reader: RpcClient }): Promise<void> {
  halves.writer.close();
  halves.reader.close();
  return Promise.resolve();
}
