/** The values of one message's FETCH response: from its row and index at once, from its octets where they are small. */

import { type Decoder, decoderFor } from "#mail/text/transfer-pieces.ts";
import type { FetchItem, SectionItem } from "#protocol/imap/fetch-item.ts";
import type { FetchContent, FetchValue } from "#protocol/imap/fetch-response.ts";
import { filterHeader } from "#protocol/imap/header-filter.ts";
import { applyPartial, type OctetRange, resolveBinary, resolveSection } from "#protocol/imap/section.ts";
import { messageIndexOf } from "#store/message-index.ts";
import type { MessageRow } from "#store/store.ts";
import { isWholeMessage } from "./fetch-plan.ts";
import { flagsToTell } from "./folder-flags.ts";
import type { FolderView } from "./folder-view.ts";
import type { MessageContent } from "./message-content.ts";
import type { PreparedItems } from "./prepared-values.ts";
import type { Session } from "./session.ts";

/** Octets that follow the values' own, in the order of the ranges in the encoded response. */
export type Source =
  | { readonly kind: "stored"; readonly range: OctetRange }
  /** A part's decoded octets; `partial` counts in them. */
  | { readonly kind: "decoded"; readonly range: OctetRange; readonly decoder: Decoder; readonly partial: OctetRange };

export interface ItemValue {
  readonly value: FetchValue;
  readonly source?: Source;
}

export interface Message {
  readonly row: MessageRow;
  readonly content: MessageContent;
  /** Items that were told before. */
  readonly prepared: PreparedItems;
}

/** What the row, its index or an earlier FETCH has; undefined where the message's octets are needed. */
export function valueAtHand(
  session: Session,
  view: FolderView,
  { row, prepared }: Message,
  item: FetchItem,
): FetchValue | undefined {
  const text = prepared.get(item);
  if (text !== undefined) return { kind: "prepared", text };
  switch (item.kind) {
    case "flags":
      return { kind: "flags", flags: flagsToTell(session, view, row.uid, row.flags) };
    case "internal-date":
      return { kind: "internal-date", date: { ms: row.internalDateMs, zoneMinutes: 0 } };
    case "size":
      return { kind: "size", octets: row.sizeOctets };
    case "uid":
      return { kind: "uid", uid: row.uid };
    case "mod-sequence":
      return { kind: "mod-sequence", modSeq: row.modSeq };
    case "envelope":
      return { kind: "envelope", envelope: messageIndexOf(row).envelope };
    case "body":
    case "body-structure":
      return { kind: item.kind, root: messageIndexOf(row).root };
    case "section":
    case "binary":
    case "binary-size":
      return undefined;
  }
}

/** Undefined: BINARY of an encoding that is not known here (RFC 3516 §4.3, UNKNOWN-CTE). */
export async function valueOf(
  session: Session,
  view: FolderView,
  message: Message,
  item: FetchItem,
): Promise<ItemValue | undefined> {
  const value = valueAtHand(session, view, message, item);
  if (value !== undefined) return { value };
  if (item.kind === "section") return sectionValue(message, item);
  if (item.kind === "binary") return binaryValue(message, item);
  if (item.kind === "binary-size") return binarySizeValue(message, item);
  throw new Error(`${item.kind} is at hand`);
}

/** What `valueOf` will ask for of the message's octets. */
export function rangesOf({ row, prepared }: Message, items: readonly FetchItem[]): readonly OctetRange[] {
  const ranges: OctetRange[] = [];
  for (const item of items) {
    if (item.kind !== "section" || prepared.has(item)) continue;
    const place = placeOf(row, item);
    if (place === null) continue;
    ranges.push(place.kind === "octets" ? applyPartial(place, item.partial) : { start: place.start, end: place.end });
  }
  return ranges;
}

async function sectionValue({ row, content }: Message, item: SectionItem): Promise<ItemValue> {
  const place = placeOf(row, item);
  if (place === null) return { value: { kind: "section", item, content: null } };
  if (place.kind === "header-fields") {
    const filtered = filterHeader(await content.read(place), place.names, place.not);
    const { start, end } = applyPartial({ start: 0, end: filtered.length }, item.partial);
    return { value: { kind: "section", item, content: filtered.subarray(start, end) } };
  }
  const range = applyPartial(place, item.partial);
  const held = await content.held(range);
  if (held !== undefined) return { value: { kind: "section", item, content: held } };
  return { value: { kind: "section", item, content: range }, source: { kind: "stored", range } };
}

type BinaryItem = FetchItem & { readonly kind: "binary" };
type BinarySizeItem = FetchItem & { readonly kind: "binary-size" };

async function binaryValue(message: Message, item: BinaryItem): Promise<ItemValue | undefined> {
  const place = binaryPlace(message.row, item.path);
  const value = (content: FetchContent): FetchValue => ({ ...item, kind: "binary", content });
  if (place === null) return { value: value(null) };
  const decoder = decoderFor(place.encoding);
  if (decoder === undefined) return undefined;
  if (decoder === "identity") {
    const range = applyPartial(place, item.partial);
    return { value: value(range), source: { kind: "stored", range } };
  }
  // The size stands before the octets: the part is read twice rather than held.
  const partial = applyPartial({ start: 0, end: await decodedSize(message, place, decoder) }, item.partial);
  return { value: value(partial), source: { kind: "decoded", range: place, decoder, partial } };
}

async function binarySizeValue(message: Message, item: BinarySizeItem): Promise<ItemValue | undefined> {
  const place = binaryPlace(message.row, item.path);
  if (place === null) return { value: { ...item, octets: 0 } };
  const decoder = decoderFor(place.encoding);
  if (decoder === undefined) return undefined;
  const octets = decoder === "identity" ? place.end - place.start : await decodedSize(message, place, decoder);
  return { value: { ...item, octets } };
}

async function decodedSize({ content }: Message, range: OctetRange, decoder: Decoder): Promise<number> {
  const decode = decoder();
  let size = 0;
  for await (const piece of content.pieces(range)) size += decode.push(piece).length;
  return size + decode.end().length;
}

function placeOf(row: MessageRow, item: SectionItem): ReturnType<typeof resolveSection> {
  if (isWholeMessage(item)) return { kind: "octets", start: 0, end: row.sizeOctets };
  return resolveSection(messageIndexOf(row).root, row.sizeOctets, item.section);
}

function binaryPlace(row: MessageRow, path: readonly number[]): ReturnType<typeof resolveBinary> {
  return resolveBinary(messageIndexOf(row).root, row.sizeOctets, path);
}
