/** Puts a message where a delivery wants it. */
import { keywordColumn } from "../../message-flags.ts";
import type { BlobId, DeliveryTarget, Placed, SpecialUse } from "../../store.ts";
import type { FolderFigures } from "../ledger.ts";
import type { WriteContext } from "./context.ts";
import { insertFolder, SPECIAL_FOLDERS } from "./folder-rows.ts";
import { accountFlags, addMessage, type NewRow } from "./message-rows.ts";

/** The blob's reference is counted by the caller. */
export function placeMessage(
  context: WriteContext,
  target: DeliveryTarget,
  blobId: BlobId,
  about: Pick<NewRow, "internalDateMs" | "sizeOctets">,
): Placed {
  const { accountId } = target;
  const folder = targetFolder(context, target);
  const flags = accountFlags(context, accountId, target.flags);
  const row = { blobId, flags: flags.bits, keywords: keywordColumn(flags.keywords), ...about };
  return { accountId, folderId: folder.id, uid: addMessage(context, folder, row) };
}

/** The folder a delivery goes to. A special-use folder that its owner removed is made again: mail is never lost for it. */
function targetFolder(context: WriteContext, { accountId, folder: role }: DeliveryTarget): FolderFigures {
  const { ledger, events } = context;
  const known = ledger.roleFolder(accountId, role);
  if (known !== undefined) return known;
  if (role === "inbox") throw new Error(`account ${accountId} has no INBOX`);
  makeRoleFolder(context, accountId, role);
  events.folders(accountId);
  const made = ledger.roleFolder(accountId, role);
  if (made === undefined) throw new Error(`account ${accountId} has no folder for ${role}`);
  return made;
}

function makeRoleFolder(context: WriteContext, accountId: number, role: SpecialUse): void {
  const [name] = SPECIAL_FOLDERS.find(([, use]) => use === role) ?? [role];
  const adopted = context.db.run(
    "UPDATE folder SET special_use = ? WHERE account_id = ? AND name = ?",
    role,
    accountId,
    name,
  );
  if (adopted === 0) insertFolder(context, accountId, name, role);
}
