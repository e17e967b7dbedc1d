/** What a FETCH needs of the store, worked out once for all its messages. */
import type { FetchItem, SectionItem } from "#protocol/imap/fetch-item.ts";

export interface FetchPlan {
  readonly items: readonly FetchItem[];
  /** The message's row: everything but numbers. */
  readonly needsRow: boolean;
  /** The MIME structure too. */
  readonly needsIndex: boolean;
  /** \Seen is set where it was not (RFC 3501 §6.4.5). */
  readonly setsSeen: boolean;
}

export function planFetch(
  items: readonly FetchItem[],
  options: { readonly uid: boolean; readonly modSeq: boolean; readonly readOnly: boolean },
): FetchPlan {
  const all = [...items];
  // RFC 3501 §6.4.8: UID FETCH names the UID whether asked or not; RFC 7162 §3.1.4.1 likewise with CHANGEDSINCE.
  if (options.uid && !has(items, "uid")) all.unshift({ kind: "uid" });
  if (options.modSeq && !has(items, "mod-sequence")) all.push({ kind: "mod-sequence" });
  return {
    items: all,
    needsRow: all.some(({ kind }) => kind !== "uid"),
    needsIndex: all.some(needsIndex),
    setsSeen: !options.readOnly && all.some(setsSeen),
  };
}

export function has(items: readonly FetchItem[], kind: FetchItem["kind"]): boolean {
  return items.some((item) => item.kind === kind);
}

/** The whole message as it is stored. */
export function isWholeMessage({ section }: SectionItem): boolean {
  return section.path.length === 0 && section.text === null;
}

function needsIndex(item: FetchItem): boolean {
  switch (item.kind) {
    case "envelope":
    case "body":
    case "body-structure":
    case "binary":
    case "binary-size":
      return true;
    case "section":
      return !isWholeMessage(item);
    case "flags":
    case "internal-date":
    case "size":
    case "uid":
    case "mod-sequence":
      return false;
  }
}

function setsSeen(item: FetchItem): boolean {
  return (item.kind === "section" || item.kind === "binary") && !item.peek;
}
