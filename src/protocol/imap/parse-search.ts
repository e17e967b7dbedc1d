/** SEARCH's program (RFC 3501 §6.4.4, RFC 4731, RFC 5032, RFC 5182, RFC 7162 §3.1.5). */
import type { Cursor } from "./cursor.ts";
import { parseDate } from "./date-time.ts";
import { LIST_ENTRIES_MAX, SEARCH_DEPTH_MAX, SEARCH_TERMS_MAX } from "./limits.ts";
import type { SearchProgram, SearchReturn, SearchTerm } from "./search-term.ts";
import { parseSequenceSet, startsSequenceSet } from "./sequence-set.ts";

const CHARSETS = ["UTF-8", "US-ASCII"];
/** `entry-name` and `entry-type-req` (RFC 7162 §3.1.5): the mod-sequence of one flag, or of the message. */
const ENTRY_TYPE = /PRIV|SHARED|ALL/iy;

export function parseSearch(cursor: Cursor): SearchProgram {
  const returns = cursor.take("RETURN ") ? parseReturn(cursor) : null;
  if (cursor.take("CHARSET ")) parseCharset(cursor);
  const parser = new TermParser(cursor);
  const term = parser.side(0);
  return { returns, term, usesModSeq: parser.usesModSeq };
}

function parseReturn(cursor: Cursor): SearchReturn {
  const returns = { min: false, max: false, all: false, count: false, save: false };
  const option = (): void => {
    const word = cursor.word("a return option");
    if (word === "MIN") returns.min = true;
    else if (word === "MAX") returns.max = true;
    else if (word === "ALL") returns.all = true;
    else if (word === "COUNT") returns.count = true;
    else if (word === "SAVE") returns.save = true;
    else cursor.fail("Unknown return option of SEARCH");
  };
  const options = cursor.list(option, LIST_ENTRIES_MAX, { mayBeEmpty: true });
  cursor.space();
  return options.length === 0 ? { ...returns, all: true } : returns;
}

function parseCharset(cursor: Cursor): void {
  const charset = cursor.astring("a charset").toUpperCase();
  if (!CHARSETS.includes(charset)) {
    cursor.fail("Texts are searched in UTF-8", { status: "NO", code: { name: "BADCHARSET", charsets: CHARSETS } });
  }
  cursor.space();
}

/** One key's parser: the word has been read, its arguments have not. */
class TermParser {
  readonly #cursor: Cursor;
  #terms = 0;
  usesModSeq = false;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** Keys side by side, up to the end or a closing parenthesis. */
  side(depth: number): SearchTerm {
    const terms: SearchTerm[] = [];
    do terms.push(this.#key(depth));
    while (this.#cursor.take(" "));
    const [only] = terms;
    return terms.length === 1 && only !== undefined ? only : { kind: "and", terms };
  }

  #key(depth: number): SearchTerm {
    const cursor = this.#cursor;
    if (++this.#terms > SEARCH_TERMS_MAX) cursor.fail("Too many search keys");
    if (depth > SEARCH_DEPTH_MAX) cursor.fail("Search keys nested too deeply");
    if (cursor.take("(")) {
      const inner = this.side(depth + 1);
      cursor.expect(")");
      return inner;
    }
    if (startsSequenceSet(cursor.peek())) return { kind: "sequence", set: parseSequenceSet(cursor) };
    const word = cursor.word("a search key");
    return FLAG_TERMS.get(word) ?? this.#withArgument(word, depth);
  }

  #withArgument(word: string, depth: number): SearchTerm {
    const cursor = this.#cursor;
    const toTerm = ARGUMENT_TERMS.get(word);
    cursor.space();
    if (toTerm !== undefined) return toTerm(cursor);
    switch (word) {
      case "NOT":
        return not(this.#key(depth + 1));
      case "OR": {
        const first = this.#key(depth + 1);
        cursor.space();
        return { kind: "or", terms: [first, this.#key(depth + 1)] };
      }
      case "MODSEQ":
        this.usesModSeq = true;
        return parseModSeq(cursor);
      default:
        cursor.fail("Unknown search key");
        return { kind: "all" };
    }
  }
}

function flag(name: string): SearchTerm {
  return { kind: "flag", flag: name };
}

function not(term: SearchTerm): SearchTerm {
  return { kind: "not", term };
}

const RECENT: SearchTerm = { kind: "recent" };

/** Keys without an argument. */
const FLAG_TERMS: ReadonlyMap<string, SearchTerm> = new Map<string, SearchTerm>([
  ["ALL", { kind: "all" }],
  ["ANSWERED", flag("\\Answered")],
  ["DELETED", flag("\\Deleted")],
  ["DRAFT", flag("\\Draft")],
  ["FLAGGED", flag("\\Flagged")],
  ["SEEN", flag("\\Seen")],
  ["UNANSWERED", not(flag("\\Answered"))],
  ["UNDELETED", not(flag("\\Deleted"))],
  ["UNDRAFT", not(flag("\\Draft"))],
  ["UNFLAGGED", not(flag("\\Flagged"))],
  ["UNSEEN", not(flag("\\Seen"))],
  ["RECENT", RECENT],
  ["OLD", not(RECENT)],
  ["NEW", { kind: "and", terms: [RECENT, not(flag("\\Seen"))] }],
]);

function header(name: string): (cursor: Cursor) => SearchTerm {
  return (cursor) => ({ kind: "header", name, text: parseText(cursor) });
}

function days(
  kind: "internal-date" | "sent-date",
  reach: (day: number) => readonly [number | null, number | null],
): (cursor: Cursor) => SearchTerm {
  return (cursor) => {
    const [fromDay, toDay] = reach(parseDate(cursor));
    return { kind, fromDay, toDay };
  };
}

/** Keys with arguments that are no keys. */
const ARGUMENT_TERMS: ReadonlyMap<string, (cursor: Cursor) => SearchTerm> = new Map<
  string,
  (cursor: Cursor) => SearchTerm
>([
  ["BCC", header("Bcc")],
  ["CC", header("Cc")],
  ["FROM", header("From")],
  ["SUBJECT", header("Subject")],
  ["TO", header("To")],
  ["HEADER", parseHeader],
  ["BODY", (cursor) => ({ kind: "body", text: parseText(cursor) })],
  ["TEXT", (cursor) => ({ kind: "text", text: parseText(cursor) })],
  ["KEYWORD", (cursor) => flag(cursor.atom("a keyword"))],
  ["UNKEYWORD", (cursor) => not(flag(cursor.atom("a keyword")))],
  ["BEFORE", days("internal-date", (day) => [null, day])],
  ["ON", days("internal-date", (day) => [day, day + 1])],
  ["SINCE", days("internal-date", (day) => [day, null])],
  ["SENTBEFORE", days("sent-date", (day) => [null, day])],
  ["SENTON", days("sent-date", (day) => [day, day + 1])],
  ["SENTSINCE", days("sent-date", (day) => [day, null])],
  ["LARGER", (cursor) => ({ kind: "larger", octets: cursor.number64() })],
  ["SMALLER", (cursor) => ({ kind: "smaller", octets: cursor.number64() })],
  ["OLDER", (cursor) => ({ kind: "older", seconds: cursor.positive() })],
  ["YOUNGER", (cursor) => ({ kind: "younger", seconds: cursor.positive() })],
  ["UID", (cursor) => ({ kind: "uid", set: parseSequenceSet(cursor) })],
]);

function parseHeader(cursor: Cursor): SearchTerm {
  const name = cursor.astring("a field name");
  cursor.space();
  return { kind: "header", name, text: parseText(cursor) };
}

/** A text to look for: UTF-8 whatever CHARSET said, as US-ASCII is part of it. */
function parseText(cursor: Cursor): string {
  return cursor.text(cursor.astring("a text"), "The text");
}

/** `MODSEQ ["/flags/\\Seen" priv|shared|all] n`. Mod-sequences here are a message's, so the entry makes no difference. */
function parseModSeq(cursor: Cursor): SearchTerm {
  if (cursor.peek() === '"') {
    cursor.string("an entry name");
    cursor.space();
    if (cursor.match(ENTRY_TYPE) === undefined) cursor.fail("Expected priv, shared or all");
    cursor.space();
  }
  return { kind: "mod-sequence", from: cursor.number64() };
}
