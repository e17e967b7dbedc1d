/** Folders made, renamed, removed and subscribed to (RFC 3501 §6.3). Every parent of a folder exists. */
import { failed, ok, type Result } from "#mail/result.ts";
import { parentNames, parseFolderName } from "../../folder-name.ts";
import { FOLDERS_PER_ACCOUNT_MAX, SUBSCRIPTIONS_PER_ACCOUNT_MAX } from "../../limits.ts";
import { type AccountId, type FolderProblem, HIERARCHY_SEPARATOR } from "../../store.ts";
import { folderByName } from "../rows.ts";
import type { WriterOperations } from "../store-methods.ts";
import type { WriteContext } from "./context.ts";
import { dropFolder, insertFolder } from "./folder-rows.ts";
import { addMessage, allMessages, removeMessages } from "./message-rows.ts";

const INBOX = "INBOX";

interface NamedFolder extends Record<string, unknown> {
  readonly id: number;
  readonly name: string;
}

type FolderMethod = "createFolder" | "removeFolder" | "renameFolder" | "setSubscribed";

export function folderOperations(context: WriteContext): Pick<WriterOperations, FolderMethod> {
  const { db, ledger, events } = context;
  return {
    createFolder(accountId, text, specialUse) {
      const name = parseFolderName(text);
      if (name === undefined) return failed("bad-name");
      if (!ledger.hasAccount(accountId)) return failed("not-allowed");
      if (findFolder(context, accountId, name) !== undefined) return failed("already-exists");
      // One folder for each special use, so that a delivery knows where to go.
      if (specialUse !== undefined && ledger.roleFolder(accountId, specialUse) !== undefined)
        return failed("not-allowed");
      const parents = missingParents(context, accountId, name);
      if (!hasRoomFor(context, accountId, parents.length + 1)) return failed("too-many");
      for (const parent of parents) insertFolder(context, accountId, parent, null);
      insertFolder(context, accountId, name, specialUse ?? null);
      events.folders(accountId);
      const folder = folderByName(db, accountId, name);
      if (folder === undefined) throw new Error("a folder just made is not there");
      return ok(folder);
    },
    removeFolder(accountId, text) {
      const name = parseFolderName(text);
      const folder = name === undefined ? undefined : findFolder(context, accountId, name);
      if (folder === undefined) return failed("no-such-folder");
      if (folder.name === INBOX || childrenOf(context, accountId, folder.name).length > 0) return failed("not-allowed");
      const figures = ledger.folder(folder.id);
      if (figures !== undefined) ledger.charge(accountId, -figures.sizeOctets, -figures.messages);
      ledger.flush();
      dropFolder(context, folder.id);
      ledger.forget();
      events.folders(accountId);
      return ok(undefined);
    },
    renameFolder: (accountId, fromText, toText) => renameFolder(context, accountId, fromText, toText),
    setSubscribed(accountId, text, subscribed) {
      const name = parseFolderName(text);
      if (name === undefined || !ledger.hasAccount(accountId)) return true;
      if (!subscribed) db.run("DELETE FROM subscription WHERE account_id = ? AND name = ?", accountId, name);
      else if (subscriptionsOf(context, accountId) >= SUBSCRIPTIONS_PER_ACCOUNT_MAX) return false;
      else db.run("INSERT OR IGNORE INTO subscription (account_id, name) VALUES (?, ?)", accountId, name);
      return true;
    },
  };
}

function renameFolder(
  context: WriteContext,
  accountId: AccountId,
  fromText: string,
  toText: string,
): Result<void, FolderProblem> {
  const fromName = parseFolderName(fromText);
  const folder = fromName === undefined ? undefined : findFolder(context, accountId, fromName);
  if (folder === undefined) return failed("no-such-folder");
  const toName = parseFolderName(toText);
  if (toName === undefined) return failed("bad-name");
  if (findFolder(context, accountId, toName) !== undefined) return failed("already-exists");
  const isInbox = folder.name === INBOX;
  // A folder cannot come to stand below itself; INBOX can give its messages to a folder below.
  if (!isInbox && toName.startsWith(folder.name + HIERARCHY_SEPARATOR)) return failed("not-allowed");
  const below = isInbox ? [] : childrenOf(context, accountId, folder.name);
  const moved = below.map(({ id, name }) => ({ id, name: parseFolderName(toName + name.slice(folder.name.length)) }));
  if (moved.some(({ name }) => name === undefined)) return failed("bad-name");
  const parents = missingParents(context, accountId, toName);
  if (!hasRoomFor(context, accountId, parents.length + (isInbox ? 1 : 0))) return failed("too-many");

  for (const parent of parents) insertFolder(context, accountId, parent, null);
  if (isInbox) emptyInboxInto(context, folder.id, insertFolder(context, accountId, toName, null));
  else for (const { id, name = "" } of [{ id: folder.id, name: toName }, ...moved]) renameRow(context, id, name);
  context.events.folders(accountId);
  return ok(undefined);
}

function renameRow({ db }: WriteContext, id: number, name: string): void {
  db.run("UPDATE folder SET name = ? WHERE id = ?", name, id);
}

/** RFC 3501 §6.3.5: renaming INBOX moves its messages to a new folder and leaves INBOX, and what is below it. */
function emptyInboxInto(context: WriteContext, inboxId: number, targetId: number): void {
  const inbox = context.ledger.folder(inboxId);
  const target = context.ledger.folder(targetId);
  if (inbox === undefined || target === undefined) throw new Error("a folder just made is not there");
  const rows = allMessages(context, inboxId);
  for (const row of rows) addMessage(context, target, row);
  removeMessages(context, inbox, rows);
}

function findFolder({ db }: WriteContext, accountId: AccountId, name: string): NamedFolder | undefined {
  return db.get<NamedFolder>("SELECT id, name FROM folder WHERE account_id = ? AND name = ?", accountId, name);
}

function childrenOf({ db }: WriteContext, accountId: AccountId, name: string): NamedFolder[] {
  // "/" is U+002F, "0" follows it: the names between are those below.
  return db.all<NamedFolder>(
    "SELECT id, name FROM folder WHERE account_id = ? AND name > ? || '/' AND name < ? || '0'",
    accountId,
    name,
    name,
  );
}

function missingParents(context: WriteContext, accountId: AccountId, name: string): readonly string[] {
  return parentNames(name).filter((parent) => findFolder(context, accountId, parent) === undefined);
}

function subscriptionsOf({ db }: WriteContext, accountId: AccountId): number {
  return db.number("SELECT count(*) FROM subscription WHERE account_id = ?", accountId);
}

function hasRoomFor({ db }: WriteContext, accountId: AccountId, more: number): boolean {
  const count = db.number("SELECT count(*) FROM folder WHERE account_id = ?", accountId);
  return count + more <= FOLDERS_PER_ACCOUNT_MAX;
}
