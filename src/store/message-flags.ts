/** Flags as rows hold them: the system flags as bits, keywords by name (RFC 3501 §2.3.2). */
import { KEYWORD_LENGTH_MAX, KEYWORDS_PER_MESSAGE_MAX } from "./limits.ts";
import type { Flag } from "./store.ts";

export const SEEN = 1;
export const ANSWERED = 2;
export const FLAGGED = 4;
export const DELETED = 8;
export const DRAFT = 16;

const SYSTEM_FLAGS: readonly (readonly [Flag, number])[] = [
  [String.raw`\Seen`, SEEN],
  [String.raw`\Answered`, ANSWERED],
  [String.raw`\Flagged`, FLAGGED],
  [String.raw`\Deleted`, DELETED],
  [String.raw`\Draft`, DRAFT],
];
const BIT_BY_NAME: ReadonlyMap<string, number> = new Map(SYSTEM_FLAGS.map(([name, bit]) => [name.toLowerCase(), bit]));
/** An atom (RFC 3501 §9): no space, so that a row can hold several in one text. */
const KEYWORD = /^[^\0-\x20\x7f-\uffff(){%*"\\\]]+$/;

export interface FlagSet {
  readonly bits: number;
  readonly keywords: readonly string[];
}

/** The bit of a system flag in any case; undefined for a keyword. */
export function systemFlagBit(flag: Flag): number | undefined {
  return BIT_BY_NAME.get(flag.toLowerCase());
}

/**
 * Reads flags as they come in. `spelling` gives the spelling a keyword is kept in. What is neither a system flag nor a
 * keyword is left out, \Recent among it: it is no flag a client could set. So are keywords beyond the bounds.
 */
export function flagSet(flags: readonly Flag[], spelling: (keyword: string) => string): FlagSet {
  let bits = 0;
  const keywords = new Map<string, string>();
  for (const flag of flags) {
    const bit = systemFlagBit(flag);
    if (bit !== undefined) bits |= bit;
    else if (KEYWORD.test(flag) && flag.length <= KEYWORD_LENGTH_MAX) keywords.set(flag.toLowerCase(), spelling(flag));
  }
  return { bits, keywords: [...keywords.values()].slice(0, KEYWORDS_PER_MESSAGE_MAX) };
}

export function applyFlags(old: FlagSet, operation: "set" | "add" | "remove", given: FlagSet): FlagSet {
  switch (operation) {
    case "set":
      return given;
    case "add":
      return { bits: old.bits | given.bits, keywords: union(old.keywords, given.keywords) };
    case "remove":
      return { bits: old.bits & ~given.bits, keywords: difference(old.keywords, given.keywords) };
  }
}

export function sameFlags(a: FlagSet, b: FlagSet): boolean {
  return (
    a.bits === b.bits && a.keywords.length === b.keywords.length && difference(a.keywords, b.keywords).length === 0
  );
}

/** The row's two columns as flags. */
export function flagNames(bits: number, keywords: string | null): Flag[] {
  const names: Flag[] = [];
  for (const [name, bit] of SYSTEM_FLAGS) if ((bits & bit) !== 0) names.push(name);
  if (keywords !== null) names.push(...keywords.split(" "));
  return names;
}

export function keywordColumn(keywords: readonly string[]): string | null {
  return keywords.length === 0 ? null : keywords.join(" ");
}

export function keywordsOfColumn(column: string | null): readonly string[] {
  return column === null ? [] : column.split(" ");
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...a, ...difference(b, a)].slice(0, KEYWORDS_PER_MESSAGE_MAX);
}

function difference(a: readonly string[], b: readonly string[]): readonly string[] {
  const taken = new Set(b.map((keyword) => keyword.toLowerCase()));
  return a.filter((keyword) => !taken.has(keyword.toLowerCase()));
}
