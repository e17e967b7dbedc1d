/**
 * A message on its way out, as slices: no line is ever a string. Every line ends in CRLF, whatever ended it in what we
 * hold: a CR or LF that the next hop might or might not take for a line end is never sent (SMTP smuggling).
 */

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;
const CRLF = new Uint8Array([CR, LF]);
const ONE_DOT = new Uint8Array([DOT]);

export class ContentEncoder {
  readonly #stuffsDots: boolean;
  readonly #emit: (octets: Uint8Array) => void;
  /** The last octet so far was a CR: whether an LF follows is not known yet. It is not sent yet. */
  #afterCr = false;
  #atLineStart = true;

  /** @param stuffsDots RFC 5321 §4.5.2; not in BDAT. @param emit takes slices of what was pushed, and line ends and dots between. */
  constructor(options: { readonly stuffsDots: boolean }, emit: (octets: Uint8Array) => void) {
    this.#stuffsDots = options.stuffsDots;
    this.#emit = emit;
  }

  push(octets: Uint8Array): void {
    if (octets.length === 0) return;
    let at = 0;
    if (this.#afterCr) {
      this.#afterCr = false;
      this.#endLine();
      if (octets[0] === LF) at = 1;
    }
    let from = at; // of what is not handed on yet
    let lf = octets.indexOf(LF, at);
    let cr = octets.indexOf(CR, at);
    while (at < octets.length) {
      if (this.#stuffsDots && this.#atLineStart && octets[at] === DOT) {
        this.#slice(octets, from, at);
        this.#emit(ONE_DOT);
        from = at;
      }
      const end = nearest(cr, lf);
      if (end === -1) {
        this.#atLineStart = false;
        break;
      }
      if (end === octets.length - 1 && end === cr) {
        this.#slice(octets, from, end);
        if (end > at) this.#atLineStart = false;
        this.#afterCr = true;
        return;
      }
      const isWhole = end === cr && lf === cr + 1;
      at = isWhole ? end + 2 : end + 1;
      if (!isWhole) {
        this.#slice(octets, from, end);
        this.#emit(CRLF);
        from = at;
      }
      this.#atLineStart = true;
      // Each search goes on where the last one ended, so that a flood of one of the two costs no square.
      if (lf !== -1 && lf < at) lf = octets.indexOf(LF, at);
      if (cr !== -1 && cr < at) cr = octets.indexOf(CR, at);
    }
    this.#slice(octets, from, octets.length);
  }

  /** The last line ends, too. */
  finish(): void {
    if (this.#afterCr || !this.#atLineStart) this.#endLine();
    this.#afterCr = false;
  }

  #endLine(): void {
    this.#emit(CRLF);
    this.#atLineStart = true;
  }

  #slice(octets: Uint8Array, from: number, to: number): void {
    if (to > from) this.#emit(octets.subarray(from, to));
  }
}

function nearest(cr: number, lf: number): number {
  if (cr === -1) return lf;
  return lf === -1 ? cr : Math.min(cr, lf);
}
