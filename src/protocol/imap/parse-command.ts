/** One complete command, its literals in line, to its value. Each family of commands has a file; this one knows their names. */
import type { Command, TaggedCommand } from "./command.ts";
import type { CommandProblem } from "./command-problem.ts";
import { Cursor } from "./cursor.ts";
import { TAG_OCTETS_MAX } from "./limits.ts";
import { parseFetch } from "./parse-fetch.ts";
import { parseList, parseLsub } from "./parse-list.ts";
import {
  type NameEncoding,
  parseCreate,
  parseMailbox,
  parseRename,
  parseSelect,
  parseStatus,
} from "./parse-mailbox.ts";
import { parseSearch } from "./parse-search.ts";
import { parseAuthenticate, parseEnable, parseId, parseLogin } from "./parse-session.ts";
import { parseCopy, parseStore, parseUidExpunge } from "./parse-store.ts";

export type ParsedCommand =
  | ({ readonly ok: true } & TaggedCommand)
  /** `tag`: null where not even that could be read. */
  | { readonly ok: false; readonly tag: string | null; readonly problem: CommandProblem };

/** ASTRING-CHAR except `+` (RFC 3501 §9 `tag`). */
const TAG = /[!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+(?= )/y;

/**
 * @param octets the command without its final CRLF, one octet a character (Latin-1). APPEND is `parseAppendHead`'s.
 * Never throws; in time linear in the octets.
 */
export function parseCommand(octets: string, encoding: NameEncoding): ParsedCommand {
  const cursor = new Cursor(octets);
  const tag = parseTag(cursor);
  if (tag === null) return { ok: false, tag, problem: { status: "BAD", text: "Expected a tag and a command" } };
  const command = parseNamed(cursor, encoding);
  cursor.expectEnd();
  if (cursor.problem !== undefined || command === undefined) {
    return {
      ok: false,
      tag,
      problem: cursor.problem ?? { status: "BAD", text: "Unknown command, or nothing behind it" },
    };
  }
  return { ok: true, tag, command };
}

/** The tag and the space behind it; null where there is none. */
export function parseTag(cursor: Cursor): string | null {
  const tag = cursor.match(TAG)?.[0];
  if (tag === undefined || tag.length > TAG_OCTETS_MAX) return null;
  cursor.space();
  return tag;
}

function parseNamed(cursor: Cursor, encoding: NameEncoding): Command | undefined {
  const name = cursor.word("a command");
  switch (name) {
    case "CAPABILITY":
    case "NOOP":
    case "LOGOUT":
    case "STARTTLS":
    case "NAMESPACE":
    case "IDLE":
    case "CHECK":
    case "CLOSE":
    case "UNSELECT":
      return { name };
    case "EXPUNGE":
      return { name, uids: null };
    case "UID":
      cursor.space();
      return parseUid(cursor, encoding);
    default:
      // All others have arguments.
      if (!cursor.take(" ")) return undefined;
      return parseWithArguments(name, cursor, encoding);
  }
}

function parseWithArguments(name: string, cursor: Cursor, encoding: NameEncoding): Command | undefined {
  switch (name) {
    case "ID":
      return parseId(cursor);
    case "AUTHENTICATE":
      return parseAuthenticate(cursor);
    case "LOGIN":
      return parseLogin(cursor);
    case "ENABLE":
      return parseEnable(cursor);
    case "SELECT":
    case "EXAMINE":
      return parseSelect(name, cursor, encoding);
    case "CREATE":
      return parseCreate(cursor, encoding);
    case "DELETE":
    case "SUBSCRIBE":
    case "UNSUBSCRIBE":
      return { name, mailbox: parseMailbox(cursor, encoding) };
    case "RENAME":
      return parseRename(cursor, encoding);
    case "LIST":
      return parseList(cursor, encoding);
    case "LSUB":
      return parseLsub(cursor, encoding);
    case "STATUS":
      return parseStatus(cursor, encoding);
    default:
      return parseOnMessages(name, cursor, { uid: false, encoding });
  }
}

function parseUid(cursor: Cursor, encoding: NameEncoding): Command | undefined {
  const name = cursor.word("a command after UID");
  cursor.space();
  return name === "EXPUNGE" ? parseUidExpunge(cursor) : parseOnMessages(name, cursor, { uid: true, encoding });
}

/** The commands that UID may stand in front of (RFC 3501 §6.4.8). */
function parseOnMessages(
  name: string,
  cursor: Cursor,
  { uid, encoding }: { readonly uid: boolean; readonly encoding: NameEncoding },
): Command | undefined {
  switch (name) {
    case "SEARCH":
      return { name, uid, ...parseSearch(cursor) };
    case "FETCH":
      return { name, uid, ...parseFetch(cursor) };
    case "STORE":
      return { name, uid, ...parseStore(cursor) };
    case "COPY":
    case "MOVE":
      return { name, uid, ...parseCopy(cursor, encoding) };
    default:
      cursor.rest();
      return undefined;
  }
}
