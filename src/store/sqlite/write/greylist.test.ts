import assert from "node:assert/strict";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Database } from "../database.ts";
import { openForWriting } from "../open-database.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { greylistOperations } from "./greylist.ts";

const EVER = { waitingSinceMs: 0, knownSinceMs: 0 };
const ABOUT = { mailFrom: "", client: "198.51.100.7", clientName: "mail.sender.example", decision: "" };

suite("the bounds of the greylist", () => {
  test("beyond its bound nobody new is made to wait, and those who wait are not forgotten", (t) => {
    const { greylist } = open(t);
    const tryOf = (key: string) => greylist.putGreylistTry(key, ABOUT, 10, EVER)?.tries;
    assert.deepEqual(["a", "b", "c", "d", "a"].map(tryOf), [1, 1, 1, undefined, 2]);
    greylist.putGreylistKnown(["b"], "waited", ABOUT, 20);
    assert.deepEqual(["d", "e"].map(tryOf), [1, undefined]);
  });

  test("beyond its bound nobody new is known, until the oldest are forgotten", (t) => {
    const { greylist, keys } = open(t);
    for (const [atMs, key] of ["a", "b", "c", "d"].entries())
      greylist.putGreylistKnown([key], "delivered", ABOUT, atMs);
    assert.deepEqual(keys(), ["a", "b", "c"]);
    assert.equal(greylist.pruneGreylist(EVER), 1);
    assert.equal(greylist.pruneGreylist(EVER), 0);
    greylist.putGreylistKnown(["d"], "delivered", ABOUT, 5);
    assert.deepEqual(keys(), ["b", "c", "d"]);
  });
});

function open(t: { after(run: () => void): void }) {
  const db: Database = openForWriting(join(temporaryFolder(), "store.sqlite"));
  t.after(() => db.close());
  const keys = () => db.all<{ key: string }>("SELECT key FROM greylist ORDER BY key").map(({ key }) => key);
  return { greylist: greylistOperations({ db }, { waitingMax: 3, knownMax: 3, knownKept: 2 }), keys };
}
