/**
 * FETCH (RFC 3501 §6.4.5) with CHANGEDSINCE (RFC 7162 §3.1.4) and BINARY (RFC 3516). Rows come in batches, octets in
 * pieces; whatever is asked, one session holds no more than `limits.ts` says.
 */
import type { Command } from "#protocol/imap/command.ts";
import type { MessageRow, Uid } from "#store/store.ts";
import { INDEX_ROWS_PER_BATCH, ROWS_PER_BATCH } from "../../limits.ts";
import { type FetchPlan, has, planFetch } from "../fetch-plan.ts";
import type { Message } from "../fetch-values.ts";
import { type FetchJob, type Told, tellMessage, tellUid } from "../fetch-writer.ts";
import type { FolderView } from "../folder-view.ts";
import { ContentGone, MessageContent } from "../message-content.ts";
import { batches, sequenceRanges } from "../message-set.ts";
import { FetchPreparation, type PreparedItems } from "../prepared-values.ts";
import { readAhead } from "../read-ahead.ts";
import { bad, type Completion, done, refused, type Session, viewOf } from "../session.ts";
import type { Range } from "../uid-list.ts";
import { enableCondstore } from "./condstore.ts";
import { tellVanishedOf } from "./resync.ts";

type FetchCommand = Command & { readonly name: "FETCH" };

export async function fetch(session: Session, command: FetchCommand): Promise<Completion> {
  const view = viewOf(session);
  const { changedSince, vanished } = command.modifiers;
  if (vanished && !(session.qresync && command.uid && changedSince !== null)) {
    return bad("VANISHED needs QRESYNC, UID FETCH and CHANGEDSINCE");
  }
  if (changedSince !== null || has(command.items, "mod-sequence")) enableCondstore(session);
  const plan = planFetch(command.items, {
    uid: command.uid,
    modSeq: changedSince !== null,
    readOnly: view.readOnly,
  });
  let sequences = sequenceRanges(session, view, command.set, command.uid);
  if (changedSince !== null) {
    const changes = await session.dependencies.store.changesSince(view.folderId, changedSince);
    if (vanished && changes !== undefined) tellVanishedOf(session, view, changes, command.set);
    sequences = changedOnly(view, sequences, changes?.changed ?? []);
  }
  return completion(command, await tellAll(session, view, plan, sequences));
}

async function tellAll(
  session: Session,
  view: FolderView,
  plan: FetchPlan,
  sequences: readonly Range[],
): Promise<ReadonlySet<Told>> {
  const outcomes = new Set<Told>();
  const preparation = new FetchPreparation(session.prepared, view, plan.items, session.output.utf8);
  const job = { session, view, plan, preparation };
  const pending = portions(job, sequences);
  let next = beginBatch(job, pending);
  for (let batch = next; batch !== undefined; batch = next) {
    // The store reads the next rows while these are told.
    next = beginBatch(job, pending);
    if (plan.needsRow) await tellBatch(job, batch, await batch.rows, outcomes);
    else for (const uid of batch.uids) tellUid(session, view, uid);
    if (!(await session.output.room())) break;
  }
  return outcomes;
}

interface Portion {
  readonly uids: readonly Uid[];
  /** All that is to be told but their rows, where all of it was told before. */
  readonly prepared: ReadonlyMap<Uid, PreparedItems> | undefined;
}

interface Batch extends Portion {
  readonly rows: Promise<readonly MessageRow[]>;
}

/** Many messages at once where little is to be held of each. */
function* portions(
  { view, plan, preparation }: FetchJob,
  sequences: readonly Range[],
): Generator<Portion, undefined, undefined> {
  for (const uids of batches(view, sequences, ROWS_PER_BATCH)) {
    const prepared = plan.needsIndex ? preparation.all(uids) : undefined;
    if (!plan.setsSeen && (prepared !== undefined || !plan.needsIndex)) {
      yield { uids, prepared };
      continue;
    }
    for (let at = 0; at < uids.length; at += INDEX_ROWS_PER_BATCH) {
      const some = uids.slice(at, at + INDEX_ROWS_PER_BATCH);
      yield { uids: some, prepared: plan.needsIndex ? preparation.all(some) : undefined };
    }
  }
}

function beginBatch({ session, view, plan }: FetchJob, pending: Iterator<Portion, undefined>): Batch | undefined {
  const { value: portion } = pending.next();
  if (portion === undefined) return undefined;
  if (!plan.needsRow) return { ...portion, rows: Promise.resolve([]) };
  const index = plan.needsIndex && portion.prepared === undefined;
  const rows = session.dependencies.store.fetchRows(view.folderId, portion.uids, { index });
  // Whoever waits for the batch hears of the failure; the session may end before.
  rows.catch(() => undefined);
  return { ...portion, rows };
}

function completion(command: FetchCommand, outcomes: ReadonlySet<Told>): Completion {
  if (outcomes.has("unknown-encoding")) return refused({ name: "UNKNOWN-CTE" }, "A part has an unknown encoding");
  // RFC 3501 §6.4.8: a UID that does not exist is no error.
  if (outcomes.has("gone") && !command.uid) {
    return refused({ name: "EXPUNGEISSUED" }, "Some of the messages no longer exist");
  }
  return done("Fetch completed");
}

/** Of the messages those that `rows` names, in ascending UID. */
function changedOnly(
  view: FolderView,
  sequences: readonly Range[],
  rows: readonly { readonly uid: Uid }[],
): readonly Range[] {
  const changed: Range[] = [];
  let i = 0;
  for (const { uid } of rows) {
    const sequence = view.messages.sequenceOf(uid);
    if (sequence === undefined) continue;
    while ((sequences[i]?.[1] ?? Number.POSITIVE_INFINITY) < sequence) i++;
    if ((sequences[i]?.[0] ?? Number.POSITIVE_INFINITY) <= sequence) changed.push([sequence, sequence]);
  }
  return changed;
}

async function tellBatch(
  job: FetchJob,
  { uids, prepared }: Portion,
  rows: readonly MessageRow[],
  outcomes: Set<Told>,
): Promise<void> {
  const { session, view, plan } = job;
  const { store } = session.dependencies;
  const seen = plan.setsSeen ? await markSeen(session, view, rows) : rows;
  const nowSeen = new Set(seen.filter((row, i) => row !== rows[i]).map(({ uid }) => uid));
  const groups = readAhead(store, messagesOf(job, seen, prepared), plan.items);
  const told = new Set<Uid>();
  let next = groups.next().value;
  for (let group = next; group !== undefined; group = next) {
    // The store reads for the next group while this one is told.
    next = groups.next().value;
    for (const message of group) {
      const { uid } = message.row;
      const telling = tellMessage(job, message, nowSeen.has(uid));
      const outcome = telling instanceof Promise ? await telling.catch(goneOr) : telling;
      outcomes.add(outcome);
      told.add(uid);
      if (outcome === "disconnected") return;
    }
  }
  if (uids.some((uid) => !told.has(uid))) outcomes.add("gone");
}

function* messagesOf(
  { session, preparation }: FetchJob,
  rows: readonly MessageRow[],
  prepared: Portion["prepared"],
): Generator<Message> {
  const { store } = session.dependencies;
  for (const row of rows) {
    const content = new MessageContent(store, row.blobId);
    yield { row, content, prepared: prepared?.get(row.uid) ?? preparation.of(row.uid) };
  }
}

/** Marks messages before their octets leave: one write for the batch. Those already marked come back as they were. */
async function markSeen(
  session: Session,
  view: FolderView,
  rows: readonly MessageRow[],
): Promise<readonly MessageRow[]> {
  const unseen = rows.filter(({ flags }) => !flags.includes("\\Seen")).map(({ uid }) => uid);
  if (unseen.length === 0) return rows;
  const change = { operation: "add", flags: ["\\Seen"] } as const;
  const { changed } = await session.dependencies.store.changeFlags(view.folderId, unseen, change);
  view.flagsTold(changed);
  const byUid = new Map(changed.map((row) => [row.uid, row]));
  return rows.map((row) => {
    const after = byUid.get(row.uid);
    return after === undefined ? row : { ...row, flags: after.flags, modSeq: after.modSeq };
  });
}

function goneOr(error: unknown): Told {
  if (error instanceof ContentGone) return "gone";
  throw error;
}
