/**
 * The lexical grammar of a client's command (RFC 3501 §9): a position in its octets and the tokens that may stand there.
 * The first thing that does not fit is remembered in `problem`; from then on nothing matches any more, so a parser
 * reads straight on and asks once at its end.
 *
 * Octets are held one to a character (Latin-1); `decodeUtf8` makes text of them. Literals stand in line, as sent.
 */
import { Buffer } from "node:buffer";
import type { CommandProblem } from "./command-problem.ts";

const SPACE = / /y;
const NUMBER = /\d{1,20}/y;
const ATOM = /[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+/y;
/** ASTRING-CHAR: atom characters and `]`. */
const ASTRING_ATOM = /[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+/y;
/** TEXT-CHAR, and octets over 127: UTF-8 in quotes is RFC 6855's, and clients send it uninvited. */
const QUOTED = /"((?:[^\0\r\n"\\]|\\["\\])*)"/y;
const LITERAL = /\{(\d{1,10})\+?\}\r?\n/y;
const NIL = /NIL(?![!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~])/iy;
const REST = /[^]*/y;

const NUMBER_32_MAX = 4_294_967_295;

export class Cursor {
  readonly #text: string;
  #at = 0;
  #problem: CommandProblem | undefined;

  /** @param text octets of the command, one a character, without its final CRLF. */
  constructor(text: string) {
    this.#text = text;
  }

  get problem(): CommandProblem | undefined {
    return this.#problem;
  }

  get failed(): boolean {
    return this.#problem !== undefined;
  }

  /** Keeps the first problem and ends the matching. */
  fail(text: string, rest: Partial<CommandProblem> = {}): void {
    this.#problem ??= { status: "BAD", ...rest, text };
  }

  atEnd(): boolean {
    return this.#problem !== undefined || this.#at === this.#text.length;
  }

  /** Everything has been read. */
  expectEnd(): void {
    if (!this.atEnd()) this.fail("Unexpected text after the command");
  }

  /** The character that comes next; empty at the end. */
  peek(): string {
    return this.#problem === undefined ? (this.#text[this.#at] ?? "") : "";
  }

  /** Whether these characters come next, in any case. Does not move. */
  looksAt(characters: string): boolean {
    if (this.#problem !== undefined) return false;
    const end = this.#at + characters.length;
    return this.#text.slice(this.#at, end).toUpperCase() === characters;
  }

  /** Moves past these characters (upper case here, any case there) if they come next. */
  take(characters: string): boolean {
    if (!this.looksAt(characters)) return false;
    this.#at += characters.length;
    return true;
  }

  expect(characters: string): void {
    if (!this.take(characters)) this.fail(`Expected ${characters === " " ? "a space" : characters}`);
  }

  /** Moves past what a sticky pattern matches; undefined where it does not. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    if (this.#problem !== undefined) return undefined;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  space(): void {
    if (this.match(SPACE) === undefined) this.fail("Expected a space");
  }

  /** `rest` of the command, whatever it is. */
  rest(): string {
    return this.match(REST)?.[0] ?? "";
  }

  atom(what: string): string {
    const found = this.match(ATOM);
    if (found === undefined) this.fail(`Expected ${what}`);
    return found?.[0] ?? "";
  }

  /** An atom in upper case: the words of the protocol. */
  word(what: string): string {
    return this.atom(what).toUpperCase();
  }

  /** `number`: 32 bits. */
  number(): number {
    const value = this.number64();
    if (value > NUMBER_32_MAX) this.fail("Number too large");
    return value;
  }

  /** `nz-number`. */
  positive(): number {
    if (this.peek() === "0") this.fail("Expected a number from 1 on");
    return this.number();
  }

  /** `number64` and `mod-sequence-valzer`. Held to 2^53-1: no octet count or mod-sequence here is larger. */
  number64(): number {
    const digits = this.match(NUMBER)?.[0];
    if (digits === undefined) this.fail("Expected a number");
    return Math.min(Number(digits ?? 0), Number.MAX_SAFE_INTEGER);
  }

  /** `quoted` or `literal`; undefined when something else stands there. */
  takeString(): string | undefined {
    const quoted = this.match(QUOTED)?.[1];
    if (quoted !== undefined) return quoted.includes("\\") ? quoted.replace(/\\(.)/g, "$1") : quoted;
    const size = this.match(LITERAL)?.[1];
    if (size === undefined) return undefined;
    const end = this.#at + Number(size);
    const octets = this.#text.slice(this.#at, end);
    if (end > this.#text.length) this.fail("Literal cut short");
    else if (octets.includes("\0")) this.fail("NUL in a literal");
    this.#at = end;
    return octets;
  }

  string(what: string): string {
    const octets = this.takeString();
    if (octets === undefined) this.fail(`Expected ${what}`);
    return octets ?? "";
  }

  astring(what: string): string {
    const octets = this.match(ASTRING_ATOM)?.[0] ?? this.takeString();
    if (octets === undefined) this.fail(`Expected ${what}`);
    return octets ?? "";
  }

  nstring(what: string): string | null {
    return this.match(NIL) === undefined ? this.string(what) : null;
  }

  /** A string that must be UTF-8; `octets` as the token functions return them. */
  text(octets: string, what: string): string {
    const text = decodeUtf8(octets);
    if (text === undefined) this.fail(`${what} is not UTF-8`);
    return text ?? "";
  }

  /**
   * `(` entry *(SP entry) `)`.
   *
   * @param max entries, as a bound.
   */
  list<T>(entry: () => T, max: number, options: { readonly mayBeEmpty: boolean }): T[] {
    const entries: T[] = [];
    this.expect("(");
    if (options.mayBeEmpty && this.take(")")) return entries;
    do {
      if (entries.length === max) this.fail("Too many entries in a list");
      entries.push(entry());
    } while (this.take(" "));
    this.expect(")");
    return entries;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NON_ASCII = /[\x80-\xff]/;

/** Octets (one a character) as UTF-8 text; undefined where they are not. */
export function decodeUtf8(octets: string): string | undefined {
  if (!NON_ASCII.test(octets)) return octets;
  try {
    return utf8.decode(Buffer.from(octets, "latin1"));
  } catch {
    return undefined;
  }
}
