/**
 * Quoted-printable (RFC 2045 §6.7) written while the octets stream by: lines of at most 76 characters, nothing but ASCII,
 * CR and LF only as line breaks. What is quoted-printable already can be mended: long lines broken, stray octets quoted.
 */
import { Buffer } from "node:buffer";

/** RFC 2045 §6.7 rule 5: with the `=` of a soft line break. */
const LINE_LENGTH_MAX = 76;
/** The most that one octet of input becomes: a soft line break and three characters, twice where a blank was held. */
const GROWTH_MAX = 12;

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const EQUALS = 0x3d;
const DOT = 0x2e;
const UPPER_F = 0x46;
const HEX = Buffer.from("0123456789ABCDEF");

export class QuotedPrintableEncoder {
  /** `=` stands for itself: the input is quoted-printable. */
  readonly #mends: boolean;
  #out: Buffer = Buffer.alloc(0);
  #length = 0;
  #column = 0;
  /** A blank whose line may end behind it: it must be quoted then. */
  #heldBlank = 0;
  #heldCr = false;
  /** Characters of a quoted octet that must stay on its line. */
  #quotedLeft = 0;

  constructor(options: { readonly mends: boolean }) {
    this.#mends = options.mends;
  }

  /** @returns what can be said by now; memory of its own. */
  write(octets: Uint8Array): Buffer {
    this.#begin(octets.length);
    for (const octet of octets) this.#take(octet);
    return this.#out.subarray(0, this.#length);
  }

  end(): Buffer {
    this.#begin(1);
    if (this.#heldCr) this.#loneCr();
    this.#quoteHeldBlank();
    return this.#out.subarray(0, this.#length);
  }

  #begin(octets: number): void {
    this.#out = Buffer.allocUnsafe((octets + 2) * GROWTH_MAX);
    this.#length = 0;
  }

  #take(octet: number): void {
    if (this.#heldCr) {
      if (octet === LF) return this.#lineBreak();
      this.#loneCr();
    }
    if (octet === CR) {
      this.#heldCr = true;
      return;
    }
    this.#putHeldBlank();
    if (octet === SPACE || octet === TAB) this.#heldBlank = octet;
    else if (this.#mends && octet === EQUALS) this.#startQuoted();
    else if (octet > SPACE && octet < 0x7f && octet !== EQUALS) this.#plain(octet);
    else this.#quote(octet);
  }

  #lineBreak(): void {
    this.#heldCr = false;
    // What was quoted-printable ends its line softly with the `=` it has; a blank at its end means nothing there.
    if (this.#mends) this.#heldBlank = 0;
    else this.#quoteHeldBlank();
    this.#out[this.#length++] = CR;
    this.#out[this.#length++] = LF;
    this.#column = 0;
    this.#quotedLeft = 0;
  }

  #loneCr(): void {
    this.#heldCr = false;
    this.#putHeldBlank();
    this.#quote(CR);
  }

  #putHeldBlank(): void {
    if (this.#heldBlank === 0) return;
    const blank = this.#heldBlank;
    this.#heldBlank = 0;
    this.#room(1);
    this.#put(blank);
  }

  #quoteHeldBlank(): void {
    if (this.#heldBlank === 0) return;
    const blank = this.#heldBlank;
    this.#heldBlank = 0;
    this.#quote(blank);
  }

  /** A dot or `From ` at the start of a line is what careless servers trip over. */
  #plain(octet: number): void {
    if (this.#column === 0 && (octet === DOT || octet === UPPER_F)) return this.#quote(octet);
    if (this.#quotedLeft > 0) this.#quotedLeft--;
    else this.#room(1);
    this.#put(octet);
  }

  /** A quoted octet of the input, or a soft line break: its characters are not parted. */
  #startQuoted(): void {
    this.#room(3);
    this.#put(EQUALS);
    this.#quotedLeft = 2;
  }

  #quote(octet: number): void {
    this.#room(3);
    this.#put(EQUALS);
    this.#put(HEX[octet >> 4]!);
    this.#put(HEX[octet & 15]!);
    this.#quotedLeft = 0;
  }

  /** Breaks the line softly where `characters` more would leave no room for the `=`. */
  #room(characters: number): void {
    if (this.#column + characters <= LINE_LENGTH_MAX - 1) return;
    this.#out[this.#length++] = EQUALS;
    this.#out[this.#length++] = CR;
    this.#out[this.#length++] = LF;
    this.#column = 0;
  }

  #put(octet: number): void {
    this.#out[this.#length++] = octet;
    this.#column++;
  }
}
