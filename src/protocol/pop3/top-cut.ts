/** Cuts a message for TOP (RFC 1939 §7): the header, the empty line, and so many lines of the body. */
const LF = 0x0a;
const CR = 0x0d;

export class TopCut {
  #bodyLinesLeft: number;
  #inBody = false;
  /** Is what the current line of the header holds so far nothing, or nothing but one CR? */
  #line: "empty" | "cr" | "text" = "empty";

  constructor(bodyLines: number) {
    this.#bodyLinesLeft = bodyLines;
  }

  /** Nothing of the message is wanted any more. */
  get done(): boolean {
    return this.#inBody && this.#bodyLinesLeft === 0;
  }

  /** The part of the next piece that belongs to the answer. */
  cut(piece: Uint8Array): Uint8Array {
    const bodyStart = this.#inBody ? 0 : this.#passHeader(piece);
    return this.#inBody ? piece.subarray(0, this.#passBody(piece, bodyStart)) : piece;
  }

  // Octet by octet, because a search costs a call for each line, and a message may be nothing but empty lines.

  /** Index behind the empty line, or the piece's length when it does not come. */
  #passHeader(piece: Uint8Array): number {
    let line = this.#line;
    for (let at = 0; at < piece.length; at++) {
      const octet = piece[at];
      if (octet !== LF) {
        line = octet === CR && line === "empty" ? "cr" : "text";
      } else if (line === "text") {
        line = "empty";
      } else {
        this.#inBody = true;
        return at + 1;
      }
    }
    this.#line = line;
    return piece.length;
  }

  /** Index behind the last line that is wanted, or the piece's length. */
  #passBody(piece: Uint8Array, from: number): number {
    let left = this.#bodyLinesLeft;
    let at = from;
    for (; at < piece.length && left > 0; at++) {
      if (piece[at] === LF) left--;
    }
    this.#bodyLinesLeft = left;
    return at;
  }
}
