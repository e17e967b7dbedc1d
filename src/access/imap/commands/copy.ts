/** COPY (RFC 3501 §6.4.7) and MOVE (RFC 6851), with COPYUID (RFC 4315 §3). */
import type { Command } from "#protocol/imap/command.ts";
import type { ResponseCode } from "#protocol/imap/response.ts";
import type { WriteProblem } from "#store/store.ts";
import { sequenceRanges, uidsOf } from "../message-set.ts";
import { type Completion, done, loginOf, refused, type Session, viewOf } from "../session.ts";

type CopyCommand = Command & { readonly name: "COPY" | "MOVE" };

export async function copy(session: Session, command: CopyCommand): Promise<Completion> {
  const outcome = await transfer(session, command, false);
  if (outcome.kind === "refused") return outcome.completion;
  if (outcome.code === undefined) return nothing(command, outcome.missing);
  return done("Copy completed", outcome.code);
}

export async function move(session: Session, command: CopyCommand): Promise<Completion> {
  if (viewOf(session).readOnly) return refused({ name: "CANNOT" }, "Mailbox is selected read-only");
  const outcome = await transfer(session, command, true);
  if (outcome.kind === "refused") return outcome.completion;
  if (outcome.code === undefined) return nothing(command, outcome.missing);
  // RFC 6851 §4.3: COPYUID comes untagged, before the expunges.
  session.output.send({ kind: "untagged", status: "OK", code: outcome.code, text: "Moved" });
  return done("Move completed");
}

type Transfer =
  | { readonly kind: "refused"; readonly completion: Completion }
  /** Without a code: there was nothing to transfer. `missing`: some were expunged by another session. */
  | { readonly kind: "transferred"; readonly code: ResponseCode | undefined; readonly missing: boolean };

async function transfer(session: Session, command: CopyCommand, isMove: boolean): Promise<Transfer> {
  const { store } = session.dependencies;
  const view = viewOf(session);
  const target = await store.findFolder(loginOf(session).accountId, command.mailbox);
  if (target === undefined) return { kind: "refused", completion: writeRefused("no-such-folder") };
  const uids = uidsOf(view, sequenceRanges(session, view, command.set, command.uid));
  if (uids.length === 0) return { kind: "transferred", code: undefined, missing: false };
  const copied = await store.copyMessages(view.folderId, uids, target.id, { move: isMove });
  if (!copied.ok) return { kind: "refused", completion: writeRefused(copied.problem) };
  const { uidValidity, pairs } = copied.value;
  const missing = pairs.length < uids.length;
  if (pairs.length === 0) return { kind: "transferred", code: undefined, missing };
  const from = pairs.map(([source]) => source);
  const to = pairs.map(([, destination]) => destination);
  return { kind: "transferred", code: { name: "COPYUID", uidValidity, from, to }, missing };
}

/** UIDs that do not exist are no error (RFC 3501 §6.4.8); numbers the client was told of are. */
function nothing(command: CopyCommand, missing: boolean): Completion {
  if (missing && !command.uid) return refused({ name: "EXPUNGEISSUED" }, "The messages no longer exist");
  return done("Nothing to do");
}

export function writeRefused(problem: WriteProblem): Completion {
  switch (problem) {
    case "no-such-folder":
      return refused({ name: "TRYCREATE" }, "No such mailbox");
    case "over-quota":
      return refused({ name: "OVERQUOTA" }, "The account is over its quota");
    case "no-space":
      return refused({ name: "UNAVAILABLE" }, "The server has no space left");
  }
}
