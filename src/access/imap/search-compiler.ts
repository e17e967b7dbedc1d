/** From SEARCH as the client wrote it to the store's key: message numbers become UIDs, spans become moments. */
import type { SearchTerm } from "#protocol/imap/search-term.ts";
import type { SequenceSet } from "#protocol/imap/sequence-set.ts";
import type { SearchKey } from "#store/search-key.ts";
import type { FolderView } from "./folder-view.ts";
import { sequenceRanges } from "./message-set.ts";
import type { Session } from "./session.ts";
import type { Range } from "./uid-list.ts";

/** Recursion is bounded by the parser (`SEARCH_DEPTH_MAX`). */
export function compileSearch(
  session: Pick<Session, "saved">,
  view: FolderView,
  term: SearchTerm,
  nowMs: number,
): SearchKey {
  const compile = (inner: SearchTerm): SearchKey => compileSearch(session, view, inner, nowMs);
  switch (term.kind) {
    case "all":
    case "flag":
    case "internal-date":
    case "sent-date":
    case "larger":
    case "smaller":
    case "header":
    case "body":
    case "text":
    case "mod-sequence":
      return term;
    case "sequence":
    case "uid":
      return { kind: "uids", ranges: uidRangesOf(session, view, term.set, term.kind === "uid") };
    case "recent":
      return { kind: "uids", ranges: view.recentRanges() };
    case "older":
      return { kind: "older", beforeMs: nowMs - term.seconds * 1000 };
    case "younger":
      return { kind: "younger", sinceMs: nowMs - term.seconds * 1000 };
    case "not":
      return { kind: "not", key: compile(term.term) };
    case "and":
      return { kind: "and", keys: term.terms.map(compile) };
    case "or":
      return { kind: "or", keys: term.terms.map(compile) };
  }
}

/**
 * No more ranges than the client wrote: from the first UID of a range of numbers to its last there is no message that it
 * has been told of and did not name. A folder with many gaps would have a range for each between them.
 */
function uidRangesOf(
  session: Pick<Session, "saved">,
  view: FolderView,
  set: SequenceSet,
  uid: boolean,
): readonly Range[] {
  if (set.kind === "saved") return session.saved;
  return sequenceRanges(session, view, set, uid).map(([from, to]): Range => {
    return [view.messages.uidAt(from) ?? 0, view.messages.uidAt(to) ?? 0];
  });
}
