/** The head of APPEND (RFC 3501 §6.3.11): all that stands before the octets of the message. */
import type { AppendRequest, DateTime } from "./command.ts";
import type { CommandProblem } from "./command-problem.ts";
import { Cursor } from "./cursor.ts";
import { parseDateTime } from "./date-time.ts";
import { parseFlagList } from "./flag.ts";
import { parseTag } from "./parse-command.ts";
import { type NameEncoding, parseMailbox } from "./parse-mailbox.ts";

export type AppendHead =
  | { readonly kind: "message"; readonly tag: string; readonly request: AppendRequest }
  /** The literal that follows is the mailbox name: read on. */
  | { readonly kind: "argument" }
  | { readonly kind: "problem"; readonly tag: string; readonly problem: CommandProblem }
  /** Not an APPEND. */
  | { readonly kind: "other" };

const APPEND = /APPEND /iy;
const MESSAGE_LITERAL = /(~?)\{(\d{1,10})\+?\}$/y;

/**
 * @param octets of the command up to the announcement of a literal (`{310}`), its line end not included, one a character.
 */
export function parseAppendHead(octets: string, encoding: NameEncoding): AppendHead {
  const cursor = new Cursor(octets);
  const tag = parseTag(cursor);
  if (tag === null || cursor.match(APPEND) === undefined) return { kind: "other" };
  if (cursor.match(MESSAGE_LITERAL) !== undefined) return { kind: "argument" };
  const mailbox = parseMailbox(cursor, encoding);
  cursor.space();
  const flags = cursor.peek() === "(" ? parseFlagsAndSpace(cursor) : [];
  const internalDate = cursor.peek() === '"' ? parseDateAndSpace(cursor) : null;
  const utf8 = cursor.take("UTF8 (");
  const [, binary, size] = cursor.match(MESSAGE_LITERAL) ?? [];
  if (size === undefined) cursor.fail("Expected the message as a literal");
  // RFC 6855 §4: utf8-literal is a literal8.
  if (utf8 && binary !== "~") cursor.fail("Expected a literal8 after UTF8");
  if (cursor.problem !== undefined) return { kind: "problem", tag, problem: cursor.problem };
  const request = { mailbox, flags, internalDate, sizeOctets: Number(size), binary: binary === "~", utf8 };
  return { kind: "message", tag, request };
}

function parseFlagsAndSpace(cursor: Cursor): readonly string[] {
  const flags = parseFlagList(cursor);
  cursor.space();
  return flags;
}

function parseDateAndSpace(cursor: Cursor): DateTime {
  const date = parseDateTime(cursor);
  cursor.space();
  return date;
}
