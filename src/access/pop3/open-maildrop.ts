/** A snapshot of an account's INBOX as a maildrop, and what it takes to read and remove its messages. */
import { Maildrop } from "#protocol/pop3/maildrop.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { BlobId, Folder, Store, Uid } from "#store/store.ts";
import { MAILDROP_MESSAGES_MAX } from "./limits.ts";

export interface OpenMaildrop {
  readonly maildrop: Maildrop;
  readonly message: (number: number) => SnapshotMessage;
  /** Removes messages for good. Rejects when the store cannot; some of them may then be gone. */
  readonly remove: (uids: readonly Uid[]) => Promise<void>;
}

export interface SnapshotMessage {
  readonly folderId: number;
  readonly uid: Uid;
  readonly blobId: BlobId;
  readonly sizeOctets: number;
}

/**
 * Nothing is locked: several sessions may have the same maildrop open, each with its own snapshot, and IMAP beside them.
 * A lock would have to die with its socket, which TCP tells of late or never, and would shut a user out of the mail for
 * as long. Without one, the worst is that a message is gone when its turn comes, and RETR says so; UIDs are never used
 * again, so that nobody removes another message than the one that was seen.
 */
export async function openMaildrop(store: Store, accountId: number): Promise<OpenMaildrop> {
  const inbox = await store.findFolder(accountId, "INBOX");
  if (inbox === undefined) throw new Error("account without INBOX");
  const uids = (await store.listUids(inbox.id)).subarray(0, MAILDROP_MESSAGES_MAX);
  const snapshot = await readSnapshot(store, inbox, uids);
  return {
    maildrop: new Maildrop({ uidValidity: inbox.uidValidity, uids: snapshot.uids, sizes: snapshot.sizes }),
    message: (number) => ({
      folderId: inbox.id,
      uid: snapshot.uids[number - 1] ?? 0,
      blobId: snapshot.blobIds[number - 1] ?? 0,
      sizeOctets: snapshot.sizes[number - 1] ?? 0,
    }),
    remove: (deleted) => removeMessages(store, { accountId, inbox }, deleted),
  };
}

interface Snapshot {
  readonly uids: Uint32Array;
  readonly sizes: Uint32Array;
  readonly blobIds: Float64Array;
}

async function readSnapshot(store: Store, inbox: Folder, listed: Uint32Array): Promise<Snapshot> {
  const uids = new Uint32Array(listed.length);
  const sizes = new Uint32Array(listed.length);
  const blobIds = new Float64Array(listed.length);
  let count = 0;
  for (let from = 0; from < listed.length; from += ROWS_PER_CALL_MAX) {
    const wanted = Array.from(listed.subarray(from, from + ROWS_PER_CALL_MAX));
    // What was removed between the two calls is left out.
    for (const row of await store.fetchRows(inbox.id, wanted, { index: false })) {
      uids[count] = row.uid;
      sizes[count] = row.sizeOctets;
      blobIds[count] = row.blobId;
      count++;
    }
  }
  return { uids: uids.subarray(0, count), sizes: sizes.subarray(0, count), blobIds: blobIds.subarray(0, count) };
}

async function removeMessages(
  store: Store,
  { accountId, inbox }: { readonly accountId: number; readonly inbox: Folder },
  uids: readonly Uid[],
): Promise<void> {
  const now = await store.findFolder(accountId, "INBOX");
  // Another INBOX, other UIDs: what was marked is not there any more.
  if (now?.id !== inbox.id || now.uidValidity !== inbox.uidValidity) return;
  for (let from = 0; from < uids.length; from += ROWS_PER_CALL_MAX) {
    await store.expunge(inbox.id, uids.slice(from, from + ROWS_PER_CALL_MAX), { force: true });
  }
}
