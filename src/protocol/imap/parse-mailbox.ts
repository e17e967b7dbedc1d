/** Arguments of the commands about one mailbox: SELECT, CREATE, RENAME, STATUS and their kin. */
import type { Command, MailboxName, QresyncParameter, SelectParameters, StatusItem } from "./command.ts";
import type { Cursor } from "./cursor.ts";
import { LIST_ENTRIES_MAX } from "./limits.ts";
import { decodeMailboxName } from "./mailbox-name.ts";
import { parseSequenceSet } from "./sequence-set.ts";

/** How mailbox names are written in this session: `utf8` once UTF8=ACCEPT is enabled, else modified UTF-7. */
export interface NameEncoding {
  readonly utf8: boolean;
}

const STATUS_ITEMS: readonly StatusItem[] = [
  "MESSAGES",
  "RECENT",
  "UIDNEXT",
  "UIDVALIDITY",
  "UNSEEN",
  "HIGHESTMODSEQ",
  "SIZE",
  "DELETED",
];

/** `mailbox` (RFC 3501 §9). A name in the wrong encoding can never exist: NO [CANNOT], not a syntax error. */
export function parseMailbox(cursor: Cursor, encoding: NameEncoding): MailboxName {
  const name = decodeMailboxName(cursor.astring("a mailbox name"), encoding);
  if (name === undefined) {
    const expected = encoding.utf8 ? "UTF-8" : "modified UTF-7";
    cursor.fail(`The mailbox name is not ${expected}`, { status: "NO", code: { name: "CANNOT" } });
  }
  return name ?? "";
}

/** RFC 3501 §6.3.1, RFC 4466 §2.1. */
export function parseSelect(name: "SELECT" | "EXAMINE", cursor: Cursor, encoding: NameEncoding): Command {
  const mailbox = parseMailbox(cursor, encoding);
  let parameters: SelectParameters = { condstore: false, qresync: null };
  if (cursor.take(" ")) {
    const parameter = (): void => {
      const word = cursor.word("a parameter");
      if (word === "CONDSTORE") parameters = { ...parameters, condstore: true };
      else if (word === "QRESYNC") parameters = { ...parameters, qresync: parseQresync(cursor) };
      else cursor.fail(`Unknown parameter of ${name}`);
    };
    cursor.list(parameter, LIST_ENTRIES_MAX, { mayBeEmpty: false });
  }
  return { name, mailbox, parameters };
}

/** ` (uidvalidity modseq [known-uids] [(sequences uids)])` (RFC 7162 §7). */
function parseQresync(cursor: Cursor): QresyncParameter {
  cursor.space();
  cursor.expect("(");
  const uidValidity = cursor.positive();
  cursor.space();
  const modSeq = cursor.number64();
  let more = cursor.take(" ");
  const knownUids = more && cursor.peek() !== "(" ? parseSequenceSet(cursor) : null;
  if (knownUids !== null) more = cursor.take(" ");
  const sequenceMatch = more ? parseSequenceMatch(cursor) : null;
  cursor.expect(")");
  return { uidValidity, modSeq, knownUids, sequenceMatch };
}

function parseSequenceMatch(cursor: Cursor): NonNullable<QresyncParameter["sequenceMatch"]> {
  cursor.expect("(");
  const sequences = parseSequenceSet(cursor);
  cursor.space();
  const uids = parseSequenceSet(cursor);
  cursor.expect(")");
  return { sequences, uids };
}

/** RFC 3501 §6.3.3, RFC 6154 §3: `name (USE (\Sent …))`. */
export function parseCreate(cursor: Cursor, encoding: NameEncoding): Command {
  const mailbox = parseMailbox(cursor, encoding);
  let uses: readonly string[] | null = null;
  if (cursor.take(" ")) {
    const parameter = (): void => {
      if (cursor.word("a parameter") !== "USE") cursor.fail("Unknown parameter of CREATE");
      cursor.space();
      uses = cursor.list(() => parseUse(cursor), LIST_ENTRIES_MAX, { mayBeEmpty: true });
    };
    cursor.list(parameter, LIST_ENTRIES_MAX, { mayBeEmpty: false });
  }
  return { name: "CREATE", mailbox, uses };
}

function parseUse(cursor: Cursor): string {
  cursor.expect("\\");
  return `\\${cursor.atom("a special use")}`;
}

/** RFC 3501 §6.3.5. */
export function parseRename(cursor: Cursor, encoding: NameEncoding): Command {
  const mailbox = parseMailbox(cursor, encoding);
  cursor.space();
  return { name: "RENAME", mailbox, newMailbox: parseMailbox(cursor, encoding) };
}

/** RFC 3501 §6.3.10. */
export function parseStatus(cursor: Cursor, encoding: NameEncoding): Command {
  const mailbox = parseMailbox(cursor, encoding);
  cursor.space();
  return { name: "STATUS", mailbox, items: parseStatusItems(cursor) };
}

/** `(MESSAGES UNSEEN …)`, each once. */
export function parseStatusItems(cursor: Cursor): readonly StatusItem[] {
  const item = (): StatusItem => {
    const word = cursor.word("a status item");
    const known = STATUS_ITEMS.find((name) => name === word);
    if (known === undefined) cursor.fail("Unknown status item");
    return known ?? "MESSAGES";
  };
  return [...new Set(cursor.list(item, LIST_ENTRIES_MAX, { mayBeEmpty: false }))];
}
