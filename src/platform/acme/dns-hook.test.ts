import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runDnsHook } from "./dns-hook.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-hook-"));
after(() => rmSync(folder, { recursive: true }));

function hook(script: string): string {
  const file = join(folder, "hook");
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

test("says what to do as arguments and in the environment, with no shell between", async () => {
  const said = join(folder, "said");
  const program = hook(`printf '%s|' "$#" "$@" "$ACME_ACTION" "$ACME_NAME" "$ACME_VALUE" > ${said}`);
  await runDnsHook(program, "present", "_acme-challenge.example.com", "a; echo b $(id)");
  const value = "a; echo b $(id)";
  const name = "_acme-challenge.example.com";
  assert.equal(readFileSync(said, "latin1"), `3|present|${name}|${value}|present|${name}|${value}|`);
});

test("a hook that fails is told with what it said", async () => {
  const program = hook("echo no such zone >&2; exit 3");
  await assert.rejects(runDnsHook(program, "remove", "n", "v"), /remove n ended with 3: no such zone/);
});

test("a hook that is not there is told", async () => {
  await assert.rejects(runDnsHook(join(folder, "none"), "present", "n", "v"), /cannot be run/);
});
