import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeRandom } from "../../../test/fakes/random.ts";
import { SEAL_KEY_OCTETS, seal, unseal } from "./seal.ts";

test("what is sealed opens with the same key, for the same owner, unchanged; with nothing else", () => {
  const random = new FakeRandom();
  const key = random.bytes(SEAL_KEY_OCTETS);
  const secret = Buffer.from("a secret of anybody");
  const sealed = Buffer.from(seal(secret, key, "alice", random));
  assert.ok(!sealed.includes("secret"));
  assert.deepEqual(Buffer.from(unseal(sealed, key, "alice") ?? []), secret);
  assert.equal(unseal(sealed, key, "bob"), undefined);
  assert.equal(unseal(sealed, random.bytes(SEAL_KEY_OCTETS), "alice"), undefined);
  assert.equal(unseal(sealed.subarray(0, 20), key, "alice"), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    assert.equal(unseal(changed, key, "alice"), undefined, `octet ${at}`);
  }
});
