/**
 * A message as a multi-line reply (RFC 1939 §3): a dot in front of each line that begins with one, and the dot that
 * ends it all.
 *
 * Octets go out as they are stored. RFC 5322 knows no bare LF and our SMTP takes none, but an imported message may hold
 * some: they stay, so that sizes and signatures hold. A dot behind a bare LF is doubled nevertheless, because many
 * clients end lines at any LF, and to those `LF . CRLF` would end the reply: the rest of the message would be read as
 * ours. A bare CR ends no line for anyone.
 */
import { Buffer } from "node:buffer";

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const DOTTED = Buffer.from("\n.");

export class DotStuffer {
  /** The two octets handed on last. The start of the message counts as a line's. */
  #last = LF;
  #beforeLast = CR;

  /** The next piece, stuffed: the very same octets where there is nothing to do. */
  stuff(piece: Uint8Array): Uint8Array {
    if (piece.length === 0) return piece;
    const octets = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const cuts = this.#last === LF && octets[0] === DOT ? [0] : [];
    for (let at = octets.indexOf(DOTTED); at !== -1; at = octets.indexOf(DOTTED, at + 1)) cuts.push(at + 1);
    this.#beforeLast = octets.length > 1 ? (octets[octets.length - 2] ?? 0) : this.#last;
    this.#last = octets[octets.length - 1] ?? 0;
    return cuts.length === 0 ? piece : withDots(octets, cuts);
  }

  /** What ends the reply, with a CRLF in front where the message has none at its end. */
  finish(): string {
    return this.#last === LF && this.#beforeLast === CR ? ".\r\n" : "\r\n.\r\n";
  }
}

/** A copy with one more dot in front of each index of `cuts`. */
function withDots(octets: Buffer, cuts: readonly number[]): Uint8Array {
  const stuffed = Buffer.allocUnsafe(octets.length + cuts.length);
  let from = 0;
  let to = 0;
  for (const cut of cuts) {
    to += octets.copy(stuffed, to, from, cut);
    stuffed[to++] = DOT;
    from = cut;
  }
  octets.copy(stuffed, to, from);
  return stuffed;
}
