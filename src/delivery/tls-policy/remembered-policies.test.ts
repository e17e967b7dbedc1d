import assert from "node:assert/strict";
import { test } from "node:test";
import type { RememberedPolicy } from "./mta-sts.ts";
import { policyMemory } from "./remembered-policies.ts";

function load(read: unknown): Promise<readonly RememberedPolicy[]> {
  return policyMemory({ read: async () => read, write: async () => undefined }).load();
}

test("policies come back from their file; what is none is left out", async () => {
  const policy = { mode: "enforce", maxAgeSeconds: 1, mx: ["mx.peer.test"] };
  const good = { domain: "peer.test", id: "a", policy, fetchedAtMs: 1 };
  const bad = [
    null,
    1,
    {},
    { ...good, id: 1 },
    { ...good, policy: { ...policy, mode: "x" } },
    { ...good, policy: null },
  ];
  assert.deepEqual(await load([...bad, good]), [good]);
  assert.deepEqual(await load(undefined), []);
  assert.deepEqual(await load({ domain: "x" }), []);
});
