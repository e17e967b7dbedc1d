/** What guides name is there: commands with their options, settings, anchors of other pages. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { settingsReference } from "#config/reference-page.ts";
import type { Command } from "../../src/cli/command.ts";
import { optionsOf } from "../../src/cli/parse-arguments.ts";
import { COMMANDS } from "../../src/cli/postern.ts";

const PAGES = ["README.md", ...globSync("docs/**/*.md")].filter((page) => page !== "docs/settings.md").toSorted();

function read(page: string): string {
  return readFileSync(page, "utf8");
}

test("docs/settings.md is what the schema says (tools/generate-settings-reference.ts writes it)", () => {
  assert.equal(read("docs/settings.md"), settingsReference());
});

/** `postern …` at the beginning of a line of code, and between backticks. */
function usesOf(text: string): readonly string[] {
  const lines = text.matchAll(/^(?:mx\d\$ )?(?:\.\/|npx )?postern ([^#\n]+)/gm);
  const spans = text.matchAll(/`(?:\.\/|npx )?postern ([^`]+)`/g);
  return [...lines, ...spans].map(([, words = ""]) => words.replace(/[|<>].*$/s, ""));
}

/** The command with the longest name that the words begin with, or a group of commands; else what is wrong. */
function problemOf(use: string): string | undefined {
  const words = use.split(/\s+/).filter((word) => word !== "");
  const matching = COMMANDS.filter(({ name }) => name.split(" ").every((word, index) => words[index] === word));
  const command = matching.toSorted((left, right) => right.name.length - left.name.length)[0];
  if (command === undefined) {
    const isGroup = words.length === 1 && COMMANDS.some(({ name }) => name.startsWith(`${words[0]} `));
    return isGroup || words[0]?.startsWith("--") === true ? undefined : "no such command";
  }
  const unknown = optionsIn(words).filter((option) => !knows(command, option));
  return unknown.length === 0 ? undefined : `no ${unknown.map((option) => `--${option}`).join(", ")}`;
}

function optionsIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => /^--([a-z][a-z0-9-]*)/.exec(word)?.[1] ?? []);
}

function knows(command: Command, option: string): boolean {
  return Object.hasOwn(optionsOf(command), option) || option === "help";
}

test("every command that README and guides name is there, with its options", () => {
  const wrong = PAGES.flatMap((page) =>
    usesOf(read(page)).flatMap((use) => {
      const problem = problemOf(use);
      return problem === undefined ? [] : [`${page}: postern ${use.trim()}: ${problem}`];
    }),
  );
  assert.deepEqual(wrong, []);
  assert.equal(problemOf("account app-password add ADDRESS printer --scope smtp"), undefined);
  assert.equal(problemOf("account app-password give ADDRESS"), "no such command");
  assert.equal(problemOf("ban 192.0.2.1 --forever"), "no --forever");
});

/** Keys by section, of the page that is made from the schema. */
function settings(): ReadonlyMap<string, ReadonlySet<string>> {
  const sections = settingsReference().split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [, name = ""] = /^`\[+([a-z_]+)\]+`/.exec(section) ?? [];
      return [name, new Set([...section.matchAll(/^### `([a-z_0-9]+)`/gm)].map(([, key = ""]) => key))];
    }),
  );
}

test("every setting that README and guides name with its section is there", () => {
  const known = settings();
  assert.ok(known.get("limits")?.has("connections_total"));
  const wrong = PAGES.flatMap((page) =>
    [...read(page).matchAll(/`([a-z_]+)\.([a-z_0-9]+)(?=[ `=])/g)]
      .filter(([, section = "", key = ""]) => known.has(section) && !["md", "ts", "toml", "sqlite"].includes(key))
      .filter(([, section = "", key = ""]) => known.get(section)?.has(key) !== true)
      .map(([, section, key]) => `${page}: ${section}.${key}`),
  );
  assert.deepEqual(wrong, []);
});

/** As the common renderers make them of a heading. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\-_ ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test("links into a page lead to one of its headings", () => {
  const wrong = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)]
      .map(([, file = "", anchor = ""]) => ({ target: file === "" ? page : join(dirname(page), file), anchor }))
      .filter(({ target, anchor }) => existsSync(target) && !anchorsOf(read(target)).has(anchor))
      .map(({ target, anchor }) => `${page} -> ${target}#${anchor}`),
  );
  assert.deepEqual(wrong, []);
});
