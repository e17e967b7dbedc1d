import type { Clock } from "#ports/clock.ts";
import type { Store, StoreEvent } from "../store.ts";
import { createSqliteReader, type SqliteReader } from "./reader.ts";
import { storeClient } from "./store-methods.ts";
import { createSqliteWriter } from "./writer.ts";

/** Both halves of the embedded store in this thread: for development, tests and commands. Rejects with `StoreOpenError`. */
export async function openSqliteStore(options: {
  readonly dataDir: string;
  readonly clock: Pick<Clock, "now">;
}): Promise<Store> {
  const listeners = new Set<(event: StoreEvent) => void>();
  const emit = (event: StoreEvent) => {
    for (const listener of listeners) listener(event);
  };
  const writer = createSqliteWriter({ ...options, emit });
  let reader: SqliteReader;
  try {
    reader = createSqliteReader(options);
  } catch (error) {
    writer.close();
    throw error;
  }
  return storeClient(
    { reader: (method, args) => reader.call(method, args), writer: (method, args) => writer.call(method, args) },
    {
      onEvent(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      async close() {
        reader.close();
        writer.close();
      },
    },
  );
}
