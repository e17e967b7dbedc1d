/** The real embedded store in a folder that goes away with the test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "#store/sqlite/open-sqlite-store.ts";
import type { Store } from "#store/store.ts";
import { FakeClock } from "./clock.ts";

export async function openTemporaryStore(
  context: { after(run: () => Promise<void>): void },
  clock: FakeClock = new FakeClock(),
): Promise<Store> {
  const dataDir = await mkdtemp(join(tmpdir(), "postern-test-"));
  const store = await openSqliteStore({ dataDir, clock });
  context.after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });
  return store;
}
