/** LIST with its extensions, and LSUB (RFC 3501 §6.3.8, RFC 5258, RFC 5819, RFC 6154). */
import type { Command, ListRequest, ListReturn, ListSelection } from "./command.ts";
import type { Cursor } from "./cursor.ts";
import { LIST_ENTRIES_MAX, LIST_PATTERNS_MAX } from "./limits.ts";
import { decodeMailboxName } from "./mailbox-name.ts";
import { type NameEncoding, parseStatusItems } from "./parse-mailbox.ts";

/** `1*list-char`: atom characters, `]` and the wildcards. */
const LIST_ATOM = /[!#$%&'*+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+/y;

/** Options as `word` to `true`, to be overwritten one by one while they are read. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function parseList(cursor: Cursor, encoding: NameEncoding): Command {
  const selects = cursor.peek() === "(";
  const selection = selects ? parseSelection(cursor) : noSelection();
  if (selects) cursor.space();
  const reference = parseReference(cursor, encoding);
  cursor.space();
  const several = cursor.peek() === "(";
  const found = several
    ? cursor.list(() => parsePattern(cursor, encoding), LIST_PATTERNS_MAX, { mayBeEmpty: false }).flat()
    : parsePattern(cursor, encoding);
  const returning = cursor.take(" ");
  if (returning) cursor.expect("RETURN ");
  const returns = returning ? parseReturn(cursor) : noReturn();
  const extended = selects || several || returning;
  return { name: "LIST", ...patternsBehind(reference, found), extended, selection, returns };
}

export function parseLsub(cursor: Cursor, encoding: NameEncoding): Command {
  const reference = parseReference(cursor, encoding);
  cursor.space();
  return { name: "LSUB", ...patternsBehind(reference, parsePattern(cursor, encoding)) };
}

/** Undefined: in the wrong encoding. */
function parseReference(cursor: Cursor, encoding: NameEncoding): string | undefined {
  return decodeMailboxName(cursor.astring("a reference name"), encoding);
}

/** Behind a reference in the wrong encoding no pattern matches anything. */
function patternsBehind(
  reference: string | undefined,
  patterns: readonly string[],
): Pick<ListRequest, "reference" | "patterns"> {
  return reference === undefined ? { reference: "", patterns: [] } : { reference, patterns };
}

/** The pattern, or nothing where it is in the wrong encoding and so matches nothing. */
function parsePattern(cursor: Cursor, encoding: NameEncoding): readonly string[] {
  const octets = cursor.match(LIST_ATOM)?.[0] ?? cursor.string("a mailbox pattern");
  const pattern = decodeMailboxName(octets, encoding);
  return pattern === undefined ? [] : [pattern];
}

function noSelection(): Writable<ListSelection> {
  return { subscribed: false, remote: false, recursiveMatch: false, specialUse: false };
}

function parseSelection(cursor: Cursor): ListSelection {
  const selection = noSelection();
  const option = (): void => {
    const word = cursor.word("a selection option");
    if (word === "SUBSCRIBED") selection.subscribed = true;
    else if (word === "REMOTE") selection.remote = true;
    else if (word === "RECURSIVEMATCH") selection.recursiveMatch = true;
    else if (word === "SPECIAL-USE") selection.specialUse = true;
    else cursor.fail("Unknown selection option of LIST");
  };
  cursor.list(option, LIST_ENTRIES_MAX, { mayBeEmpty: true });
  // RFC 5258 §3.1: it modifies another option, and REMOTE is none of those.
  if (selection.recursiveMatch && !selection.subscribed && !selection.specialUse) {
    cursor.fail("RECURSIVEMATCH needs another selection option");
  }
  return selection;
}

function noReturn(): Writable<ListReturn> {
  return { subscribed: false, children: false, specialUse: false, status: null };
}

function parseReturn(cursor: Cursor): ListReturn {
  const returns = noReturn();
  const option = (): void => {
    const word = cursor.word("a return option");
    if (word === "SUBSCRIBED") returns.subscribed = true;
    else if (word === "CHILDREN") returns.children = true;
    else if (word === "SPECIAL-USE") returns.specialUse = true;
    else if (word === "STATUS") {
      cursor.space();
      returns.status = parseStatusItems(cursor);
    } else cursor.fail("Unknown return option of LIST");
  };
  cursor.list(option, LIST_ENTRIES_MAX, { mayBeEmpty: true });
  return returns;
}
