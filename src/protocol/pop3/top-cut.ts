/** Cuts a message for TOP (RFC 1939 §7): the header, the empty line, and so many lines of the body. */
const LF = 0x0a;
const CR = 0x0d;

export class TopCut {
  #bodyLinesLeft: number;
  #inBody = false;
  /** Is what the current line holds so far nothing, or nothing but one CR? */
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
    let at = 0;
    while (at < piece.length && !this.done) {
      const end = piece.indexOf(LF, at);
      if (end === -1) {
        this.#take(piece, at, piece.length);
        return piece;
      }
      this.#take(piece, at, end);
      this.#endLine();
      at = end + 1;
    }
    return piece.subarray(0, at);
  }

  #take(piece: Uint8Array, from: number, to: number): void {
    if (from === to || this.#line === "text") return;
    const loneCr = this.#line === "empty" && to - from === 1 && piece[from] === CR;
    this.#line = loneCr ? "cr" : "text";
  }

  #endLine(): void {
    if (this.#inBody) this.#bodyLinesLeft--;
    else if (this.#line !== "text") this.#inBody = true;
    this.#line = "empty";
  }
}
