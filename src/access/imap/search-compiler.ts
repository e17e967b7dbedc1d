/** From SEARCH as the client wrote it to the store's key: message numbers become UIDs, spans become moments. */
import type { SearchTerm } from "#protocol/imap/search-term.ts";
import type { SequenceSet } from "#protocol/imap/sequence-set.ts";
import type { SearchKey } from "#store/search-key.ts";
import type { FolderView } from "./folder-view.ts";
import { sequenceRanges, uidRanges } from "./message-set.ts";
import type { Session } from "./session.ts";

/** Recursion is bounded by the parser (`SEARCH_DEPTH_MAX`). */
export function compileSearch(session: Session, view: FolderView, term: SearchTerm, nowMs: number): SearchKey {
  const compile = (inner: SearchTerm): SearchKey => compileSearch(session, view, inner, nowMs);
  const uids = (set: SequenceSet, uid: boolean): SearchKey => ({
    kind: "uids",
    ranges: uidRanges(view, sequenceRanges(session, view, set, uid)),
  });
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
      return uids(term.set, false);
    case "uid":
      return uids(term.set, true);
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
