/** What every file of the project keeps to. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const LINES_MAX = 400;
/** Lists that somebody else would split for no reason. */
const MAY_BE_LONG = ["package-lock.json"];

const own = (patterns: readonly string[]): readonly string[] =>
  globSync([...patterns], { exclude: ["node_modules/**", "dist/**", "coverage/**", "postern-data/**"] }).toSorted();

const code = own(["{src,test,tools,bench}/**/*.ts", "bin/*.js"]);
const pages = own(["*.md", "docs/**/*.md"]);

test("no file of code has more than 400 lines: one idea a file", () => {
  const long = code.map((file) => [file, readFileSync(file, "utf8").split("\n").length - 1] as const);
  assert.deepEqual(
    long.filter(([, lines]) => lines > LINES_MAX),
    [],
  );
});

test("no file names a folder of the machine it was written on, or a package registry", () => {
  const machine = new RegExp(String.raw`(?:^|["'\s(=])/(?:work|root|home/\w+|Users/\w+)/|regis${""}try\.\w+\.\w+`, "m");
  const everything = own(["**/*.{ts,js,json,md,toml,yml}", ".ci/*", "postern"]).filter(
    (file) => !MAY_BE_LONG.includes(file),
  );
  assert.deepEqual(
    everything.filter((file) => machine.test(readFileSync(file, "utf8"))),
    [],
  );
});

test("file names are in kebab-case", () => {
  assert.deepEqual(
    code.filter((file) => !/^(?:[a-z0-9-]+\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test(?:-data)?)?\.(?:ts|js)$/.test(file)),
    [],
  );
});

test("no test is skipped, left for later or run alone", () => {
  const marks = /\b(?:test|suite|it|describe)\.(?:skip|todo|only)\b|\bskip: (?:true|["'`])/;
  const tests = code.filter((file) => file.endsWith(".test.ts") && !file.startsWith("test/tidy/"));
  assert.deepEqual(
    tests.filter((file) => marks.test(readFileSync(file, "utf8"))),
    [],
  );
});

test("links in the pages lead to files that are there", () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(dirname(page), target)))
      .map((target) => `${page} -> ${target}`),
  );
  assert.deepEqual(broken, []);
});
