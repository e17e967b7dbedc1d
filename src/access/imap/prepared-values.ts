/**
 * Values of FETCH responses that have been told before, as they stand in the response: what a message says of itself does not
 * change, and clients list the same folder again and again. One for all sessions of a thread.
 */
import { LRUCache } from "lru-cache";
import type { FetchItem, SectionItem } from "#protocol/imap/fetch-item.ts";
import { type FetchValue, nameOfSection, prepareValue } from "#protocol/imap/fetch-response.ts";
import type { Uid } from "#store/store.ts";
import { PREPARED_LENGTH_MAX, PREPARED_OVERHEAD, PREPARED_VALUE_LENGTH_MAX } from "../limits.ts";
import type { FolderView } from "./folder-view.ts";

export class PreparedValues {
  readonly #texts = new LRUCache<string, string>({
    maxSize: PREPARED_LENGTH_MAX,
    sizeCalculation: (text, key) => text.length + key.length + PREPARED_OVERHEAD,
  });

  get(key: string): string | undefined {
    return this.#texts.get(key);
  }

  put(key: string, text: string): void {
    if (text.length <= PREPARED_VALUE_LENGTH_MAX) this.#texts.set(key, text);
  }
}

/** Those of one message, by item. */
export type PreparedItems = ReadonlyMap<FetchItem, string>;

const NOTHING: PreparedItems = new Map();

/** What one FETCH finds prepared, and prepares. */
export class FetchPreparation {
  readonly #values: PreparedValues;
  readonly #folder: string;
  readonly #utf8: boolean;
  /** What stands for the items that can be prepared, in keys. */
  readonly #names: ReadonlyMap<FetchItem, string>;
  /** Nothing but these needs more than the message's row. */
  readonly #isEnough: boolean;

  constructor(values: PreparedValues, view: FolderView, items: readonly FetchItem[], utf8: boolean) {
    this.#values = values;
    // UIDs of a folder are never given twice, and a message never changes (RFC 3501 §2.3.1.1).
    this.#folder = `${view.folderId}.${view.uidValidity}${utf8 ? "u" : ""}`;
    this.#utf8 = utf8;
    this.#names = new Map(items.flatMap((item) => namesOf(item)));
    this.#isEnough = items.every((item) => this.#names.has(item) || IN_ROW.has(item.kind));
  }

  /** Everything but the rows of these messages, where all of it is there. */
  all(uids: readonly Uid[]): ReadonlyMap<Uid, PreparedItems> | undefined {
    if (!this.#isEnough) return undefined;
    const all = new Map<Uid, PreparedItems>();
    for (const uid of uids) {
      const items = this.of(uid);
      if (items.size < this.#names.size) return undefined;
      all.set(uid, items);
    }
    return all;
  }

  /** As far as there is anything. */
  of(uid: Uid): PreparedItems {
    if (this.#names.size === 0) return NOTHING;
    const items = new Map<FetchItem, string>();
    for (const [item, name] of this.#names) {
      const text = this.#values.get(this.#key(uid, name));
      if (text !== undefined) items.set(item, text);
    }
    return items;
  }

  /** The value to be written: prepared, where it can be used again. */
  prepare(uid: Uid, item: FetchItem, value: FetchValue): FetchValue {
    const name = this.#names.get(item);
    if (name === undefined || value.kind === "prepared" || isLong(value)) return value;
    const text = prepareValue(value, { utf8: this.#utf8 });
    if (text === undefined) return value;
    this.#values.put(this.#key(uid, name), text);
    return { kind: "prepared", text };
  }

  #key(uid: Uid, name: string): string {
    return `${this.#folder} ${uid} ${name}`;
  }
}

const IN_ROW: ReadonlySet<FetchItem["kind"]> = new Set(["flags", "internal-date", "size", "uid", "mod-sequence"]);

function namesOf(item: FetchItem): readonly (readonly [FetchItem, string])[] {
  if (item.kind === "section") {
    return isOfHeader(item) ? [[item, `${nameOfSection(item)}${item.partial?.length ?? ""}`]] : [];
  }
  const isOfIndex = item.kind === "envelope" || item.kind === "body" || item.kind === "body-structure";
  return isOfIndex ? [[item, item.kind]] : [];
}

/** Too long to be kept: its octets go out as they are. */
function isLong(value: FetchValue): boolean {
  return (
    value.kind === "section" && value.content instanceof Uint8Array && value.content.length > PREPARED_VALUE_LENGTH_MAX
  );
}

/** The header of the message itself, or fields of it. */
function isOfHeader({ section: { path, text } }: SectionItem): boolean {
  return path.length === 0 && (text?.kind === "header" || text?.kind === "header-fields");
}
