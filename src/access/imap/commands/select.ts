/** SELECT, EXAMINE, CLOSE and UNSELECT (RFC 3501 §6.3.1, §6.3.2, §6.4.2, RFC 3691). */
import type { Command } from "#protocol/imap/command.ts";
import type { Response, ResponseCode } from "#protocol/imap/response.ts";
import type { Folder, ModSeq, Store } from "#store/store.ts";
import { expungeMessages } from "../expunge-messages.ts";
import { tellFolderFlags } from "../folder-flags.ts";
import { FolderView } from "../folder-view.ts";
import { bad, type Completion, done, loginOf, refused, type Session, viewOf } from "../session.ts";
import { sync } from "../sync.ts";
import { enableCondstore } from "./condstore.ts";
import { tellSince } from "./resync.ts";

export async function select(
  session: Session,
  command: Command & { readonly name: "SELECT" | "EXAMINE" },
): Promise<Completion> {
  const { store } = session.dependencies;
  const { condstore, qresync } = command.parameters;
  if (qresync !== null && !session.qresync) return bad("QRESYNC is not enabled");
  // The folder selected so far is left even when the new one cannot be opened (RFC 3501 §6.3.1).
  const wasSelected = session.view !== undefined;
  session.unselect();
  if (wasSelected) session.output.send(untaggedOk({ name: "CLOSED" }, "Previous mailbox closed"));
  const folder = await store.findFolder(loginOf(session).accountId, command.mailbox);
  if (folder === undefined) return refused({ name: "NONEXISTENT" }, "No such mailbox");
  const readOnly = command.name === "EXAMINE";
  const view = await openView(store, folder, readOnly);
  session.select(view);
  if (condstore) enableCondstore(session);
  await describe(session, folder, view);
  if (qresync !== null && qresync.uidValidity === view.uidValidity) await tellSince(session, view, qresync);
  return done("Selected", { name: readOnly ? "READ-ONLY" : "READ-WRITE" });
}

async function openView(store: Store, folder: Folder, readOnly: boolean): Promise<FolderView> {
  const { id, name, uidValidity, uidNext, highestModSeq } = folder;
  const uids = await store.listUids(id);
  const view = new FolderView({ folderId: id, name, readOnly, uidValidity, uidNext, modSeq: highestModSeq }, uids);
  if (!readOnly) view.addRecent((await store.claimRecent(id)).fromUid);
  else if (folder.recent > 0) {
    // Read-only takes \Recent from nobody: the newest are shown so, and stay so for the next session.
    const first = view.messages.uidAt(Math.max(1, view.messages.length - folder.recent + 1));
    if (first !== undefined) view.addRecent(first);
  }
  return view;
}

async function describe(session: Session, folder: Folder, view: FolderView): Promise<void> {
  const { output } = session;
  tellFolderFlags(session, view);
  output.send({ kind: "exists", count: view.messages.length });
  output.send({ kind: "recent", count: view.recentCount });
  const unseen = await firstUnseen(session, folder, view);
  if (unseen !== undefined) output.send(untaggedOk({ name: "UNSEEN", value: unseen }, "First unseen"));
  output.send(untaggedOk({ name: "UIDVALIDITY", value: view.uidValidity }, "UIDs valid"));
  output.send(untaggedOk({ name: "UIDNEXT", value: view.uidNext }, "Predicted next UID"));
  output.send(untaggedOk({ name: "HIGHESTMODSEQ", value: view.modSeq }, "Highest"));
}

async function firstUnseen(session: Session, folder: Folder, view: FolderView): Promise<number | undefined> {
  if (folder.unseen === 0) return undefined;
  const unseen = { kind: "not", key: { kind: "flag", flag: "\\Seen" } } as const;
  const { uids } = await session.dependencies.store.search(view.folderId, unseen);
  for (const uid of uids) {
    const sequence = view.messages.sequenceOf(uid);
    if (sequence !== undefined) return sequence;
  }
  return undefined;
}

function untaggedOk(code: ResponseCode, text: string): Response {
  return { kind: "untagged", status: "OK", code, text };
}

export async function close(session: Session): Promise<Completion> {
  const view = viewOf(session);
  const modSeq = view.readOnly ? undefined : await expungeSilently(session, view);
  session.unselect();
  return modSeq === undefined ? done("Closed") : done("Closed", { name: "HIGHESTMODSEQ", value: modSeq });
}

/** The client leaves, and is told of none of it (RFC 3501 §6.4.2). Returns the mod-sequence for HIGHESTMODSEQ. */
async function expungeSilently(session: Session, view: FolderView): Promise<ModSeq | undefined> {
  const { store } = session.dependencies;
  if (session.qresync) await sync(session, { ask: true, mayExpunge: true });
  const uids = await expungeMessages(store, view.folderId, null);
  if (!session.qresync || uids.length === 0) return undefined;
  // RFC 7162 §3.2.8. Said only when nothing else happened meanwhile: a client that is given it never asks for what came before.
  const changes = await store.changesSince(view.folderId, view.modSeq);
  const onlyOurs = changes?.changed.length === 0 && changes.expunged.length === uids.length;
  return onlyOurs ? changes.highestModSeq : undefined;
}

export function unselect(session: Session): Completion {
  session.unselect();
  return done("Unselected");
}
