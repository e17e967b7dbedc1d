/** Quick resynchronisation (RFC 7162 §3.2): what happened to messages the client knew before this session. */
import type { FetchValue } from "#protocol/imap/fetch-response.ts";
import { resolveRanges, type SequenceSet } from "#protocol/imap/sequence-set.ts";
import type { FolderChanges, ModSeq, Uid } from "#store/store.ts";
import { flagsToTell } from "../folder-flags.ts";
import type { FolderView } from "../folder-view.ts";
import type { Session } from "../session.ts";
import { sendValues } from "../sync.ts";
import type { Range } from "../uid-list.ts";

/** SELECT (QRESYNC …): expunges and flags since `modSeq`, of the known UIDs or of all. */
export async function tellSince(
  session: Session,
  view: FolderView,
  since: { readonly modSeq: ModSeq; readonly knownUids: SequenceSet | null },
): Promise<void> {
  const changes = await session.dependencies.store.changesSince(view.folderId, since.modSeq);
  if (changes === undefined) return;
  const known = since.knownUids === null ? allUids(view) : uidsNamed(session, view, since.knownUids);
  tellVanished(session, view, changes, known);
  for (const { uid, flags, modSeq } of changes.changed) {
    const sequence = view.messages.sequenceOf(uid);
    if (sequence === undefined || !contains(known, uid)) continue;
    const values: FetchValue[] = [
      { kind: "uid", uid },
      { kind: "flags", flags: flagsToTell(session, view, uid, flags) },
      { kind: "mod-sequence", modSeq },
    ];
    sendValues(session.output, sequence, values);
    if (!(await session.output.room())) return;
  }
}

/** UID FETCH … (CHANGEDSINCE … VANISHED): the expunges alone (RFC 7162 §3.2.6). */
export function tellVanishedOf(session: Session, view: FolderView, changes: FolderChanges, set: SequenceSet): void {
  tellVanished(session, view, changes, uidsNamed(session, view, set));
}

function tellVanished(session: Session, view: FolderView, changes: FolderChanges, known: readonly Range[]): void {
  // A message whose expunge this session has not been told of yet still has its number: it vanishes later.
  const uids = changes.expunged.filter((uid) => contains(known, uid) && view.messages.sequenceOf(uid) === undefined);
  if (uids.length > 0) session.output.send({ kind: "vanished", earlier: true, uids });
}

function uidsNamed(session: Session, view: FolderView, set: SequenceSet): readonly Range[] {
  return set.kind === "saved" ? session.saved : resolveRanges(set.ranges, view.uidNext - 1);
}

function allUids(view: FolderView): readonly Range[] {
  return [[1, view.uidNext - 1]];
}

/** @param ranges ascending and apart from each other. */
function contains(ranges: readonly Range[], uid: Uid): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [from, to] = ranges[middle] ?? [0, 0];
    if (to < uid) low = middle + 1;
    else if (from > uid) high = middle;
    else return true;
  }
  return false;
}
