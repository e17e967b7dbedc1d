/** Brings the client's view of the selected folder up to the store, and tells it what changed. */
import type { FetchValue } from "#protocol/imap/fetch-response.ts";
import { encodeFetch } from "#protocol/imap/fetch-response.ts";
import type { Uid } from "#store/store.ts";
import { flagsToTell } from "./folder-flags.ts";
import type { FolderView, Notice } from "./folder-view.ts";
import type { Session } from "./session.ts";

export interface SyncOptions {
  /** Asks the store even when no change was announced: announcements may still be on their way. */
  readonly ask: boolean;
  /** RFC 3501 §7.4.1: never while a command that uses message numbers is answered. */
  readonly mayExpunge: boolean;
  /** The command was one with UIDs: its answers carry them (RFC 3501 §6.4.8). */
  readonly withUid?: boolean;
}

export async function sync(session: Session, options: SyncOptions): Promise<void> {
  const { view, output } = session;
  if (view === undefined) return;
  if (options.ask || session.changeAnnounced) {
    session.changeAnnounced = false;
    if (!(await takeChanges(session, view))) {
      session.unselect();
      return session.bye({ name: "UNAVAILABLE" }, "The selected mailbox was deleted");
    }
  }
  let vanished: Uid[] = [];
  for (const notice of view.notices(options.mayExpunge)) {
    if (notice.kind === "expunge" && session.qresync) {
      vanished.push(notice.uid);
      continue;
    }
    // Expunges come first: what follows counts without them.
    vanished = tellVanished(session, vanished);
    sendNotice(session, view, notice, options.withUid === true || session.qresync);
    if (!(await output.room())) return;
  }
  tellVanished(session, vanished);
}

function tellVanished(session: Session, uids: readonly Uid[]): Uid[] {
  if (uids.length > 0) session.output.send({ kind: "vanished", earlier: false, uids });
  return [];
}

/** False when the folder is gone. */
async function takeChanges(session: Session, view: FolderView): Promise<boolean> {
  const { store } = session.dependencies;
  const changes = await store.changesSince(view.folderId, view.modSeq);
  if (changes === undefined) return false;
  const arrived = view.take(changes);
  if (arrived && !view.readOnly) view.addRecent((await store.claimRecent(view.folderId)).fromUid);
  return true;
}

function sendNotice(session: Session, view: FolderView, notice: Notice, withUid: boolean): void {
  const { output, condstore } = session;
  switch (notice.kind) {
    case "expunge":
      return output.send({ kind: "expunge", sequence: notice.sequence });
    case "exists":
      return output.send({ kind: "exists", count: notice.messages });
    case "recent":
      return output.send({ kind: "recent", count: notice.messages });
    case "flags": {
      const values: FetchValue[] = [{ kind: "flags", flags: flagsToTell(session, view, notice.uid, notice.flags) }];
      if (withUid) values.unshift({ kind: "uid", uid: notice.uid });
      if (condstore) values.push({ kind: "mod-sequence", modSeq: notice.modSeq });
      return sendValues(output, notice.sequence, values);
    }
  }
}

/** A FETCH response whose values are all in hand. */
export function sendValues(output: Session["output"], sequence: number, values: readonly FetchValue[]): void {
  for (const piece of encodeFetch(sequence, values, { utf8: output.utf8 })) {
    if (!(piece instanceof Uint8Array)) throw new Error("a value that is not in hand");
    output.write(piece);
  }
}
