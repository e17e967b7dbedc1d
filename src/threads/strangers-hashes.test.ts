import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { hashPassword } from "#identity/password-hash.ts";
import { FakeLog } from "../../test/fakes/log.ts";
import { FakeRandom } from "../../test/fakes/random.ts";
import { StrangersHashes } from "./strangers-hashes.ts";

suite("hashes of strangers, in a thread of their own", () => {
  test("the same answers as here", async (t) => {
    const hashes = new StrangersHashes(new FakeLog());
    t.after(() => hashes.close());
    const phc = await hashPassword("a swan and 3 geese", new FakeRandom());
    assert.equal(await hashes.verify(phc, ["another", "a swan and 3 geese"]), true);
    assert.equal(await hashes.verify(phc, ["another"]), false);
    await assert.rejects(hashes.verify("no hash at all", ["another"]));
    assert.equal(await hashes.verify(phc, ["a swan and 3 geese"]), true, "after one that failed");
  });

  test("who waits when it is closed is not left waiting, nor who comes afterwards", async () => {
    const hashes = new StrangersHashes(new FakeLog());
    const phc = await hashPassword("a swan and 3 geese", new FakeRandom());
    const waiting = assert.rejects(hashes.verify(phc, ["another"]), /the other thread is gone/);
    await hashes.close();
    await waiting;
    await assert.rejects(hashes.verify(phc, ["another"]), /no more/);
  });
});
