/** Sets of message numbers or UIDs (RFC 3501 §9 `sequence-set`) and what SEARCH saved (RFC 5182). */
import type { Cursor } from "./cursor.ts";
import { SEQUENCE_RANGES_MAX } from "./limits.ts";

/** 1 to 4,294,967,295, or `*`: the largest number in use. */
type SequenceNumber = number | "*";

export type SequenceSet =
  /** `$` */
  | { readonly kind: "saved" }
  /** As written: ranges may stand in any order, overlap, and run backwards. */
  | { readonly kind: "ranges"; readonly ranges: readonly SequenceRange[] };

export type SequenceRange = readonly [SequenceNumber, SequenceNumber];

/** Whether a sequence set can start with this character. */
export function startsSequenceSet(character: string): boolean {
  return /^[1-9*$]$/.test(character);
}

export function parseSequenceSet(cursor: Cursor): SequenceSet {
  if (cursor.take("$")) return { kind: "saved" };
  const ranges: SequenceRange[] = [];
  do {
    if (ranges.length === SEQUENCE_RANGES_MAX) cursor.fail("Too many ranges in a sequence set");
    const first = parseSequenceNumber(cursor);
    ranges.push([first, cursor.take(":") ? parseSequenceNumber(cursor) : first]);
  } while (cursor.take(","));
  return { kind: "ranges", ranges };
}

function parseSequenceNumber(cursor: Cursor): SequenceNumber {
  return cursor.take("*") ? "*" : cursor.positive();
}

/**
 * The set as ascending ranges that neither touch nor overlap.
 *
 * @param largest what `*` stands for; 0 in an empty mailbox, where no set holds anything.
 */
export function resolveRanges(ranges: readonly SequenceRange[], largest: number): [number, number][] {
  if (largest === 0) return [];
  const ascending = ranges
    .map((range) => range.map((number) => (number === "*" ? largest : number)) as [number, number])
    .map(([a, b]): [number, number] => (a <= b ? [a, b] : [b, a]))
    .toSorted(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [from, to] of ascending) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** `1:3,5`: numbers that follow each other by one become a range. Order is kept, as APPENDUID and COPYUID need. */
export function formatNumbers(numbers: ArrayLike<number>): string {
  const ranges: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    const start = i++;
    while (i < numbers.length && numbers[i] === (numbers[i - 1] ?? 0) + 1) i++;
    ranges.push(i - start === 1 ? `${numbers[start]}` : `${numbers[start]}:${numbers[i - 1]}`);
  }
  return ranges.join(",");
}
