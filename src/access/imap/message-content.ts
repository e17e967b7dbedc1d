/** The octets of one message as FETCH needs them: small ranges are read ahead, large ones in pieces. */
import type { OctetRange } from "#protocol/imap/section.ts";
import { READ_OCTETS_MAX } from "#store/limits.ts";
import type { BlobId, Store } from "#store/store.ts";
import { READ_AHEAD_OCTETS_MAX, READ_PIECE_OCTETS } from "../limits.ts";

/** The message's octets are no longer there: another session expunged it. */
export class ContentGone extends Error {
  constructor() {
    super("message content is gone");
  }
}

export class MessageContent {
  readonly #store: Pick<Store, "readContent">;
  readonly #blobId: BlobId;
  readonly #ahead = new Map<string, Promise<Uint8Array>>();
  #aheadOctets = 0;

  constructor(store: Pick<Store, "readContent">, blobId: BlobId) {
    this.#store = store;
    this.#blobId = blobId;
  }

  /** Is there room to hold this, too, until it is asked for? What is empty, or awaited already, needs none. */
  hasRoomFor({ start, end }: OctetRange): boolean {
    if (start >= end || this.#ahead.has(keyOf({ start, end }))) return false;
    return this.#aheadOctets + end - start <= READ_AHEAD_OCTETS_MAX;
  }

  /** Somebody reads what will be asked for with `read`: undefined where the message is gone. */
  expect(range: OctetRange, reading: Promise<Uint8Array | undefined>): void {
    const octets = reading.then((read) => {
      if (read === undefined) throw new ContentGone();
      return read;
    });
    // Whoever asks for it hears of the failure; nobody may ask.
    octets.catch(() => undefined);
    this.#aheadOctets += range.end - range.start;
    this.#ahead.set(keyOf(range), octets);
  }

  /** What was read ahead, if it was. */
  held(range: OctetRange): Promise<Uint8Array> | undefined {
    return this.#ahead.get(keyOf(range));
  }

  /** All of a range that fits in one read; of a longer one its start. Rejects with `ContentGone`. */
  read(range: OctetRange): Promise<Uint8Array> {
    return this.held(range) ?? this.#read(range);
  }

  /** The range in pieces. Rejects with `ContentGone`, also when it ends early. */
  async *pieces({ start, end }: OctetRange): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; ) {
      const piece = await this.#read({ start: at, end: Math.min(end, at + READ_PIECE_OCTETS) });
      if (piece.length === 0) throw new ContentGone();
      at += piece.length;
      yield piece;
    }
  }

  async #read({ start, end }: OctetRange): Promise<Uint8Array> {
    if (start >= end) return new Uint8Array(0);
    const octets = await this.#store.readContent(this.#blobId, start, Math.min(end, start + READ_OCTETS_MAX));
    if (octets === undefined) throw new ContentGone();
    return octets;
  }
}

function keyOf({ start, end }: OctetRange): string {
  return `${start}-${end}`;
}
