import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { ExitCode } from "./command.ts";
import { type Output, withJson } from "./output.ts";
import { runCommand } from "./postern.ts";

function recorder() {
  const [lines, values, problems]: [string[], unknown[], string[]] = [[], [], []];
  const out: Output = {
    colour: false,
    line: (text) => void lines.push(text),
    json: (value) => void values.push(value),
    problem: (text) => void problems.push(text),
  };
  return { out, lines, values, problems };
}

suite("--json everywhere", () => {
  test("wrong use is JSON on standard output, and a line for people on standard error", async () => {
    for (const words of [
      ["frobnicate", "--json"],
      ["account", "add", "--json"],
      ["ban", "198.51.100.9", "--for", "2x", "--json"],
      ["status", "--frob", "--json"],
    ]) {
      const { out, lines, values, problems } = recorder();
      assert.equal(await runCommand(words, out), 2, words.join(" "));
      assert.equal(problems.length, 1);
      assert.deepEqual([lines, values], [[], [{ ok: false, problem: "wrong-use", message: problems[0] }]]);
    }
  });

  test("without it standard output stays empty", async () => {
    const { out, lines, values } = recorder();
    assert.equal(await runCommand(["frobnicate"], out), 2);
    assert.deepEqual([lines, values], [[], []]);
  });

  test("what a command prints itself is printed once", async () => {
    const cases: readonly [ExitCode, boolean, number][] = [
      [0, false, 0],
      [1, true, 1],
      [3, false, 1],
    ];
    for (const [code, prints, expected] of cases) {
      const { out, values } = recorder();
      const run = async (told: Output): Promise<ExitCode> => {
        if (prints) told.json({ ok: true, value: [] });
        return code;
      };
      assert.equal(await withJson(out, run), code);
      assert.equal(values.length, expected);
    }
  });
});
