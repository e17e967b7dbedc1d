/** Arguments of STORE, COPY, MOVE and UID EXPUNGE (RFC 3501 §6.4.6 and §6.4.7, RFC 4315, RFC 6851, RFC 7162). */
import type { Command, MailboxName } from "./command.ts";
import type { Cursor } from "./cursor.ts";
import { parseStoreFlags } from "./flag.ts";
import { LIST_ENTRIES_MAX } from "./limits.ts";
import { type NameEncoding, parseMailbox } from "./parse-mailbox.ts";
import { parseSequenceSet, type SequenceSet } from "./sequence-set.ts";

type Arguments<Name extends Command["name"]> = Omit<Extract<Command, { readonly name: Name }>, "name" | "uid">;

export function parseStore(cursor: Cursor): Arguments<"STORE"> {
  const set = parseSequenceSet(cursor);
  cursor.space();
  const unchangedSince = cursor.peek() === "(" ? parseStoreModifiers(cursor) : null;
  const operation = cursor.take("+") ? "add" : cursor.take("-") ? "remove" : "set";
  cursor.expect("FLAGS");
  const silent = cursor.take(".SILENT");
  cursor.space();
  return { set, operation, silent, flags: parseStoreFlags(cursor), unchangedSince };
}

/** `(UNCHANGEDSINCE n) ` (RFC 7162 §3.1.3). */
function parseStoreModifiers(cursor: Cursor): number | null {
  let unchangedSince: number | null = null;
  const modifier = (): void => {
    if (cursor.word("a modifier") !== "UNCHANGEDSINCE") cursor.fail("Unknown modifier of STORE");
    cursor.space();
    unchangedSince = cursor.number64();
  };
  cursor.list(modifier, LIST_ENTRIES_MAX, { mayBeEmpty: false });
  cursor.space();
  return unchangedSince;
}

export function parseCopy(
  cursor: Cursor,
  encoding: NameEncoding,
): { readonly set: SequenceSet; readonly mailbox: MailboxName } {
  const set = parseSequenceSet(cursor);
  cursor.space();
  return { set, mailbox: parseMailbox(cursor, encoding) };
}

export function parseUidExpunge(cursor: Cursor): Command {
  return { name: "EXPUNGE", uids: parseSequenceSet(cursor) };
}
