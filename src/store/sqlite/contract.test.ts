import assert from "node:assert/strict";
import { suite } from "node:test";
import { storeContract } from "../contract.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { stoppedClock, temporaryFolder } from "./temporary-folder.ts";
import { verifySqliteStore } from "./verify.ts";

suite("the embedded store keeps the contract, and all its figures agree after each test", () => {
  storeContract(async () => {
    const dataDir = temporaryFolder();
    const store = await openSqliteStore({ dataDir, clock: stoppedClock });
    return {
      ...store,
      async close() {
        assert.deepEqual(verifySqliteStore(dataDir), []);
        await store.close();
      },
    };
  });
});
