/** Reads a list of addresses and networks, one a line: plain lists, CIDR files, with comments behind `#` or `;`. */
import { failed, ok, type Result } from "#mail/result.ts";
import { formatPrefix, type Prefix, parsePrefix } from "../network/prefix.ts";
import { entryProblemText, isTooWide } from "./entry.ts";
import { ENTRIES_MAX, IMPORT_OCTETS_MAX, IMPORT_PROBLEMS_NAMED_MAX } from "./limits.ts";

export interface BadLine {
  /** From 1. */
  readonly line: number;
  /** What stands there, cut short. */
  readonly text: string;
  readonly problem: string;
}

export interface ImportProblems {
  readonly badLines: readonly BadLine[];
  /** Bad lines beyond those named. */
  readonly more: number;
}

const SHOWN_CHARACTERS_MAX = 60;

/**
 * All of the list, each network once, or what is wrong with it: nothing is imported by halves.
 * @param protectedReason says why a network may never be banned; undefined: it may.
 */
export function parseImport(
  text: string,
  protectedReason: (prefix: Prefix) => string | undefined = () => undefined,
): Result<readonly string[], ImportProblems> {
  if (text.length > IMPORT_OCTETS_MAX) return failed(wholeFile(`the file is larger than ${IMPORT_OCTETS_MAX} octets`));
  const found = new Set<string>();
  const badLines: BadLine[] = [];
  let bad = 0;
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    const item = (line.split(/[#;]/, 1)[0] ?? "").trim();
    if (item === "") continue;
    const prefix = readItem(item, protectedReason);
    if (prefix.ok) found.add(prefix.value);
    else if (++bad <= IMPORT_PROBLEMS_NAMED_MAX) {
      badLines.push({ line: number, text: item.slice(0, SHOWN_CHARACTERS_MAX), problem: prefix.problem });
    }
  }
  if (bad > 0) return failed({ badLines, more: bad - badLines.length });
  if (found.size > ENTRIES_MAX) return failed(wholeFile(`the list has more than ${ENTRIES_MAX} entries`));
  return ok([...found]);
}

function readItem(item: string, protectedReason: (prefix: Prefix) => string | undefined): Result<string, string> {
  const prefix = parsePrefix(item);
  if (!prefix.ok) return failed(entryProblemText(prefix.problem));
  if (isTooWide(prefix.value)) return failed(entryProblemText("too-wide"));
  const reason = protectedReason(prefix.value);
  return reason === undefined ? ok(formatPrefix(prefix.value)) : failed(`never banned: ${reason}`);
}

/** One at a time: a file of 16 MiB must not become an array of lines first. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start);
    yield end < 0 ? text.slice(start) : text.slice(start, end);
    if (end < 0) return;
    start = end + 1;
  }
}

function wholeFile(problem: string): ImportProblems {
  return { badLines: [{ line: 1, text: "", problem }], more: 0 };
}
