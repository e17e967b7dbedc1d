/** Flags in commands (RFC 3501 §9 `flag`). */
import type { Cursor } from "./cursor.ts";
import { FLAG_OCTETS_MAX, FLAGS_MAX } from "./limits.ts";

/** Lower case to canonical. \Recent is not among them: no client may set it (§2.3.2). */
const SYSTEM_FLAGS: ReadonlyMap<string, string> = new Map(
  ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"].map((flag) => [flag.toLowerCase(), flag]),
);

/** One flag, system flags in canonical case, keywords as written. */
function parseFlag(cursor: Cursor): string {
  const backslash = cursor.take("\\");
  const word = cursor.atom("a flag");
  if (word.length > FLAG_OCTETS_MAX) cursor.fail("Flag too long");
  if (!backslash) return word;
  const flag = SYSTEM_FLAGS.get(`\\${word.toLowerCase()}`);
  if (flag === undefined) cursor.fail("No such system flag, or one that clients cannot set");
  return flag ?? "";
}

/** `flag-list`: in parentheses, may be empty. Each flag once. */
export function parseFlagList(cursor: Cursor): readonly string[] {
  return distinct(cursor.list(() => parseFlag(cursor), FLAGS_MAX, { mayBeEmpty: true }));
}

/** What STORE takes: a `flag-list`, or flags side by side. */
export function parseStoreFlags(cursor: Cursor): readonly string[] {
  if (cursor.peek() === "(") return parseFlagList(cursor);
  const flags: string[] = [];
  do {
    if (flags.length === FLAGS_MAX) cursor.fail("Too many flags");
    flags.push(parseFlag(cursor));
  } while (cursor.take(" "));
  return distinct(flags);
}

/** Flags are the same in any case (RFC 3501 §2.3.2); the first spelling counts. */
function distinct(flags: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const flag of flags) if (!seen.has(flag.toLowerCase())) seen.set(flag.toLowerCase(), flag);
  return [...seen.values()];
}
