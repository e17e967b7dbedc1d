import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { jsonFile } from "./json-file.ts";

test("a file that is written as a whole: nothing, the last value, and nothing again where it is broken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-json-"));
  const path = join(folder, "file.json");
  const file = jsonFile(path);
  assert.equal(await file.read(), undefined);
  await file.write({ a: 1 });
  await file.write({ a: 2 });
  assert.deepEqual(await jsonFile(path).read(), { a: 2 });
  assert.deepEqual(readdirSync(folder), ["file.json"]);
  writeFileSync(path, '{"a":');
  assert.equal(await file.read(), undefined);
  rmSync(folder, { recursive: true });
  await assert.rejects(file.write({}));
});
