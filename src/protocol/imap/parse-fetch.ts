/** Arguments of FETCH (RFC 3501 §6.4.5, RFC 3516 §4.2, RFC 7162 §3.1.4). */
import type { Cursor } from "./cursor.ts";
import type { FetchItem, FetchModifiers, PartialRange, Section, SectionItem, SectionText } from "./fetch-item.ts";
import { FETCH_ITEMS_MAX, HEADER_NAMES_MAX, LIST_ENTRIES_MAX, SECTION_DEPTH_MAX } from "./limits.ts";
import { parseSequenceSet, type SequenceSet } from "./sequence-set.ts";

export interface FetchArguments {
  readonly set: SequenceSet;
  readonly items: readonly FetchItem[];
  readonly modifiers: FetchModifiers;
}

const ATTRIBUTE = /[A-Za-z0-9.]+/y;
const DIGIT = /^\d$/;
const HEADER: Section = { path: [], text: { kind: "header" } };
const TEXT: Section = { path: [], text: { kind: "text" } };
const WHOLE: Section = { path: [], text: null };

const FAST: readonly FetchItem[] = [{ kind: "flags" }, { kind: "internal-date" }, { kind: "size" }];
const ALL: readonly FetchItem[] = [...FAST, { kind: "envelope" }];
const MACROS: ReadonlyMap<string, readonly FetchItem[]> = new Map([
  ["FAST", FAST],
  ["ALL", ALL],
  ["FULL", [...ALL, { kind: "body" }]],
]);

export function parseFetch(cursor: Cursor): FetchArguments {
  const set = parseSequenceSet(cursor);
  cursor.space();
  const items = parseItems(cursor);
  const modifiers = cursor.take(" ") ? parseModifiers(cursor) : { changedSince: null, vanished: false };
  return { set, items, modifiers };
}

function parseItems(cursor: Cursor): readonly FetchItem[] {
  if (cursor.peek() === "(") {
    const item = (): FetchItem => parseItem(cursor.match(ATTRIBUTE)?.[0].toUpperCase() ?? "", cursor);
    return cursor.list(item, FETCH_ITEMS_MAX, { mayBeEmpty: false });
  }
  const word = cursor.match(ATTRIBUTE)?.[0].toUpperCase() ?? "";
  return MACROS.get(word) ?? [parseItem(word, cursor)];
}

function parseItem(word: string, cursor: Cursor): FetchItem {
  switch (word) {
    case "ENVELOPE":
      return { kind: "envelope" };
    case "FLAGS":
      return { kind: "flags" };
    case "INTERNALDATE":
      return { kind: "internal-date" };
    case "UID":
      return { kind: "uid" };
    case "MODSEQ":
      return { kind: "mod-sequence" };
    case "RFC822.SIZE":
      return { kind: "size" };
    case "RFC822":
      return { kind: "section", spelling: word, peek: false, section: WHOLE, partial: null };
    case "RFC822.HEADER":
      return { kind: "section", spelling: word, peek: true, section: HEADER, partial: null };
    case "RFC822.TEXT":
      return { kind: "section", spelling: word, peek: false, section: TEXT, partial: null };
    // RFC 1730 §6.4.5, gone since RFC 2060; Outlook says it still, and shows no mail of a server that does not know it.
    case "RFC822.PEEK":
      return { kind: "section", spelling: "RFC822", peek: true, section: WHOLE, partial: null };
    case "RFC822.TEXT.PEEK":
      return { kind: "section", spelling: "RFC822.TEXT", peek: true, section: TEXT, partial: null };
    case "BODYSTRUCTURE":
      return { kind: "body-structure" };
    case "BODY":
      return cursor.peek() === "[" ? parseBodySection(cursor, false) : { kind: "body" };
    case "BODY.PEEK":
      return parseBodySection(cursor, true);
    case "BINARY":
    case "BINARY.PEEK":
      return { kind: "binary", path: parseBinaryPath(cursor), peek: word !== "BINARY", partial: parsePartial(cursor) };
    case "BINARY.SIZE":
      return { kind: "binary-size", path: parseBinaryPath(cursor) };
    default:
      cursor.fail("Unknown FETCH item");
      return { kind: "uid" };
  }
}

function parseBodySection(cursor: Cursor, peek: boolean): SectionItem {
  cursor.expect("[");
  const path = parsePath(cursor);
  const dotted = path.length > 0 && cursor.take(".");
  const text = dotted || (path.length === 0 && cursor.peek() !== "]") ? parseSectionText(cursor) : null;
  if (text?.kind === "mime" && path.length === 0) cursor.fail("MIME needs a part number");
  cursor.expect("]");
  return { kind: "section", spelling: "BODY", peek, section: { path, text }, partial: parsePartial(cursor) };
}

function parseSectionText(cursor: Cursor): SectionText | null {
  const word = cursor.match(ATTRIBUTE)?.[0].toUpperCase();
  switch (word) {
    case "HEADER":
      return { kind: "header" };
    case "TEXT":
      return { kind: "text" };
    case "MIME":
      return { kind: "mime" };
    case "HEADER.FIELDS":
    case "HEADER.FIELDS.NOT": {
      cursor.space();
      const names = cursor.list(() => cursor.astring("a field name"), HEADER_NAMES_MAX, { mayBeEmpty: false });
      return { kind: "header-fields", not: word === "HEADER.FIELDS.NOT", names };
    }
    case undefined:
    default:
      cursor.fail("Unknown section");
      return null;
  }
}

function parseBinaryPath(cursor: Cursor): readonly number[] {
  cursor.expect("[");
  const path = parsePath(cursor);
  cursor.expect("]");
  return path;
}

/** `1.2.3`: stops before a dot that no number follows; empty where no number stands. */
function parsePath(cursor: Cursor): readonly number[] {
  const path: number[] = [];
  if (!DIGIT.test(cursor.peek())) return path;
  do {
    if (path.length === SECTION_DEPTH_MAX) cursor.fail("Too many part numbers");
    path.push(cursor.positive());
  } while (cursor.match(NEXT_NUMBER) !== undefined);
  return path;
}

const NEXT_NUMBER = /\.(?=\d)/y;

/** `<start.length>`; the length from 1 on. */
function parsePartial(cursor: Cursor): PartialRange | null {
  if (!cursor.take("<")) return null;
  const start = cursor.number64();
  cursor.expect(".");
  const length = cursor.number64();
  if (length === 0) cursor.fail("A partial needs a length from 1 on");
  cursor.expect(">");
  return { start, length };
}

function parseModifiers(cursor: Cursor): FetchModifiers {
  let changedSince: number | null = null;
  let vanished = false;
  const modifier = (): void => {
    const word = cursor.word("a modifier");
    if (word === "CHANGEDSINCE") {
      cursor.space();
      changedSince = cursor.number64();
    } else if (word === "VANISHED") vanished = true;
    else cursor.fail("Unknown modifier of FETCH");
  };
  cursor.list(modifier, LIST_ENTRIES_MAX, { mayBeEmpty: false });
  if (vanished && changedSince === null) cursor.fail("VANISHED needs CHANGEDSINCE");
  return { changedSince, vanished };
}
