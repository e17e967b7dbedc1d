/** RESULTS.md, a section for each measurement: whoever measures replaces its own. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "RESULTS.md");

/** @param body Markdown without headings of the first or second level. */
export function writeSection(title: string, body: string): void {
  const [head = "", ...sections] = (existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "# What was measured\n").split(
    /^(?=## )/m,
  );
  const section = `## ${title}\n\n${body.trim()}\n\n`;
  const at = sections.findIndex((one) => one.startsWith(`## ${title}\n`));
  const rest = at === -1 ? [...sections, section] : sections.with(at, section);
  writeFileSync(PAGE, `${[head, ...rest].map((part) => part.trim()).join("\n\n")}\n`);
}
