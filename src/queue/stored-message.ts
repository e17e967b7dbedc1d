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

/** Rejects when the message cannot be read. */
export async function openStoredMessage(
  store: Pick<Store, "readContent">,
  { blobId, sizeOctets }: Pick<QueuedMessage, "blobId" | "sizeOctets">,
): Promise<StoredMessage> {
  const piece = async (start: number, end: number): Promise<Uint8Array> => {
    const octets = await store.readContent(blobId, start, end);
    if (octets === undefined) throw new Error("the message is not there");
    return octets;
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
