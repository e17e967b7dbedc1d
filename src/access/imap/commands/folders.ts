/** CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.3 to §6.3.7), CREATE with USE (RFC 6154 §3). */
import type { Command } from "#protocol/imap/command.ts";
import { type FolderProblem, HIERARCHY_SEPARATOR, type SpecialUse } from "#store/store.ts";
import { type Completion, done, loginOf, refused, type Session } from "../session.ts";
import { SPECIAL_USES } from "../special-use.ts";

export async function create(session: Session, command: Command & { readonly name: "CREATE" }): Promise<Completion> {
  const { accountId } = loginOf(session);
  // A separator at the end only says that folders below it will follow (RFC 3501 §6.3.3).
  const name = withoutFinalSeparator(command.mailbox);
  const use = specialUse(command.uses ?? []);
  if (use === "unknown") return refused({ name: "USEATTR" }, "That special use is not kept here");
  const { store } = session.dependencies;
  const created = await (use === undefined
    ? store.createFolder(accountId, name)
    : store.createFolder(accountId, name, use));
  if (created.ok) return done("Created");
  if (use !== undefined && created.problem === "not-allowed") {
    return refused({ name: "USEATTR" }, "Another mailbox has that use");
  }
  return refusal(created.problem);
}

/** One folder has one use here, and a use one folder. */
function specialUse(attributes: readonly string[]): SpecialUse | undefined | "unknown" {
  const [first, ...others] = attributes;
  if (first === undefined) return undefined;
  if (others.length > 0) return "unknown";
  for (const [use, attribute] of SPECIAL_USES) {
    if (attribute.toLowerCase() === first.toLowerCase()) return use;
  }
  return "unknown";
}

export async function remove(session: Session, command: Command & { readonly name: "DELETE" }): Promise<Completion> {
  const { accountId } = loginOf(session);
  const { store } = session.dependencies;
  const folder = await store.findFolder(accountId, command.mailbox);
  if (folder === undefined) return refusal("no-such-folder");
  const removed = await store.removeFolder(accountId, command.mailbox);
  if (!removed.ok) {
    if (removed.problem !== "not-allowed") return refusal(removed.problem);
    return command.mailbox === "INBOX"
      ? refused({ name: "CANNOT" }, "INBOX stays")
      : refused({ name: "HASCHILDREN" }, "There are mailboxes below it");
  }
  if (session.view?.folderId === folder.id) session.unselect();
  return done("Deleted");
}

export async function rename(session: Session, command: Command & { readonly name: "RENAME" }): Promise<Completion> {
  const { accountId } = loginOf(session);
  const newName = withoutFinalSeparator(command.newMailbox);
  const renamed = await session.dependencies.store.renameFolder(accountId, command.mailbox, newName);
  return renamed.ok ? done("Renamed") : refusal(renamed.problem);
}

export async function subscribe(
  session: Session,
  command: Command & { readonly name: "SUBSCRIBE" | "UNSUBSCRIBE" },
): Promise<Completion> {
  const { accountId } = loginOf(session);
  const subscribed = command.name === "SUBSCRIBE";
  const name = withoutFinalSeparator(command.mailbox);
  const taken = await session.dependencies.store.setSubscribed(accountId, name, subscribed);
  if (!taken) return refused({ name: "LIMIT" }, "Too many subscriptions");
  return done(subscribed ? "Subscribed" : "Unsubscribed");
}

function withoutFinalSeparator(name: string): string {
  return name.endsWith(HIERARCHY_SEPARATOR) ? name.slice(0, -HIERARCHY_SEPARATOR.length) : name;
}

function refusal(problem: FolderProblem): Completion {
  switch (problem) {
    case "no-such-folder":
      return refused({ name: "NONEXISTENT" }, "No such mailbox");
    case "already-exists":
      return refused({ name: "ALREADYEXISTS" }, "There is a mailbox of that name, or of that use");
    case "bad-name":
      return refused({ name: "CANNOT" }, "No mailbox can have that name");
    case "too-many":
      return refused({ name: "LIMIT" }, "Too many mailboxes");
    case "not-allowed":
      return refused({ name: "CANNOT" }, "Not with this mailbox");
  }
}
