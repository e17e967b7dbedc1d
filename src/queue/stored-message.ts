/** A queued message's octets as they are sent: without the Return-Path, which belongs to final delivery alone (RFC 5321 §4.4). */
import { Buffer } from "node:buffer";
import type { QueuedMessage } from "#store/queue-rows.ts";
import type { Store } from "#store/store.ts";
import { READ_AT_ONCE_OCTETS, READ_PIECE_OCTETS } from "./limits.ts";

const RETURN_PATH = "return-path:";

export interface StoredMessage {
  readonly sizeOctets: number;
  /** Octets `[start, end)`, fewer at the end. Rejects when they cannot be read. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Rejects when the message cannot be read. `lost` hears of it where trying again will not help: the disk has lost octets. */
export async function openStoredMessage(
  store: Pick<Store, "readContent">,
  { blobId, sizeOctets }: Pick<QueuedMessage, "blobId" | "sizeOctets">,
  lost: (what: string) => void = () => undefined,
): Promise<StoredMessage> {
  const piece = async (start: number, end: number): Promise<Uint8Array> => {
    const octets = await store.readContent(blobId, start, end);
    // What a broken disk left of it must not leave as if it were the message.
    if (octets !== undefined && octets.length >= Math.min(end, sizeOctets) - start) return octets;
    const what = octets === undefined ? "the message is not there" : "the message has lost its end";
    lost(what);
    throw new Error(what);
  };
  const beginning = await piece(0, READ_AT_ONCE_OCTETS);
  const skipped = returnPathOctets(beginning);
  // A small message is read once: to ask another thread costs more than its octets.
  const whole = beginning.length >= sizeOctets ? beginning.subarray(skipped) : undefined;
  return {
    sizeOctets: sizeOctets - skipped,
    async read(start, end) {
      if (whole !== undefined) return whole.subarray(start, end);
      const pieces: Uint8Array[] = [];
      for (let at = start; at < end; at += READ_PIECE_OCTETS) {
        const wanted = Math.min(READ_PIECE_OCTETS, end - at);
        const octets = await piece(at + skipped, at + skipped + wanted);
        pieces.push(octets);
        if (octets.length < wanted) break;
      }
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    },
  };
}

/** Ours is one line, the first; a sender's own was taken away when the message came in. */
function returnPathOctets(start: Uint8Array): number {
  const octets = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const isThere = octets.toString("latin1", 0, RETURN_PATH.length).toLowerCase() === RETURN_PATH;
  return isThere ? octets.indexOf("\n") + 1 : 0;
}
