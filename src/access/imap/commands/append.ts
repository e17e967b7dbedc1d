/** APPEND (RFC 3501 §6.3.11): the message flows into the spool while its structure is worked out, then into the folder. */

import type { AppendRequest } from "#protocol/imap/command.ts";
import type { Folder } from "#store/store.ts";
import { type MessageIntake, takeMessage } from "../message-intake.ts";
import { bad, type Completion, done, loginOf, refused, type Session } from "../session.ts";
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
  const { store, clock } = session.dependencies;
  const intake = takeMessage(session.dependencies, request);
  let isStored = false;
  try {
    const problem = await readMessage(session, intake);
    if (problem !== undefined) return problem;
    const message = await intake.finish();
    // RFC 3516 §4.3: NUL would need another transfer encoding than the message has.
    if (message === undefined)
      return refused({ name: "UNKNOWN-CTE" }, "The message holds NUL, or too much that is binary");
    const appended = await store.appendMessage(folder.id, {
      ...message,
      flags: request.flags,
      internalDateMs: request.internalDate?.ms ?? clock.now(),
    });
    isStored = appended.ok;
    if (!appended.ok) return writeRefused(appended.problem);
    return done("Append completed", { name: "APPENDUID", ...appended.value });
  } finally {
    if (!isStored) intake.discard();
  }
}

/** Undefined when all of it was taken. */
async function readMessage(session: Session, intake: MessageIntake): Promise<Completion | undefined> {
  for (;;) {
    const event = await session.nextEvent();
    switch (event?.kind) {
      case "append-octets":
        await intake.push(event.octets);
        break;
      case "append-end":
        return undefined;
      case "append-failed":
        return event;
      case "close":
        session.bye(null, event.text);
        return bad("The message did not come whole");
      case undefined:
      case "append-begin":
      case "bad":
      case "command":
      case "continue":
      case "line":
        return bad("The message did not come whole");
    }
  }
}
