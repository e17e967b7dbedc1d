import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { FolderId, Store, Uid } from "#store/store.ts";

/**
 * Expunges what is marked as deleted, of these messages or (null) of all; the UIDs that went. In pieces: the store does one
 * thing at a time, and a hundred thousand messages at once would hold up all mail that arrives meanwhile.
 */
export async function expungeMessages(
  store: Pick<Store, "search" | "expunge">,
  folderId: FolderId,
  uids: readonly Uid[] | null,
): Promise<readonly Uid[]> {
  const marked = uids ?? [...(await store.search(folderId, { kind: "flag", flag: String.raw`\Deleted` })).uids];
  const gone: Uid[] = [];
  for (let from = 0; from < marked.length; from += ROWS_PER_CALL_MAX) {
    const piece = marked.slice(from, from + ROWS_PER_CALL_MAX);
    gone.push(...(await store.expunge(folderId, piece, { force: false })).uids);
  }
  return gone;
}
