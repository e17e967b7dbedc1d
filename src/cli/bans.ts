/** `postern bans`: our own block list, and lists of others taken into it. */
import { readFile } from "node:fs/promises";
import { text as streamText } from "node:stream/consumers";
import { administer } from "./administer.ts";
import { ENTRY_OPTIONS, entryLines, readEntryOptions } from "./block-list-options.ts";
import type { Command, Invocation } from "./command.ts";
import { counted } from "./wording.ts";

/** An imported list has tens of thousands of entries; a page has fewer. */
const SHOWN_DEFAULT = 50;
/** Bad lines that are printed; JSON has more. */
const BAD_LINES_SHOWN = 20;

const list: Command = {
  name: "bans",
  operands: ["[IP|CIDR]"],
  summary: "the block list, newest first; of an address, what concerns it",
  options: {
    limit: { type: "string", value: "N", text: `entries to show; default ${SHOWN_DEFAULT}, all with --json` },
  },
  async run(invocation) {
    const [prefix = null] = invocation.operands;
    const asked = invocation.option("limit");
    const limit = asked === undefined ? (invocation.json ? null : SHOWN_DEFAULT) : Number(asked);
    if (limit !== null && !(Number.isInteger(limit) && limit > 0)) {
      invocation.out.problem(`--limit is a number from 1, not ${JSON.stringify(asked)}.`);
      return 2;
    }
    return administer(invocation, "block-list-list", { prefix, limit }, prefix ?? "The list", ({ total, entries }) => {
      for (const entry of entries) for (const line of entryLines(entry)) invocation.out.line(line);
      if (total === 0) invocation.out.line(prefix === null ? "The block list is empty." : `Nothing about ${prefix}.`);
      if (entries.length < total) invocation.out.line(`${total - entries.length} more; --limit shows them.`);
    });
  },
};

const importList: Command = {
  name: "bans import",
  operands: ["FILE"],
  summary: "bans every address and network in a file, one a line (- is standard input); all or none",
  options: ENTRY_OPTIONS,
  async run(invocation) {
    const [file = ""] = invocation.operands;
    const options = readEntryOptions(invocation, "on an imported list");
    if (options === undefined) return 2;
    const text = await readText(file, invocation);
    if (text === undefined) return 3;
    const args = { text, ...options };
    return administer(
      invocation,
      "block-list-import",
      args,
      file,
      ({ imported, badLines, more }) => {
        if (badLines.length === 0) return invocation.out.line(`${counted(imported, "network")} banned.`);
        for (const { line, text: shown, problem } of badLines.slice(0, BAD_LINES_SHOWN)) {
          invocation.out.problem(`${file}:${line}: ${shown === "" ? "" : `${shown}: `}${problem}`);
        }
        const unsaid = more + badLines.length - Math.min(badLines.length, BAD_LINES_SHOWN);
        invocation.out.problem(`${unsaid === 0 ? "" : `${unsaid} more such lines. `}Nothing was imported.`);
      },
      ({ badLines }) => badLines.length === 0,
    );
  },
};

async function readText(file: string, { out }: Invocation): Promise<string | undefined> {
  try {
    return file === "-" ? await streamText(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    out.problem(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
    return undefined;
  }
}

export const bansCommands: readonly Command[] = [list, importList];
