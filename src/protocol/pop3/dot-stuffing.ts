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
    const first = this.#last === LF && octets[0] === DOT ? 0 : octets.indexOf(DOTTED);
    this.#beforeLast = octets.length > 1 ? (octets[octets.length - 2] ?? 0) : this.#last;
    this.#last = octets[octets.length - 1] ?? 0;
    return first === -1 ? piece : stuffFrom(octets, octets[first] === DOT ? first : first + 1);
  }

  /** What ends the reply, with a CRLF in front where the message has none at its end. */
  finish(): string {
    return this.#last === LF && this.#beforeLast === CR ? ".\r\n" : "\r\n.\r\n";
  }
}

/**
 * A copy with one more dot in front of the one at `first` and of each that follows an LF. Octet by octet, because a search
 * costs a call for each dot, and a message may be nothing but dots.
 */
function stuffFrom(octets: Buffer, first: number): Uint8Array {
  // At most every other octet is such a dot.
  const stuffed = Buffer.allocUnsafe(octets.length + Math.ceil((octets.length - first) / 2) + 1);
  let to = octets.copy(stuffed, 0, 0, first);
  let last = LF;
  for (let from = first; from < octets.length; from++) {
    const octet = octets[from] ?? 0;
    if (octet === DOT && last === LF) stuffed[to++] = DOT;
    stuffed[to++] = octet;
    last = octet;
  }
  return stuffed.subarray(0, to);
}
