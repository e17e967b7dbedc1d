/** Writes docs/settings.md from the schema. `test/tidy/generated-docs.test.ts` holds the two together. */
import { writeFileSync } from "node:fs";
import { settingsReference } from "#config/reference-page.ts";

writeFileSync("docs/settings.md", settingsReference());
