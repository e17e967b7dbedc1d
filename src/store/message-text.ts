/** The words of one message as a search compares them, read no sooner than they are asked for. */
import { parseAddressList } from "#mail/header/address-list.ts";
import { fieldValue, type HeaderField, splitFields } from "#mail/header/fields.ts";
import type { MessageIndex, MimePart } from "#mail/mime/structure.ts";
import { decodeEncodedWords } from "#mail/text/encoded-words.ts";
import { SEARCH_TEXT_OCTETS_MAX } from "#mail/text/limits.ts";
import { foldForSearch, textForSearch } from "#mail/text/search-text.ts";
import { READ_OCTETS_MAX, SEARCH_TEXT_KEPT_MAX } from "./limits.ts";

/** Where a message comes from. Undefined: it has gone meanwhile. */
export interface MessageSource {
  index(): MessageIndex | undefined;
  /** Octets `[start, end)`, at most `READ_OCTETS_MAX` of them. */
  read(start: number, end: number): Uint8Array | undefined;
}

/** Work that can be put off between its steps; each yields how many octets, or characters, it went through. */
export type Steps<T> = Generator<number, T>;

const ADDRESS_FIELDS: ReadonlySet<string> = new Set(["from", "sender", "reply-to", "to", "cc", "bcc"]);

export class MessageText {
  readonly #source: MessageSource;
  #index: MessageIndex | undefined;
  #header: Uint8Array | undefined;
  #fields: readonly HeaderField[] = [];
  /** Folded values of fields, made when they are asked for. */
  readonly #fieldTexts = new Map<HeaderField, string>();
  /** Folded texts of parts, by where their bodies start. */
  readonly #partTexts = new Map<number, string>();
  #keptLength = 0;

  constructor(source: MessageSource) {
    this.#source = source;
  }

  /** One of the fields of that name holds the folded text. */
  *fieldHolds(name: string, text: string): Steps<boolean> {
    const header = yield* this.#readHeader();
    for (const field of this.#fields) {
      if (field.name === name && (yield* this.#foldedField(header, field)).includes(text)) return true;
    }
    return false;
  }

  *headerHolds(text: string): Steps<boolean> {
    const header = yield* this.#readHeader();
    for (const field of this.#fields) {
      if (`${field.name}: ${yield* this.#foldedField(header, field)}`.includes(text)) return true;
    }
    return false;
  }

  /** One of the text parts holds the folded text, those of attached messages too. */
  *bodyHolds(text: string): Steps<boolean> {
    const root = this.#structure()?.root;
    if (root === undefined) return false;
    for (const part of textParts(root)) if ((yield* this.#partText(part)).includes(text)) return true;
    return false;
  }

  *#readHeader(): Steps<Uint8Array> {
    if (this.#header !== undefined) return this.#header;
    const root = this.#structure()?.root;
    const header = root === undefined ? new Uint8Array(0) : yield* this.#read(root.headerStart, root.bodyStart);
    this.#fields = splitFields(header);
    this.#header = header;
    return header;
  }

  *#foldedField(header: Uint8Array, field: HeaderField): Steps<string> {
    const text = this.#fieldTexts.get(field) ?? foldedField(header, field);
    this.#fieldTexts.set(field, text);
    yield text.length;
    return text;
  }

  *#partText(part: MimePart): Steps<string> {
    const kept = this.#partTexts.get(part.bodyStart);
    if (kept !== undefined) {
      yield kept.length;
      return kept;
    }
    const octets = yield* this.#read(part.bodyStart, part.bodyEnd);
    const text = foldForSearch(textForSearch(part, octets));
    if (this.#keptLength + text.length <= SEARCH_TEXT_KEPT_MAX) {
      this.#partTexts.set(part.bodyStart, text);
      this.#keptLength += text.length;
    }
    return text;
  }

  /** The range in bounded pieces, its first `SEARCH_TEXT_OCTETS_MAX` octets: what lies beyond is not searched. */
  *#read(start: number, end: number): Steps<Uint8Array> {
    const to = Math.min(end, start + SEARCH_TEXT_OCTETS_MAX);
    const whole = new Uint8Array(Math.max(0, to - start));
    for (let at = start; at < to; ) {
      const piece = this.#source.read(at, Math.min(to, at + READ_OCTETS_MAX));
      if (piece === undefined || piece.length === 0) return whole.subarray(0, at - start);
      whole.set(piece, at - start);
      at += piece.length;
      yield piece.length;
    }
    return whole;
  }

  #structure(): MessageIndex | undefined {
    this.#index ??= this.#source.index();
    return this.#index;
  }
}

/** The decoded field; of an address field also its addresses without comments and folding, as the envelope has them. */
function foldedField(header: Uint8Array, field: HeaderField): string {
  const value = fieldValue(header, field);
  const text = foldForSearch(decodeEncodedWords(value));
  if (!ADDRESS_FIELDS.has(field.name)) return text;
  const addresses = parseAddressList(value).map(({ mailbox, host }) =>
    host === null ? mailbox : `${mailbox}@${host}`,
  );
  return `${text}\n${foldForSearch(addresses.join("\n"))}`;
}

function* textParts(part: MimePart): Generator<MimePart> {
  if (part.type === "text") yield part;
  for (const child of part.parts ?? []) yield* textParts(child);
  if (part.message !== undefined) yield* textParts(part.message.root);
}
