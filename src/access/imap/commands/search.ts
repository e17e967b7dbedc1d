/** SEARCH (RFC 3501 §6.4.4), ESEARCH (RFC 4731), SEARCHRES (RFC 5182), with mod-sequences (RFC 7162 §3.1.5, §3.1.10). */
import type { Command } from "#protocol/imap/command.ts";
import type { EsearchResponse } from "#protocol/imap/response.ts";
import type { SearchReturn } from "#protocol/imap/search-term.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { ModSeq, Uid } from "#store/store.ts";
import type { FolderView } from "../folder-view.ts";
import { compileSearch } from "../search-compiler.ts";
import { type Completion, done, type Session, viewOf } from "../session.ts";
import type { Range } from "../uid-list.ts";
import { enableCondstore } from "./condstore.ts";

type SearchCommand = Command & { readonly name: "SEARCH" };

export async function search(session: Session, command: SearchCommand, tag: string): Promise<Completion> {
  const view = viewOf(session);
  if (command.usesModSeq) enableCondstore(session);
  const { store, clock } = session.dependencies;
  const key = compileSearch(session, view, command.term, clock.now());
  const found = await store.search(view.folderId, key);
  // What the client has not been told of has no number yet, and is found the next time.
  const uids = [...found.uids].filter((uid) => view.messages.sequenceOf(uid) !== undefined);
  await answer(session, view, command, tag, uids);
  return done("Search completed");
}

async function answer(
  session: Session,
  view: FolderView,
  command: SearchCommand,
  tag: string,
  uids: readonly Uid[],
): Promise<void> {
  const { output } = session;
  const { returns } = command;
  const number = (uid: Uid): number => (command.uid ? uid : (view.messages.sequenceOf(uid) ?? 0));
  const modSeq = command.usesModSeq ? await modSeqResult(session, view, returns, uids) : {};
  if (returns === null) {
    output.send({ kind: "search", numbers: uids.map(number), ...modSeq });
    return;
  }
  if (returns.save) session.saved = saved(returns, uids);
  if (!(returns.min || returns.max || returns.all || returns.count)) return;
  output.send({
    kind: "esearch",
    tag,
    uid: command.uid,
    ...results(returns, uids.map(number)),
    ...modSeq,
  });
}

type Results = Pick<EsearchResponse, "min" | "max" | "all" | "count">;

function results(returns: SearchReturn, numbers: readonly number[]): Results {
  const [min] = numbers;
  const max = numbers.at(-1);
  const count = returns.count ? { count: numbers.length } : {};
  if (min === undefined || max === undefined) return count;
  return {
    ...(returns.min ? { min } : {}),
    ...(returns.max ? { max } : {}),
    ...(returns.all ? { all: numbers } : {}),
    ...count,
  };
}

/** RFC 7162 §3.1.5, §3.1.10: the highest of all that were found; with MIN and MAX alone, of those messages. */
async function modSeqResult(
  session: Session,
  view: FolderView,
  returns: SearchReturn | null,
  uids: readonly Uid[],
): Promise<{ readonly modSeq?: ModSeq }> {
  if (uids.length === 0) return {};
  const asked = returns === null || returns.all || returns.count ? uids : extremes(returns, uids);
  let highest = 0;
  for (let at = 0; at < asked.length; at += ROWS_PER_CALL_MAX) {
    const batch = asked.slice(at, at + ROWS_PER_CALL_MAX);
    const rows = await session.dependencies.store.fetchRows(view.folderId, batch, { index: false });
    for (const { modSeq } of rows) highest = Math.max(highest, modSeq);
  }
  return highest === 0 ? {} : { modSeq: highest };
}

/** RFC 5182 §2.1: with MIN or MAX and neither ALL nor COUNT, those messages; else all. */
function saved(returns: SearchReturn, uids: readonly Uid[]): Range[] {
  const onlyEnds = (returns.min || returns.max) && !returns.all && !returns.count;
  return toRanges(onlyEnds ? extremes(returns, uids) : uids);
}

function extremes({ min, max }: SearchReturn, uids: readonly Uid[]): Uid[] {
  const ends = [...(min ? uids.slice(0, 1) : []), ...(max ? uids.slice(-1) : [])];
  return [...new Set(ends)];
}

function toRanges(uids: readonly Uid[]): Range[] {
  const ranges: [number, number][] = [];
  for (const uid of uids) {
    const last = ranges.at(-1);
    if (last?.[1] === uid - 1) last[1] = uid;
    else ranges.push([uid, uid]);
  }
  return ranges;
}
