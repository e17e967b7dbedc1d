import assert from "node:assert/strict";
import { test } from "node:test";
import { runProgram } from "./run-program.ts";

const sh = (script: string, timeoutMs = 10_000) => runProgram("/bin/sh", ["-c", script], { timeoutMs });

test("what a program said, or why it failed", async () => {
  assert.deepEqual(await sh("echo done"), { ok: true, value: "done\n" });
  assert.deepEqual(await sh("echo no such zone >&2; exit 3"), {
    ok: false,
    problem: "/bin/sh ended with 3: no such zone",
  });
  const missing = await runProgram("/nonexistent", [], { timeoutMs: 1000 });
  assert.match(missing.ok ? "" : missing.problem, /cannot be run/);
});

test("a program that never ends is ended, and so is one that leaves its output to another", async () => {
  const startedMs = performance.now();
  const endless = await sh("exec sleep 60", 100);
  assert.deepEqual(endless, { ok: false, problem: "/bin/sh was ended by SIGKILL: it said nothing" });
  assert.deepEqual(await sh("sleep 20 & echo done"), { ok: true, value: "done\n" });
  assert.ok(performance.now() - startedMs < 10_000);
});

test("secrets of ours are no business of a program", async () => {
  process.env["POSTERN_TEST_SECRET"] = "a key";
  const said = await sh("env");
  assert.equal(said.ok && said.value.includes("POSTERN_TEST_SECRET"), false);
});
