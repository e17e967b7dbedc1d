import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Command } from "./command.ts";
import { helpText } from "./help-text.ts";
import { parseArguments } from "./parse-arguments.ts";
import { COMMANDS } from "./postern.ts";

function command(name: string, operands: readonly string[], options: Command["options"] = {}): Command {
  return { name, operands, options, summary: `does ${name}`, run: () => Promise.resolve(0) };
}

const commands: readonly Command[] = [
  command("serve", [], { "log-level": { type: "string", value: "LEVEL", text: "how much" } }),
  command("account add", ["ADDRESS"], { "password-stdin": { type: "boolean", text: "read it" } }),
  command("account app-password add", ["ADDRESS", "LABEL"]),
  command("alias add", ["ADDRESS", "TARGET…"]),
];

/** What comes of a command line: the command with its operands, `help` with its commands, or the complaint. */
function check(line: string, expected: unknown): void {
  const parsed = parseArguments(line.split(" ").filter(Boolean), commands);
  if (!parsed.ok) assert.equal(parsed.problem, expected);
  else if (parsed.value.kind === "help") assert.deepEqual(["help", parsed.value.commands.length], expected);
  else assert.deepEqual([parsed.value.command.name, ...parsed.value.given.operands], expected);
}

suite("the command line", () => {
  test("finds the command, wherever options stand", () => {
    check("serve", ["serve"]);
    check("--config x.toml serve --log-level debug", ["serve"]);
    check("account --json add a@b.test --password-stdin", ["account add", "a@b.test"]);
    check("account app-password add a@b.test phone", ["account app-password add", "a@b.test", "phone"]);
    check("alias add a@b.test c@b.test d@b.test", ["alias add", "a@b.test", "c@b.test", "d@b.test"]);
  });

  test("gives options to the command", () => {
    const parsed = parseArguments(["serve", "--log-level=debug", "--json"], commands);
    assert.ok(parsed.ok && parsed.value.kind === "run");
    assert.equal(parsed.value.given.option("log-level"), "debug");
    assert.equal(parsed.value.given.json, true);
    assert.equal(parsed.value.given.flag("password-stdin"), false);
  });

  test("an unknown command names the nearest", () => {
    check("", "Which command? `postern --help` lists them.");
    check("srve", "There is no command srve. Did you mean serve?");
    check("account ad a@b.test", "There is no command account ad. Did you mean account add?");
    check("account", "postern account: which one? add, app-password.");
    check("xyzzy", "There is no command xyzzy. `postern --help` lists the commands.");
  });

  test("an unknown or misplaced option is told", () => {
    check("serve --log-levle debug", "postern serve takes no --log-levle. Did you mean --log-level?");
    check(
      "serve --password-stdin",
      "postern serve takes no --password-stdin. Usage: postern serve [--log-level LEVEL]",
    );
    check("serve --log-level", "--log-level needs a value: LEVEL.");
    check("serve --json=yes", "--json takes no value.");
  });

  test("operands are counted", () => {
    check("account add", "ADDRESS is missing. Usage: postern account add ADDRESS [--password-stdin]");
    check("alias add a@b.test", "TARGET is missing. Usage: postern alias add ADDRESS TARGET…");
    check("serve now", 'What is "now" for? Usage: postern serve [--log-level LEVEL]');
  });

  test("help is for one command, a group, or all", () => {
    check("--help", ["help", 4]);
    check("account --help", ["help", 2]);
    check("serve --help", ["help", 1]);
  });

  test("every page of help fits 80 columns", () => {
    for (const page of [COMMANDS, ...COMMANDS.map((one) => [one])]) {
      assert.deepEqual(
        helpText(page)
          .split("\n")
          .filter((line) => line.length > 80),
        [],
      );
    }
  });

  test("the help of one command shows its options", () => {
    assert.match(
      helpText([commands[0]!]),
      /Usage: postern serve \[--log-level LEVEL\][\s\S]*--log-level LEVEL {2}how much/,
    );
    assert.match(helpText(commands), /alias add ADDRESS TARGET… +does alias add/);
  });
});
