/** From a set as the client wrote it to the messages it has been told of. What it names beyond those does not exist for it. */
import { resolveRanges, type SequenceSet } from "#protocol/imap/sequence-set.ts";
import type { Uid } from "#store/store.ts";
import type { FolderView } from "./folder-view.ts";
import type { Session } from "./session.ts";
import type { Range } from "./uid-list.ts";

/** Ascending, apart from each other, of sequence numbers that exist in the view. */
export function sequenceRanges(
  session: Pick<Session, "saved">,
  view: FolderView,
  set: SequenceSet,
  uid: boolean,
): readonly Range[] {
  const { messages } = view;
  if (set.kind === "saved") return toSequences(view, session.saved);
  if (uid) return toSequences(view, resolveRanges(set.ranges, messages.lastUid));
  return resolveRanges(set.ranges, messages.length)
    .map(([from, to]): Range => [from, Math.min(to, messages.length)])
    .filter(([from, to]) => from <= to);
}

/** The same messages as ranges of UIDs, each range of consecutive ones. */
export function uidRanges(view: FolderView, sequences: readonly Range[]): Range[] {
  return sequences.flatMap(([from, to]) => [...view.messages.uidRanges(from, to)]);
}

export function uidsOf(view: FolderView, sequences: readonly Range[]): Uid[] {
  const uids: Uid[] = [];
  for (const [from, to] of uidRanges(view, sequences)) {
    for (let uid = from; uid <= to; uid++) uids.push(uid);
  }
  return uids;
}

/** The messages in pieces of at most `batchMax`. */
export function* batches(view: FolderView, sequences: readonly Range[], batchMax: number): Generator<Uid[]> {
  let batch: Uid[] = [];
  for (const [from, to] of sequences) {
    for (let sequence = from; sequence <= to; sequence++) {
      const uid = view.messages.uidAt(sequence);
      if (uid !== undefined) batch.push(uid);
      if (batch.length < batchMax) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function toSequences({ messages }: FolderView, uids: readonly Range[]): Range[] {
  return uids
    .map(([from, to]): Range => [messages.countUpTo(from - 1) + 1, messages.countUpTo(to)])
    .filter(([from, to]) => from <= to);
}
