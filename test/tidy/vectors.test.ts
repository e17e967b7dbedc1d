import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

const EXPECTED = ["dns-lists.json", "relay.json", "smtp-attacks.json", "urls.json"];

test("the vectors are there, and each can be told from the others of its file", () => {
  const names = globSync("*.json", { cwd: "test/vectors" }).toSorted();
  assert.deepEqual(names, EXPECTED);
  for (const name of names) {
    const ids = [...readFileSync(`test/vectors/${name}`, "utf8").matchAll(/"id": "([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, name);
  }
  const { vectors } = JSON.parse(readFileSync("test/vectors/relay.json", "utf8")) as { vectors: unknown[] };
  assert.ok(vectors.length >= 50, "relay.json has lost vectors");
});
