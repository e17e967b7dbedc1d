import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lastingSecret } from "./lasting-secret.ts";
import { systemRandom } from "./system-random.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-secret-"));
after(() => rmSync(folder, { recursive: true }));

test("a secret is made once, for its owner alone, whoever asks at the same time", async () => {
  const path = join(folder, "keys", "one.key");
  const all = await Promise.all(Array.from({ length: 8 }, () => lastingSecret(path, 32, systemRandom)));
  for (const secret of all) assert.deepEqual(secret, all[0]);
  assert.equal(all[0]?.length, 32);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(folder, "keys")), ["one.key"]);
  assert.notDeepEqual(await lastingSecret(join(folder, "keys", "two.key"), 32, systemRandom), all[0]);
});
