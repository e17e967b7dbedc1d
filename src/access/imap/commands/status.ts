import type { Command, StatusItem } from "#protocol/imap/command.ts";
import type { Response } from "#protocol/imap/response.ts";
import type { Folder } from "#store/store.ts";
import { type Completion, done, loginOf, refused, type Session } from "../session.ts";
import { enableCondstore } from "./condstore.ts";

/** RFC 3501 §6.3.10. */
export async function status(session: Session, command: Command & { readonly name: "STATUS" }): Promise<Completion> {
  const folder = await session.dependencies.store.findFolder(loginOf(session).accountId, command.mailbox);
  if (folder === undefined) return refused({ name: "NONEXISTENT" }, "No such mailbox");
  if (command.items.includes("HIGHESTMODSEQ")) enableCondstore(session);
  session.output.send(statusResponse(folder, command.items));
  return done("Status completed");
}

export function statusResponse(folder: Folder, items: readonly StatusItem[]): Response {
  return { kind: "status", mailbox: folder.name, values: items.map((item) => [item, statusValue(folder, item)]) };
}

function statusValue(folder: Folder, item: StatusItem): number {
  switch (item) {
    case "MESSAGES":
      return folder.messages;
    case "RECENT":
      return folder.recent;
    case "UIDNEXT":
      return folder.uidNext;
    case "UIDVALIDITY":
      return folder.uidValidity;
    case "UNSEEN":
      return folder.unseen;
    case "HIGHESTMODSEQ":
      return folder.highestModSeq;
    case "SIZE":
      return folder.sizeOctets;
    case "DELETED":
      return folder.deleted;
  }
}
