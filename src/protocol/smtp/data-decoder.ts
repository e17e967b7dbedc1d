/**
 * The octets after DATA (RFC 5321 §4.5.2). Only CRLF `.` CRLF ends a message; a CR or LF that is not part of CRLF is
 * remembered and ends nothing, whoever may read it as a line end (SMTP smuggling).
 */

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

/** What the last octet was part of. */
type Place = "line-start" | "in-line" | "after-cr" | "after-dot" | "after-dot-cr";

export class DataDecoder {
  readonly #emit: (octets: Uint8Array) => void;
  #place: Place = "line-start"; // the CRLF of the DATA command counts
  #bareNewline = false;

  /** @param emit takes slices of the input, without the dots that transparency added; none once a bare newline was met. */
  constructor(emit: (octets: Uint8Array) => void) {
    this.#emit = emit;
  }

  /** A CR or LF outside CRLF was met: the message must be refused. */
  get bareNewline(): boolean {
    return this.#bareNewline;
  }

  /** Reads from `start`. Returns the index after the end of the message, or -1 when it goes on beyond `octets`. */
  push(octets: Uint8Array, start: number): number {
    const length = octets.length;
    let from = start; // of what is not yet handed on
    let at = start;
    while (at < length) {
      const octet = octets[at];
      switch (this.#place) {
        case "in-line":
          at = this.#skipLine(octets, at);
          break;
        case "line-start":
          if (octet !== DOT) {
            at = this.#skipLine(octets, at);
            break;
          }
          this.#flush(octets, from, at);
          from = ++at;
          this.#place = "after-dot";
          break;
        case "after-dot":
          if (octet === CR) at++;
          this.#place = octet === CR ? "after-dot-cr" : "in-line";
          break;
        case "after-dot-cr":
          if (octet === LF) return at + 1;
          this.#bareNewline = true;
          this.#place = "in-line";
          break;
        case "after-cr":
          this.#place = octet === LF ? "line-start" : "in-line";
          if (octet === LF) at++;
          else this.#bareNewline = true;
          break;
      }
    }
    if (this.#place !== "after-dot-cr") this.#flush(octets, from, length);
    return -1;
  }

  /** From inside a line to the start of the next one, or to the end of `octets`. */
  #skipLine(octets: Uint8Array, at: number): number {
    const near = shortLineEnd(octets, at);
    if (near !== -1) {
      this.#place = "line-start";
      return near;
    }
    const lf = octets.indexOf(LF, at);
    // After the first bare newline nobody asks for a second: without this, a flood of LFs would cost its square.
    const cr = this.#bareNewline ? lf - 1 : octets.indexOf(CR, at);
    if (lf === -1) {
      const last = octets.length - 1;
      if (cr >= 0 && cr !== last) this.#bareNewline = true;
      this.#place = octets[last] === CR ? "after-cr" : "in-line";
      return octets.length;
    }
    if (lf === at || cr !== lf - 1) this.#bareNewline = true;
    this.#place = lf > at && octets[lf - 1] === CR ? "line-start" : "in-line";
    return lf + 1;
  }

  #flush(octets: Uint8Array, from: number, to: number): void {
    if (to > from && !this.#bareNewline) this.#emit(octets.subarray(from, to));
  }
}

/** Octets within which a line end is looked for one by one: for shorter lines a native search costs more than it finds. */
const SHORT_LINE_OCTETS = 16;

/** Index after a CRLF close by, where no other CR or LF comes first; -1 otherwise. */
function shortLineEnd(octets: Uint8Array, at: number): number {
  const end = Math.min(at + SHORT_LINE_OCTETS, octets.length - 1);
  for (let i = at; i < end; i++) {
    const octet = octets[i];
    if (octet === CR) return octets[i + 1] === LF ? i + 2 : -1;
    if (octet === LF) return -1;
  }
  return -1;
}

/** Looks for a CR or LF outside CRLF in octets that come in pieces: the same policy for BDAT (RFC 3030). */
export class NewlineChecker {
  #afterCr = false;
  #bareNewline = false;

  push(octets: Uint8Array): void {
    if (this.#bareNewline || octets.length === 0) return;
    if (this.#afterCr && octets[0] !== LF) this.#bareNewline = true;
    let at = this.#afterCr ? 1 : 0;
    this.#afterCr = octets[octets.length - 1] === CR;
    while (!this.#bareNewline) {
      const lf = octets.indexOf(LF, at);
      const cr = octets.indexOf(CR, at);
      if (lf === -1) {
        this.#bareNewline = cr !== -1 && cr !== octets.length - 1;
        return;
      }
      this.#bareNewline = cr !== lf - 1 || lf === at;
      at = lf + 1;
    }
  }

  /** At the end of the message, where a last CR has no LF to come. */
  finish(): boolean {
    return this.#bareNewline || this.#afterCr;
  }

  get bareNewline(): boolean {
    return this.#bareNewline;
  }
}
