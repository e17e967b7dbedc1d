import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { type KeyPath, tomlLines } from "./toml-lines.ts";

function check(source: string, path: KeyPath, line: number): void {
  assert.equal(tomlLines(source).lineOf(path), line, JSON.stringify(path));
}

const SOURCE = `# a comment = 1
hostname = "mx" # [not] a = table
"quoted key" = 1

[limits]
a = [
  1, # ] not the end
  2,
]
b.c = """
[x]
y = 1"""
d = 'it''s' 
[[domain]]
name = "one"
[[domain]]
name = "two"
inner = { x = 1, y = { z = [ "}" ] } }
[domain.more]
key = 3
[[domain.deep]]
key = 4
[ tls . "a.b" ]
key = 5
`.replace("'it''s' ", "'it \\'");

suite("lines of TOML keys", () => {
  test("keys, tables, arrays of tables, and what is inside values", () => {
    check(SOURCE, ["hostname"], 2);
    check(SOURCE, ["quoted key"], 3);
    check(SOURCE, ["limits"], 5);
    check(SOURCE, ["limits", "a"], 6);
    check(SOURCE, ["limits", "b", "c"], 10);
    check(SOURCE, ["limits", "d"], 13);
    check(SOURCE, ["domain", 0, "name"], 15);
    check(SOURCE, ["domain", 1, "name"], 17);
    check(SOURCE, ["domain", 1, "inner", "y", "z", 0], 18);
    check(SOURCE, ["domain", 1, "more", "key"], 20);
    check(SOURCE, ["domain", 1, "deep", 0, "key"], 22);
    check(SOURCE, ["tls", "a.b", "key"], 24);
  });

  test("what is not there has the line of what is around it", () => {
    check(SOURCE, ["limits", "nothing"], 5);
    check(SOURCE, ["domain", 0, "role"], 14);
    check(SOURCE, ["nothing"], 1);
  });

  test("no text makes it throw or go on for ever", () => {
    const marks = fc.constantFrom(
      '"',
      "'",
      '"""',
      "'''",
      "[",
      "]",
      "[[",
      "]]",
      "{",
      "}",
      "=",
      ".",
      "#",
      "\n",
      "\\",
      "a",
      " ",
    );
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 60 }), (pieces) => {
        assert.ok(tomlLines(pieces.join("")).lineOf(["a"]) >= 1);
      }),
      { numRuns: 300 },
    );
  });

  test("every key of a text that a writer made is found where it stands", () => {
    const key = fc.stringMatching(/^[a-z_]{1,8}$/);
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.array(fc.string(), { maxLength: 3 }));
    fc.assert(
      fc.property(fc.dictionary(key, fc.dictionary(key, value, { minKeys: 1 }), { minKeys: 1 }), (tables) => {
        const source = stringify(tables);
        assert.deepEqual(Object.keys(parse(source)).toSorted(), Object.keys(tables).toSorted());
        const rows = source.split("\n");
        for (const [table, keys] of Object.entries(tables)) {
          for (const name of Object.keys(keys)) {
            const row = rows[tomlLines(source).lineOf([table, name]) - 1] ?? "";
            assert.ok(row.startsWith(`${name} =`), `${table}.${name} is not in ${JSON.stringify(row)}`);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
