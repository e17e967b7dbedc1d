/** RETR and TOP: a message from the store to the client, piece by piece, at the client's pace. */
import { DotStuffer } from "#protocol/pop3/dot-stuffing.ts";
import { okReply } from "#protocol/pop3/reply.ts";
import { TopCut } from "#protocol/pop3/top-cut.ts";
import type { Store } from "#store/store.ts";
import { PIECE_OCTETS, TOP_PIECE_OCTETS } from "./limits.ts";
import type { SnapshotMessage } from "./open-maildrop.ts";

const NOTHING = new Uint8Array(0);

/** Where it goes: resolves when more may be sent, with false when there is nobody to send to. */
export type Send = (octets: Uint8Array | string) => Promise<boolean>;

/**
 * Sends the reply with the message. `gone`: nothing was sent, for the message has been removed since the login.
 * `broken-off`: the client is away. Rejects when the store fails; `sent.begun` then tells whether the reply had begun.
 */
export async function sendMessage(
  store: Store,
  message: SnapshotMessage,
  { bodyLines, send, sent }: { bodyLines: number | null; send: Send; sent: { begun: boolean } },
): Promise<"sent" | "gone" | "broken-off"> {
  const top = bodyLines === null ? undefined : new TopCut(bodyLines);
  const stuffer = new DotStuffer();
  const length = top === undefined ? PIECE_OCTETS : TOP_PIECE_OCTETS;
  const [rows, first] = await Promise.all([
    // A message that another account has too can be read although it was removed here.
    store.fetchRows(message.folderId, [message.uid], { index: false }),
    store.readContent(message.blobId, 0, length),
  ]);
  if (rows.length === 0 || first === undefined) return "gone";
  sent.begun = true;
  if (!(await send(okReply(top === undefined ? `${message.sizeOctets} octets` : "top of message follows")))) {
    return "broken-off";
  }
  for (let at = 0, piece = first; piece.length > 0; ) {
    const next = at + piece.length;
    const octets = stuffer.stuff(top === undefined ? piece : top.cut(piece));
    const more = top?.done !== true && next < message.sizeOctets;
    // The next piece is read while this one is sent.
    const [goOn, read] = await Promise.all([
      send(octets),
      more ? store.readContent(message.blobId, next, next + PIECE_OCTETS) : NOTHING,
    ]);
    if (!goOn) return "broken-off";
    if (read === undefined || (more && read.length === 0)) throw new Error("message ends before its size");
    at = next;
    piece = read;
  }
  return (await send(stuffer.finish())) ? "sent" : "broken-off";
}
