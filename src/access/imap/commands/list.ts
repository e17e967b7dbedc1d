/** LIST with its extensions and LSUB (RFC 3501 §6.3.8, §6.3.9, RFC 5258, RFC 5819, RFC 6154). */
import type { Command, ListRequest } from "#protocol/imap/command.ts";
import { type Folder, HIERARCHY_SEPARATOR } from "#store/store.ts";
import { LIST_NAMES_PER_TURN, LIST_PATTERNS_LENGTH_MAX } from "../../limits.ts";
import { FolderTree } from "../folder-tree.ts";
import { NameMatcher, type Patterns, patternsLength } from "../name-matcher.ts";
import { type Completion, done, loginOf, refused, type Session } from "../session.ts";
import { specialUseAttribute } from "../special-use.ts";
import { enableCondstore } from "./condstore.ts";
import { statusResponse } from "./status.ts";

export async function list(session: Session, command: Command & { readonly name: "LIST" }): Promise<Completion> {
  const { output } = session;
  if (!command.extended && command.patterns[0] === "") {
    // RFC 3501 §6.3.8: only the separator is asked for.
    output.send({ kind: "list", attributes: ["\\Noselect"], separator: HIERARCHY_SEPARATOR, mailbox: "" });
    return done("List completed");
  }
  if (isTooMuch(command)) return tooMuch();
  const tree = await loadTree(session, command.selection.subscribed || command.returns.subscribed);
  const { status } = command.returns;
  if (status?.includes("HIGHESTMODSEQ") === true) enableCondstore(session);
  for await (const name of select(tree, command)) {
    const folder = tree.folder(name.name);
    output.send({
      kind: "list",
      attributes: attributes(tree, folder, name.name, command),
      separator: HIERARCHY_SEPARATOR,
      mailbox: name.name,
      ...(name.childInfo ? { childInfo: ["SUBSCRIBED"] } : {}),
    });
    if (status !== null && folder !== undefined) output.send(statusResponse(folder, status));
    if (!(await output.room())) break;
  }
  return done("List completed");
}

export async function lsub(session: Session, command: Command & { readonly name: "LSUB" }): Promise<Completion> {
  const { output } = session;
  if (isTooMuch(command)) return tooMuch();
  const tree = await loadTree(session, true);
  const matcher = new NameMatcher(command);
  for await (const name of inTurns(tree.subscriptionsAndParents())) {
    if (!(await matcher.matches(name))) continue;
    const subscribed = tree.isSubscribed(name);
    if (!subscribed && !(await hasUnmatchedSubscription(tree, name, matcher))) continue;
    // RFC 3501 §6.3.9: a parent that stands for its subscribed children.
    const noselect = subscribed ? [] : ["\\Noselect"];
    output.send({ kind: "lsub", attributes: noselect, separator: HIERARCHY_SEPARATOR, mailbox: name });
    if (!(await output.room())) break;
  }
  return done("Lsub completed");
}

async function loadTree(session: Session, withSubscriptions: boolean): Promise<FolderTree> {
  const { store } = session.dependencies;
  const { accountId } = loginOf(session);
  const folders = await store.listFolders(accountId);
  return new FolderTree(folders, withSubscriptions ? await store.listSubscriptions(accountId) : []);
}

interface ListedName {
  readonly name: string;
  /** RFC 5258 §3.5: something below it is subscribed and not listed itself. */
  readonly childInfo: boolean;
}

async function* select(tree: FolderTree, request: ListRequest): AsyncGenerator<ListedName> {
  const { selection } = request;
  const matcher = new NameMatcher(request);
  const candidates = selection.subscribed ? tree.subscriptionsAndParents() : tree.folderNames();
  for await (const name of inTurns(candidates)) {
    if (!(await matcher.matches(name))) continue;
    if (selection.specialUse && (tree.folder(name)?.specialUse ?? null) === null) continue;
    const childInfo = selection.recursiveMatch && (await hasUnmatchedSubscription(tree, name, matcher));
    const selected = !selection.subscribed || tree.isSubscribed(name);
    if (selected || childInfo) yield { name, childInfo };
  }
}

/** The names, with a turn for other sessions now and then: many names take a while to match. */
async function* inTurns(names: Iterable<string>): AsyncGenerator<string> {
  let count = 0;
  for (const name of names) {
    if (++count % LIST_NAMES_PER_TURN === 0) await new Promise(setImmediate);
    yield name;
  }
}

/** Matching takes time in proportion to patterns and names together. */
function isTooMuch(patterns: Patterns): boolean {
  return patternsLength(patterns) > LIST_PATTERNS_LENGTH_MAX;
}

function tooMuch(): Completion {
  return refused({ name: "LIMIT" }, "Too many or too long patterns");
}

async function hasUnmatchedSubscription(tree: FolderTree, name: string, matcher: NameMatcher): Promise<boolean> {
  for (const below of tree.subscriptionsBelow(name)) if (!(await matcher.matches(below))) return true;
  return false;
}

function attributes(tree: FolderTree, folder: Folder | undefined, name: string, request: ListRequest): string[] {
  const found: string[] = [];
  if (folder === undefined) found.push("\\NonExistent");
  const showSubscribed = request.selection.subscribed || request.returns.subscribed;
  if (showSubscribed && tree.isSubscribed(name)) found.push("\\Subscribed");
  if (folder !== undefined) found.push(tree.hasChildren(name) ? "\\HasChildren" : "\\HasNoChildren");
  const use = folder?.specialUse ?? null;
  if (use !== null) found.push(specialUseAttribute(use));
  return found;
}
