/** What every command prints with `--json`: one shape, that of `JsonAnswer`, over a folder of its own without a server. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { Command, ExitCode } from "../../src/cli/command.ts";
import type { JsonAnswer } from "../../src/cli/output.ts";
import { COMMANDS, runCommand } from "../../src/cli/postern.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-json-"));
const settings = join(folder, "postern.toml");
const broken = join(folder, "broken.toml");
/** Nobody answers there, and says so at once. */
const NO_DNS = "127.0.0.1:1";

function settingsText(more: string): string {
  return `hostname = "mx.example.test"
data_dir = "data"
${more}
[dns]
servers = ["${NO_DNS}"]
timeout_ms = 200
[[domain]]
name = "example.test"
[[listener]]
protocol = "smtp"
bind = "127.0.0.1:0"
`;
}

before(async () => {
  writeFileSync(settings, settingsText(""));
  writeFileSync(broken, settingsText("admni = 1"));
  assert.equal((await said(["account", "add", "alice@example.test"], settings)).code, 0);
});

after(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly code: ExitCode;
  readonly values: readonly JsonAnswer[];
  readonly lines: readonly string[];
}

async function said(words: readonly string[], config: string): Promise<Said> {
  const [lines, values]: [string[], JsonAnswer[]] = [[], []];
  const code = await runCommand([...words, "--json", "--config", config], {
    colour: false,
    line: (text) => void lines.push(text),
    json: (value) => void values.push(value),
    problem: () => undefined,
  });
  return { code, lines, values };
}

function checkShape({ code, lines, values }: Said, words: readonly string[]): JsonAnswer {
  const about = `postern ${words.join(" ")}: ${JSON.stringify(values)}`;
  assert.deepEqual([lines.length, values.length], [0, 1], about);
  const [answer] = values as readonly [JsonAnswer];
  assert.deepEqual(Object.keys(answer), answer.ok ? ["ok", "value"] : ["ok", "problem", "message"], about);
  if (answer.ok) assert.notEqual(code, 2, about);
  else {
    assert.notEqual(code, 0, about);
    assert.match(answer.problem, /^[a-z][a-z0-9-]*$/, about);
    assert.notEqual(answer.message.trim(), "", about);
  }
  return answer;
}

/** What some take, so that they come as far as an answer. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  ADDRESS: ["alice@example.test"],
  DOMAIN: ["example.test"],
  "IP|CIDR": ["192.0.2.1"],
  DIR: [join(folder, "copy")],
  "[DIR]": [],
};
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  audit: ["--dns", NO_DNS, "--outside"],
  dns: ["--dns", NO_DNS],
  replay: ["--with", settings],
};

function wordsOf({ name, operands }: Command): readonly string[] {
  const given = operands.flatMap((operand) => OPERANDS[operand.replace("…", "")] ?? ["1"]);
  return [...name.split(" "), ...given, ...(OPTIONS[name] ?? [])];
}

suite("--json has one shape", () => {
  for (const command of COMMANDS) {
    // They run a server, or install one: their shape is seen where that is tried.
    if (command.name === "serve" || command.name === "setup") continue;
    test(command.name, async () => {
      const words = wordsOf(command);
      checkShape(await said(words, settings), words);
    });
  }

  test("help and version", async () => {
    for (const words of [["--help"], ["account", "--help"], ["--version"]]) {
      assert.equal(checkShape(await said(words, settings), words).ok, words[0] !== "--version");
    }
    const values: JsonAnswer[] = [];
    const out = { colour: false, line: () => assert.fail(), problem: () => undefined };
    assert.equal(await runCommand(["--version", "--json"], { ...out, json: (value) => void values.push(value) }), 0);
    assert.equal(values[0]?.ok, true);
  });

  test("bad news is a value, and the exit code says that it is bad; what could not be done is none", async () => {
    const cases: readonly [words: readonly string[], config: string, ok: boolean, code: ExitCode][] = [
      [["check-config"], settings, true, 0],
      [["check-config"], broken, true, 1],
      [["status"], settings, true, 1],
      [["why", "192.0.2.77"], settings, true, 1],
      [["verify"], settings, true, 0],
      [["status"], broken, false, 1],
      [["account", "show", "nobody@example.test"], settings, false, 1],
      [["dns", "elsewhere.example"], settings, false, 1],
      [["restore", join(folder, "not-there")], settings, false, 3],
      [["serve"], broken, false, 1],
      [["setup"], settings, false, 2],
    ];
    for (const [words, config, ok, code] of cases) {
      const answer = await said(words, config);
      assert.deepEqual([checkShape(answer, words).ok, answer.code], [ok, code], words.join(" "));
    }
  });
});
