import { type RpcClient, rpcClient } from "#platform/threads/rpc.ts";
import { storeClient } from "#store/sqlite/store-methods.ts";
import type { Store, StoreEvent } from "#store/store.ts";
import type { StorePorts } from "./ports.ts";

/** The store as a thread without it sees it: calls go to the two threads that have it, events come back. */
export function storeOver({ writer, reader }: StorePorts): Store {
  const halves = { writer: rpcClient(writer), reader: rpcClient(reader) };
  return storeClient(
    { writer: halves.writer.call, reader: halves.reader.call },
    {
      onEvent: (listener) => halves.writer.onEvent((event) => listener(event as StoreEvent)),
      close: () => closePorts(halves),
    },
  );
}

function closePorts(halves: { readonly writer: RpcClient; readonly reader: RpcClient }): Promise<void> {
  halves.writer.close();
  halves.reader.close();
  return Promise.resolve();
}
