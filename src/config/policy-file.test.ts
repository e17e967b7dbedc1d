import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { settingsFrom } from "./load.ts";
import { formatProblem } from "./problem.ts";
import { thisMachine } from "./surroundings.ts";

const folder = mkdtempSync(join(tmpdir(), "policy-file-"));
after(() => rmSync(folder, { recursive: true }));

const START = 'hostname = "mx1.example.com"\n[[domain]]\nname = "example.com"\n[delivery]\nhold = true\n';

function load(text: string): ReturnType<typeof settingsFrom> {
  return settingsFrom(`${START}${text}`, { file: join(folder, "postern.toml"), shownAs: "postern.toml" }, thisMachine);
}

function check(text: string, expected: readonly string[]): void {
  const loaded = load(text);
  const problems = loaded.ok ? loaded.value.warnings : loaded.problem;
  assert.deepEqual(
    problems.map(formatProblem).map((line) => line.replaceAll(folder, "FOLDER")),
    expected,
  );
}

suite("policy.file", () => {
  test("is none where nobody names one, and where its rule is off", () => {
    for (const text of ["", '[policy]\nfile = "not-there.ts"\n[rules]\npolicy = "off"\n']) {
      const loaded = load(text);
      assert.ok(loaded.ok);
      assert.equal(loaded.value.settings.policyFile, undefined);
    }
  });

  test("stands beside the settings, and its text is read with them", () => {
    writeFileSync(join(folder, "policy.ts"), "export default {};");
    const loaded = load('[policy]\nfile = "policy.ts"\ntimeout_ms = 200\nwhen_it_fails = "accept"\n');
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.value.settings.policyFile, {
      file: join(folder, "policy.ts"),
      source: "export default {};",
      timeoutMs: 200,
      whenItFails: "accept",
      memoryMebibytes: 64,
    });
  });

  test("that cannot be used is told of with the line that names it", () => {
    check('[policy]\nfile = "not-there.ts"\n', [
      "postern.toml:7: error: The policy file FOLDER/not-there.ts is not there. Correct the name.",
    ]);
    check('[policy]\nfile = "policy.py"\n', [
      "postern.toml:7: error: The name of FOLDER/policy.py does not say what it is. Name it policy.ts.",
    ]);
    writeFileSync(join(folder, "large.ts"), Buffer.alloc(1024 * 1024 + 1));
    check('[policy]\nfile = "large.ts"\n', [
      "postern.toml:7: error: FOLDER/large.ts is too large for a policy file. Let it import what is data from other files.",
    ]);
  });
});
