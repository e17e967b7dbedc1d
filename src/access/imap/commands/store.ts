/** STORE (RFC 3501 §6.4.6) with conditions (RFC 7162 §3.1.3). */
import type { Command } from "#protocol/imap/command.ts";
import type { FetchValue } from "#protocol/imap/fetch-response.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { FlagRow, Uid } from "#store/store.ts";
import { flagsToTell } from "../folder-flags.ts";
import type { FolderView } from "../folder-view.ts";
import { batches, sequenceRanges } from "../message-set.ts";
import { type Completion, done, refused, type Session, viewOf } from "../session.ts";
import { sendValues } from "../sync.ts";
import { enableCondstore } from "./condstore.ts";

type StoreCommand = Command & { readonly name: "STORE" };

export async function store(session: Session, command: StoreCommand): Promise<Completion> {
  const view = viewOf(session);
  if (view.readOnly) return refused({ name: "CANNOT" }, "Mailbox is selected read-only");
  if (command.unchangedSince !== null) enableCondstore(session);
  const refusedUids: Uid[] = [];
  let missing = false;
  for (const uids of batches(view, sequenceRanges(session, view, command.set, command.uid), ROWS_PER_CALL_MAX)) {
    const outcome = await storeBatch(session, view, command, uids);
    refusedUids.push(...outcome.refused);
    missing ||= outcome.missing;
    if (!(await session.output.room())) break;
  }
  if (refusedUids.length > 0) {
    const set = command.uid ? refusedUids : sequences(view, refusedUids);
    return done("Conditional store: some were changed meanwhile", { name: "MODIFIED", set });
  }
  if (missing && !command.uid) return refused({ name: "EXPUNGEISSUED" }, "Some of the messages no longer exist");
  return done("Store completed");
}

async function storeBatch(
  session: Session,
  view: FolderView,
  command: StoreCommand,
  uids: readonly Uid[],
): Promise<{ readonly refused: readonly Uid[]; readonly missing: boolean }> {
  const mailStore = session.dependencies.store;
  const { operation, flags, unchangedSince } = command;
  const { changed, refused: kept } = await mailStore.changeFlags(view.folderId, uids, {
    operation,
    flags,
    ...(unchangedSince === null ? {} : { unchangedSince }),
  });
  view.flagsTold(changed);
  const unchanged = await unchangedRows(session, view, uids, changed, kept);
  const rows = [...changed, ...unchanged].toSorted((a, b) => a.uid - b.uid);
  for (const row of rows) tell(session, view, command, row);
  return { refused: kept, missing: rows.length + kept.length < uids.length };
}

/** Rows that had the flags already: the client is told of them as of the others (RFC 3501 §6.4.6). */
async function unchangedRows(
  session: Session,
  view: FolderView,
  uids: readonly Uid[],
  changed: readonly FlagRow[],
  refusedUids: readonly Uid[],
): Promise<readonly FlagRow[]> {
  const known = new Set([...changed.map(({ uid }) => uid), ...refusedUids]);
  const rest = uids.filter((uid) => !known.has(uid));
  if (rest.length === 0) return [];
  return session.dependencies.store.fetchRows(view.folderId, rest, { index: false });
}

function tell(session: Session, view: FolderView, command: StoreCommand, row: FlagRow): void {
  const sequence = view.messages.sequenceOf(row.uid);
  if (sequence === undefined) return;
  const values: FetchValue[] = [];
  if (command.uid) values.push({ kind: "uid", uid: row.uid });
  if (!command.silent) values.push({ kind: "flags", flags: flagsToTell(session, view, row.uid, row.flags) });
  // RFC 7162 §3.1.3: told even with .SILENT.
  if (session.condstore) values.push({ kind: "mod-sequence", modSeq: row.modSeq });
  if (!command.silent || session.condstore) sendValues(session.output, sequence, values);
}

function sequences(view: FolderView, uids: readonly Uid[]): number[] {
  return uids.map((uid) => view.messages.sequenceOf(uid)).filter((sequence) => sequence !== undefined);
}
