import type { Command } from "#protocol/imap/command.ts";
import { expungeMessages } from "../expunge-messages.ts";
import { sequenceRanges, uidsOf } from "../message-set.ts";
import { type Completion, done, refused, type Session, viewOf } from "../session.ts";
import { sync } from "../sync.ts";

/** EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1). */
export async function expunge(session: Session, command: Command & { readonly name: "EXPUNGE" }): Promise<Completion> {
  const view = viewOf(session);
  if (view.readOnly) return refused({ name: "CANNOT" }, "Mailbox is selected read-only");
  const uids = command.uids === null ? null : uidsOf(view, sequenceRanges(session, view, command.uids, true));
  await expungeMessages(session.dependencies.store, view.folderId, uids);
  await sync(session, { ask: true, mayExpunge: true });
  if (!session.qresync || session.view === undefined) return done("Expunge completed");
  // RFC 7162 §3.2.10: all changes up to here have been told.
  return done("Expunge completed", { name: "HIGHESTMODSEQ", value: session.view.modSeq });
}
