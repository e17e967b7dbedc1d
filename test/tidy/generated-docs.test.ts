import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { settingsReference } from "#config/reference-page.ts";
import { COMMANDS } from "../../src/cli/postern.ts";

test("docs/settings.md is what the schema says (tools/generate-settings-reference.ts writes it)", () => {
  assert.equal(readFileSync("docs/settings.md", "utf8"), settingsReference());
});

test("every command that README and guides name is there", () => {
  const words = new Set(COMMANDS.map(({ name }) => name.split(" ")[0]));
  const pages = ["README.md", "docs/getting-started.md", "docs/accounts.md", "docs/tls.md", "docs/troubleshooting.md"];
  const unknown = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/^(?:\.\/|npx )?postern ([a-z][a-z-]*)/gm)]
      .map(([, word = ""]) => word)
      .filter((word) => !words.has(word))
      .map((word) => `${page}: postern ${word}`),
  );
  assert.deepEqual(unknown, []);
});
