/**
 * Evaluation of a search: what rows tell is asked first, what has to be read from messages only for those still in doubt,
 * and in slices, so that other reads have their turn.
 */
import { foldForSearch } from "#mail/text/search-text.ts";
import { SEARCH_SLICE_OCTETS, SEARCH_SLICE_QUESTIONS, SEARCH_SLICE_ROWS } from "./limits.ts";
import { keywordsOfColumn, systemFlagBit } from "./message-flags.ts";
import { type MessageSource, MessageText, type Steps } from "./message-text.ts";
import type { SearchKey } from "./search-key.ts";
import type { Uid } from "./store.ts";

/** What the store knows of a message without reading it. */
export interface SearchRow {
  readonly uid: Uid;
  readonly flags: number;
  readonly keywords: string | null;
  readonly modSeq: number;
  readonly internalDateMs: number;
  readonly sizeOctets: number;
  /** Days since 1970-01-01 as the Date field says. */
  readonly sentDay: number | null;
  readonly source: MessageSource;
}

export interface SearchedFolder {
  /** Rows with UIDs above `afterUid`, ascending; at most `limit`. */
  rowsAfter(afterUid: Uid, limit: number): readonly SearchRow[];
}

type RowTest = { readonly kind: "row"; readonly matches: (row: SearchRow) => boolean };
type TextTest = { readonly kind: "text"; readonly matches: (row: SearchRow, text: MessageText) => Steps<boolean> };
type Test = RowTest | TextTest;

const MS_PER_DAY = 86_400_000;

/** UIDs that match, ascending. @param nextTurn resolves when others have had their turn. */
export async function searchFolder(
  folder: SearchedFolder,
  key: SearchKey,
  nextTurn: () => Promise<void>,
): Promise<Uint32Array> {
  const test = compile(key);
  const questionsPerRow = countQuestions(key);
  const found: Uid[] = [];
  let octets = 0;
  let questions = 0;
  for (let after = 0; ; ) {
    const rows = folder.rowsAfter(after, SEARCH_SLICE_ROWS);
    for (const row of rows) {
      questions += questionsPerRow;
      if (questions >= SEARCH_SLICE_QUESTIONS) {
        questions = 0;
        await nextTurn();
      }
      if (test.kind === "row") {
        if (test.matches(row)) found.push(row.uid);
        continue;
      }
      const steps = test.matches(row, new MessageText(row.source));
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        octets += step.value;
        if (octets < SEARCH_SLICE_OCTETS) continue;
        octets = 0;
        await nextTurn();
      }
      if (step.value) found.push(row.uid);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < SEARCH_SLICE_ROWS) return Uint32Array.from(found);
    after = last.uid;
    await nextTurn();
  }
}

/** Keys that a row, or its message, is held against. */
function countQuestions(key: SearchKey): number {
  if (key.kind === "not") return countQuestions(key.key);
  if (key.kind !== "and" && key.kind !== "or") return 1;
  return key.keys.reduce((count, child) => count + countQuestions(child), 0);
}

function compile(key: SearchKey): Test {
  switch (key.kind) {
    case "all":
      return byRow(() => true);
    case "uids":
      return byRow(({ uid }) => isInRanges(uid, key.ranges));
    case "flag":
      return byRow(flagTest(key.flag));
    case "internal-date":
      return byRow(({ internalDateMs }) => isDayIn(Math.floor(internalDateMs / MS_PER_DAY), key));
    case "sent-date":
      return byRow(({ sentDay }) => sentDay !== null && isDayIn(sentDay, key));
    case "larger":
      return byRow(({ sizeOctets }) => sizeOctets > key.octets);
    case "smaller":
      return byRow(({ sizeOctets }) => sizeOctets < key.octets);
    case "mod-sequence":
      return byRow(({ modSeq }) => modSeq >= key.from);
    case "older":
      return byRow(({ internalDateMs }) => internalDateMs < key.beforeMs);
    case "younger":
      return byRow(({ internalDateMs }) => internalDateMs >= key.sinceMs);
    case "header":
    case "body":
    case "text":
      return compileText(key);
    case "not":
      return negated(compile(key.key));
    case "and":
      return allOf(key.keys.map(compile));
    case "or":
      return negated(allOf(key.keys.map((child) => negated(compile(child)))));
  }
}

function compileText(key: Extract<SearchKey, { kind: "header" | "body" | "text" }>): Test {
  const wanted = foldForSearch(key.text);
  switch (key.kind) {
    case "header": {
      const name = key.name.toLowerCase();
      return { kind: "text", matches: (_, text) => text.fieldHolds(name, wanted) };
    }
    case "body":
      return { kind: "text", matches: (_, text) => text.bodyHolds(wanted) };
    case "text":
      return {
        kind: "text",
        *matches(_, text) {
          return (yield* text.headerHolds(wanted)) || (yield* text.bodyHolds(wanted));
        },
      };
  }
}

function byRow(matches: (row: SearchRow) => boolean): RowTest {
  return { kind: "row", matches };
}

function negated(test: Test): Test {
  if (test.kind === "row") return byRow((message) => !test.matches(message));
  return {
    kind: "text",
    *matches(message, text) {
      return !(yield* test.matches(message, text));
    },
  };
}

/** Those that rows answer go first: they decide whether a message is read at all. */
function allOf(tests: readonly Test[]): Test {
  const rowTests = tests.filter((test) => test.kind === "row");
  const textTests = tests.filter((test) => test.kind === "text");
  const rowsMatch = (message: SearchRow) => rowTests.every(({ matches }) => matches(message));
  if (textTests.length === 0) return byRow(rowsMatch);
  return {
    kind: "text",
    *matches(message, text) {
      if (!rowsMatch(message)) return false;
      for (const test of textTests) if (!(yield* test.matches(message, text))) return false;
      return true;
    },
  };
}

function flagTest(flag: string): (row: SearchRow) => boolean {
  const bit = systemFlagBit(flag);
  if (bit !== undefined) return ({ flags }) => (flags & bit) !== 0;
  const folded = flag.toLowerCase();
  return ({ keywords }) => keywords !== null && foldedKeywords(keywords).has(folded);
}

/** Of the row that was asked last: a thousand keys ask the same one. */
let lastKeywords: { readonly column: string; readonly folded: ReadonlySet<string> } | undefined;

function foldedKeywords(column: string): ReadonlySet<string> {
  if (lastKeywords?.column !== column) {
    lastKeywords = { column, folded: new Set(keywordsOfColumn(column.toLowerCase())) };
  }
  return lastKeywords.folded;
}

/** By halves: a client may name every second message of a large folder. */
function isInRanges(uid: Uid, ranges: readonly (readonly [Uid, Uid])[]): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] ?? [0, 0];
    if (uid < first) high = middle;
    else if (uid > last) low = middle + 1;
    else return true;
  }
  return false;
}

function isDayIn(day: number, range: { readonly fromDay: number | null; readonly toDay: number | null }): boolean {
  return (range.fromDay === null || day >= range.fromDay) && (range.toDay === null || day < range.toDay);
}
