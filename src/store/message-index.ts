import type { MessageIndex } from "#mail/mime/structure.ts";
import type { MessageRow } from "./store.ts";

const opened = new WeakMap<MessageRow, MessageIndex>();

/**
 * The index of a row that was fetched with it. It travels between threads as the text it is stored as: copying a text costs
 * a tenth of copying the objects in it. Parsed once a row. Throws for a row fetched without its index.
 */
export function messageIndexOf(row: MessageRow): MessageIndex {
  const known = opened.get(row);
  if (known !== undefined) return known;
  if (row.indexJson === undefined) throw new Error("row without the index that was asked for");
  const index = JSON.parse(row.indexJson) as MessageIndex;
  opened.set(row, index);
  return index;
}
