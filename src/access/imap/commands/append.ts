/** APPEND (RFC 3501 §6.3.11): the message flows into the spool while its structure is worked out, then into the folder. */

import type { SpoolWriter } from "#ports/spool.ts";
import type { AppendRequest } from "#protocol/imap/command.ts";
import type { Folder } from "#store/store.ts";
import { bad, type Completion, done, type IndexScanner, loginOf, refused, type Session } from "../session.ts";
import { Signal } from "../signal.ts";
import { writeRefused } from "./copy.ts";

export interface AppendBegin {
  readonly request: AppendRequest;
  readonly synchronizing: boolean;
}

export async function append(session: Session, { request, synchronizing }: AppendBegin): Promise<Completion> {
  const admitted = await admit(session, request);
  if (!admitted.ok) {
    session.reader.refuseAppend();
    return admitted.completion;
  }
  session.reader.acceptAppend();
  if (synchronizing) session.output.send({ kind: "continue", text: "Go on" });
  return receive(session, request, admitted.folder);
}

type Admission =
  | { readonly ok: true; readonly folder: Folder }
  | { readonly ok: false; readonly completion: Completion };

/** What can be known before the message is sent is refused before it is sent. */
async function admit(session: Session, request: AppendRequest): Promise<Admission> {
  const { store, settings } = session.dependencies;
  if (session.login === undefined) return refuse(bad("APPEND: log in first"));
  if (request.utf8 && !session.output.utf8) return refuse(bad("UTF8=ACCEPT is not enabled"));
  if (request.sizeOctets > settings.messageSizeOctetsMax) {
    return refuse(refused({ name: "TOOBIG" }, `More than ${settings.messageSizeOctetsMax} octets`));
  }
  if (request.sizeOctets === 0) return refuse(refused({ name: "CANNOT" }, "An empty message"));
  const { accountId } = loginOf(session);
  const folder = await store.findFolder(accountId, request.mailbox);
  if (folder === undefined) return refuse(writeRefused("no-such-folder"));
  const account = await store.findAccount(accountId);
  if (account === undefined) return refuse(refused({ name: "UNAVAILABLE" }, "The account is gone"));
  const { quotaOctets, usedOctets } = account;
  if (quotaOctets !== null && usedOctets + request.sizeOctets > quotaOctets) return refuse(writeRefused("over-quota"));
  return { ok: true, folder };
}

function refuse(completion: Completion): Admission {
  return { ok: false, completion };
}

async function receive(session: Session, request: AppendRequest, folder: Folder): Promise<Completion> {
  const { spool, createScanner, store, clock } = session.dependencies;
  const drained = new Signal();
  const writer = spool.begin(() => drained.raise());
  const scanner = createScanner();
  let kept = false;
  try {
    const problem = await readMessage(session, writer, scanner, drained);
    if (problem !== undefined) return problem;
    const content = await writer.finish();
    kept = true;
    const appended = await store.appendMessage(folder.id, {
      content,
      index: scanner.finish(),
      flags: request.flags,
      internalDateMs: request.internalDate?.ms ?? clock.now(),
    });
    if (!appended.ok) return writeRefused(appended.problem);
    return done("Append completed", { name: "APPENDUID", ...appended.value });
  } finally {
    if (!kept) writer.discard();
  }
}

/** Undefined when all of it is in the writer. */
async function readMessage(
  session: Session,
  writer: SpoolWriter,
  scanner: IndexScanner,
  drained: Signal,
): Promise<Completion | undefined> {
  for (;;) {
    const event = await session.nextEvent();
    if (event?.kind === "append-octets") {
      scanner.push(event.octets);
      if (!writer.write(event.octets)) await drained.wait();
      continue;
    }
    if (event?.kind === "append-failed") return event;
    if (event?.kind === "close") session.bye(null, event.text);
    if (event?.kind !== "append-end") return bad("The message did not come whole");
    // RFC 3516 §4.3: NUL would need another transfer encoding than the message has.
    return event.hasNul ? refused({ name: "UNKNOWN-CTE" }, "The message holds NUL octets") : undefined;
  }
}
