/** Writes the FETCH responses of one message, its octets streamed from the store at the client's pace. */
import type { FetchItem } from "#protocol/imap/fetch-item.ts";
import { encodeFetch, type FetchValue } from "#protocol/imap/fetch-response.ts";
import type { Uid } from "#store/store.ts";
import { FETCH_IN_HAND_OCTETS_MAX } from "../limits.ts";
import { type FetchPlan, has } from "./fetch-plan.ts";
import { type ItemValue, type Message, type Source, valueAtHand, valueOf } from "./fetch-values.ts";
import type { FolderView } from "./folder-view.ts";
import { ContentGone, type MessageContent } from "./message-content.ts";
import type { FetchPreparation } from "./prepared-values.ts";
import type { Session } from "./session.ts";
import { sendValues } from "./sync.ts";

export type Told = "told" | "gone" | "unknown-encoding" | "disconnected";

/** One FETCH, with all that it needs for each message. */
export interface FetchJob {
  readonly session: Session;
  readonly view: FolderView;
  readonly plan: FetchPlan;
  readonly preparation: FetchPreparation;
}

/** FETCH UID of a message needs nothing from the store, and works when it was expunged meanwhile. */
export function tellUid(session: Session, view: FolderView, uid: Uid): void {
  const sequence = view.messages.sequenceOf(uid);
  if (sequence !== undefined) sendValues(session.output, sequence, [{ kind: "uid", uid }]);
}

/**
 * At once where everything is at hand and the client takes it.
 * @param nowSeen the FETCH has set \Seen, so the client hears the flags (RFC 3501 §6.4.5). Rejects with `ContentGone`.
 */
export function tellMessage(job: FetchJob, message: Message, nowSeen: boolean): Told | Promise<Told> {
  const { session, view, plan } = job;
  const sequence = view.messages.sequenceOf(message.row.uid);
  if (sequence === undefined) return "gone";
  const items = nowSeen ? [...plan.items, ...seenItems(session, plan)] : plan.items;
  const values = valuesAtHand(job, message, items);
  if (values === undefined) return tellInPieces(job, message, sequence, items);
  sendValues(session.output, sequence, values);
  return session.output.full ? whenTaken(session) : "told";
}

async function whenTaken({ output }: Session): Promise<Told> {
  return (await output.room()) ? "told" : "disconnected";
}

/** All of them, where they are short enough for one response. */
function valuesAtHand(
  { session, view, preparation }: FetchJob,
  message: Message,
  items: readonly FetchItem[],
): readonly FetchValue[] | undefined {
  if (items.some((item) => isOfOctets(item) && !message.prepared.has(item))) return undefined;
  const values: FetchValue[] = [];
  let length = 0;
  for (const item of items) {
    const found = valueAtHand(session, view, message, item);
    if (found === undefined) return undefined;
    const value = preparation.prepare(message.row.uid, item, found);
    length += octetsInHand(value);
    if (length > FETCH_IN_HAND_OCTETS_MAX) return undefined;
    values.push(value);
  }
  return values;
}

async function tellInPieces(
  { session, view, preparation }: FetchJob,
  message: Message,
  sequence: number,
  items: readonly FetchItem[],
): Promise<Told> {
  const { uid } = message.row;
  let response: ItemValue[] = [];
  let inHandOctets = 0;
  let complete = true;
  for (const item of items) {
    const found = await valueOf(session, view, message, item);
    if (found === undefined) {
      complete = false;
      continue;
    }
    const value = { ...found, value: preparation.prepare(uid, item, found.value) };
    response.push(value);
    inHandOctets += octetsInHand(value.value);
    // Many large headers in one FETCH become several responses, which RFC 3501 §7.4.2 allows.
    if (inHandOctets < FETCH_IN_HAND_OCTETS_MAX) continue;
    if (!(await writeResponse(session, sequence, response, message.content))) return "disconnected";
    response = [];
    inHandOctets = 0;
  }
  const written = response.length === 0 || (await writeResponse(session, sequence, response, message.content));
  if (!written) return "disconnected";
  return complete ? "told" : "unknown-encoding";
}

function seenItems(session: Session, plan: FetchPlan): readonly FetchItem[] {
  const items: FetchItem[] = [];
  if (!has(plan.items, "flags")) items.push({ kind: "flags" });
  if (session.condstore && !has(plan.items, "mod-sequence")) items.push({ kind: "mod-sequence" });
  return items;
}

function isOfOctets({ kind }: FetchItem): boolean {
  return kind === "section" || kind === "binary" || kind === "binary-size";
}

function octetsInHand(value: FetchValue): number {
  if (value.kind === "prepared") return value.text.length;
  return value.kind === "section" && value.content instanceof Uint8Array ? value.content.length : 0;
}

async function writeResponse(
  session: Session,
  sequence: number,
  response: readonly ItemValue[],
  content: MessageContent,
): Promise<boolean> {
  const { output } = session;
  const values: FetchValue[] = response.map(({ value }) => value);
  // An empty range is written as an empty string, and has no place in the response.
  const sources = response.flatMap(({ source }) => source ?? []).filter((source) => !isEmpty(source));
  for (const piece of encodeFetch(sequence, values, { utf8: output.utf8 })) {
    if (piece instanceof Uint8Array) output.write(piece);
    else {
      const source = sources.shift();
      if (source === undefined) throw new Error("a range without its source");
      if (!(await stream(session, source, content))) return false;
    }
    if (!(await output.room())) return false;
  }
  return true;
}

function isEmpty(source: Source): boolean {
  const { start, end } = source.kind === "stored" ? source.range : source.partial;
  return start >= end;
}

/** The octets after a literal's size. False: the connection is gone; so it must be when the octets cannot be had. */
async function stream(session: Session, source: Source, content: MessageContent): Promise<boolean> {
  try {
    const octets = source.kind === "stored" ? content.pieces(source.range) : decodedPieces(source, content);
    for await (const piece of octets) {
      session.output.write(piece);
      if (!(await session.output.room())) return false;
    }
    return true;
  } catch (error) {
    if (!(error instanceof ContentGone)) session.log.error("imap-fetch-failed", { error });
    session.endReason = "content-gone";
    session.drop();
    return false;
  }
}

async function* decodedPieces(
  { range, decoder, partial }: Source & { readonly kind: "decoded" },
  content: MessageContent,
): AsyncGenerator<Uint8Array> {
  const decode = decoder();
  let at = 0;
  const cut = (octets: Uint8Array): Uint8Array => {
    const from = Math.max(0, partial.start - at);
    const to = Math.max(from, Math.min(octets.length, partial.end - at));
    at += octets.length;
    return octets.subarray(from, to);
  };
  for await (const piece of content.pieces(range)) {
    yield cut(decode.push(piece));
    if (at >= partial.end) return;
  }
  yield cut(decode.end());
}
