/**
 * Address lists as an envelope shows them (RFC 3501 §7.4.2). Reads what RFC 5322 §3.4 and §4.4 allow, and makes the best of
 * the rest: nothing here decides who may send. For that, see `mail/address.ts`.
 */
import type { EnvelopeAddress } from "../mime/structure.ts";
import { commentEnd } from "./comment.ts";
import { ADDRESSES_MAX, ENCODED_WORD_LENGTH_MAX } from "./limits.ts";

interface Word {
  readonly kind: "atom" | "quoted" | "dot" | "at";
  readonly text: string;
  /** White space or a comment stood before it. */
  readonly spaced: boolean;
}

/** All addresses of an unfolded field value, group marks included; at most `ADDRESSES_MAX`. Empty where there are none. */
export function parseAddressList(text: string): EnvelopeAddress[] {
  return new AddressListReader(text).read();
}

const GROUP_END: EnvelopeAddress = { name: null, route: null, mailbox: null, host: null };

class AddressListReader {
  readonly #text: string;
  readonly #addresses: EnvelopeAddress[] = [];
  #at = 0;
  #inGroup = false;
  /** Quotation marks from here on have no partner. */
  #quotesEnd: number;

  constructor(text: string) {
    this.#text = text;
    this.#quotesEnd = text.length;
  }

  read(): EnvelopeAddress[] {
    while (this.#at < this.#text.length && this.#addresses.length < ADDRESSES_MAX) this.#element();
    this.#endGroup();
    return this.#addresses;
  }

  /** One mailbox, the start of a group or its end, with the separator behind it. */
  #element(): void {
    const words: Word[] = [];
    const comments: string[] = [];
    while (this.#at < this.#text.length) {
      switch (this.#text.charAt(this.#at)) {
        case "<":
          return this.#angleAddress(phrase(words), comments);
        case ",":
          this.#at++;
          return this.#bareAddress(words, comments);
        case ";":
          this.#at++;
          this.#bareAddress(words, comments);
          return this.#endGroup();
        case ":":
          this.#at++;
          if (!this.#inGroup && isPhrase(words)) return this.#beginGroup(phrase(words) ?? "");
          break;
        default:
          this.#word(words, comments);
      }
    }
    this.#bareAddress(words, comments);
  }

  /** Reads one lexical token, and the white space before it, into `words` or `comments`. */
  #word(words: Word[], comments: string[]): void {
    const start = this.#at;
    let spaced = false;
    while (isBlank(this.#text[this.#at])) {
      this.#at++;
      spaced = true;
    }
    const character = this.#text[this.#at];
    if (character === "(") {
      const end = commentEnd(this.#text, this.#at);
      const closed = this.#text[end - 1] === ")";
      comments.push(unescaped(this.#text.slice(this.#at + 1, closed ? end - 1 : end)).trim());
      this.#at = end;
      return;
    }
    spaced ||= start > 0 && this.#text[start - 1] === ")";
    if (character === "@" || character === ".") {
      words.push({ kind: character === "@" ? "at" : "dot", text: character, spaced });
      this.#at++;
    } else if (character === '"') {
      const text = this.#quotedString();
      if (text !== undefined) words.push({ kind: "quoted", text, spaced });
    } else if (character === ">" || character === ")") {
      this.#at++; // without its partner: nothing
    } else {
      const end = this.#atomEnd();
      if (end > this.#at) words.push({ kind: "atom", text: this.#text.slice(this.#at, end), spaced });
      this.#at = end;
    }
  }

  #atomEnd(): number {
    if (this.#text.startsWith("=?", this.#at)) {
      // A comma inside an encoded word is against RFC 2047 §5 (3), but common.
      const end = encodedWordEnd(this.#text, this.#at);
      if (end !== undefined) return end;
    }
    if (this.#text[this.#at] === "[") return this.#literalEnd();
    let end = this.#at;
    while (end < this.#text.length && !isSpecial(this.#text.charCodeAt(end))) end++;
    return end;
  }

  /** RFC 5322 §3.4.1 domain-literal; colons stand inside an IPv6 one. */
  #literalEnd(): number {
    let end = this.#at + 1;
    while (end < this.#text.length) {
      const character = this.#text[end]!;
      if (character === "]") return end + 1;
      if (character !== ":" && character !== "." && isSpecial(this.#text.charCodeAt(end))) break;
      end++;
    }
    return end;
  }

  /** The content of the quoted string at `#at`; undefined, and the mark passed over, where it never ends. */
  #quotedString(): string | undefined {
    const start = ++this.#at;
    for (let at = start; at < this.#quotesEnd; at++) {
      const character = this.#text[at];
      if (character === "\\") at++;
      else if (character === '"') {
        this.#at = at + 1;
        return unescaped(this.#text.slice(start, at));
      }
    }
    this.#quotesEnd = Math.min(this.#quotesEnd, start);
    return undefined;
  }

  #angleAddress(name: string | null, comments: string[]): void {
    this.#at++;
    const route = this.#route();
    const words: Word[] = [];
    let open = true;
    while (open && this.#at < this.#text.length) {
      switch (this.#text.charAt(this.#at)) {
        case ">":
          this.#at++;
          open = false;
          break;
        case ",":
        case ";":
          open = false;
          break;
        case "<":
          this.#at++;
          break;
        case ":":
          words.push({ kind: "atom", text: ":", spaced: false }); // a URL, where an address should be
          this.#at++;
          break;
        default:
          // A comment inside the brackets names nobody.
          this.#word(words, []);
      }
    }
    const behind = this.#skipToSeparator(comments);
    const at = words.findLastIndex(({ kind }) => kind === "at");
    this.#add(name ?? comments[0] ?? behind, {
      route,
      mailbox: joined(at === -1 ? words : words.slice(0, at)),
      host: at === -1 ? "" : joined(words.slice(at + 1)),
    });
  }

  /** RFC 5322 §4.4 obs-route, without its colon. */
  #route(): string | null {
    const start = this.#at;
    let at = start;
    while (isBlank(this.#text[at])) at++;
    if (this.#text[at] !== "@") return null;
    const first = at;
    while (at < this.#text.length && !/[:<>"(;]/.test(this.#text[at]!)) at++;
    if (this.#text[at] !== ":") return null;
    this.#at = at + 1;
    return this.#text.slice(first, at).replace(/[ \t]+/g, "");
  }

  /** Passes over what stands between a closing bracket and the next separator; returns its words. A semicolon is left. */
  #skipToSeparator(comments: string[]): string | null {
    const words: Word[] = [];
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at];
      if (character === "," || character === ";") break;
      if (character === "<" || character === ":") this.#at++;
      else this.#word(words, comments);
    }
    if (this.#text[this.#at] === ",") this.#at++;
    return phrase(words);
  }

  /** An address without brackets: `user@example.com (Name)`, or something that was meant to be one. */
  #bareAddress(words: readonly Word[], comments: readonly string[]): void {
    if (words.length === 0) return;
    const at = words.findLastIndex(({ kind }) => kind === "at");
    if (at === -1) {
      this.#add(comments[0], { route: null, mailbox: joined(words), host: "" });
      return;
    }
    let first = at;
    while (first > 0 && belongsTogether(words[first - 1]!, words[first]!, first === at)) first--;
    let last = at + 1;
    while (last + 1 < words.length && belongsTogether(words[last]!, words[last + 1]!, false)) last++;
    this.#add(phrase(words.slice(0, first)) ?? comments[0], {
      route: null,
      mailbox: joined(words.slice(first, at)),
      host: joined(words.slice(at + 1, last + 1)),
    });
  }

  #add(name: string | null | undefined, address: Omit<EnvelopeAddress, "name">): void {
    this.#addresses.push({ name: name === undefined || name === "" ? null : name, ...address });
  }

  #beginGroup(name: string): void {
    this.#inGroup = true;
    this.#addresses.push({ ...GROUP_END, mailbox: name });
  }

  #endGroup(): void {
    if (this.#inGroup) this.#addresses.push(GROUP_END);
    this.#inGroup = false;
  }
}

function isPhrase(words: readonly Word[]): boolean {
  return words.length > 0 && words.every(({ kind }) => kind !== "at");
}

/** Words as a display name: one space where white space stood. Null for none. */
function phrase(words: readonly Word[]): string | null {
  if (words.length === 0) return null;
  return words.map(({ text, spaced }, index) => (spaced && index > 0 ? ` ${text}` : text)).join("");
}

/** Words as a local-part or domain: white space around dots means nothing (RFC 5322 §4.4). */
function joined(words: readonly Word[]): string {
  let text = "";
  for (const [index, word] of words.entries()) {
    const previous = words[index - 1];
    const apart = word.spaced && previous !== undefined && word.kind !== "dot" && previous.kind !== "dot";
    text += apart && word.kind !== "at" && previous.kind !== "at" ? ` ${word.text}` : word.text;
  }
  return text;
}

function belongsTogether(left: Word, right: Word, beforeAt: boolean): boolean {
  return beforeAt || left.kind === "dot" || right.kind === "dot" || !right.spaced;
}

function encodedWordEnd(text: string, start: number): number | undefined {
  const bound = Math.min(text.length, start + ENCODED_WORD_LENGTH_MAX);
  let marks = 0;
  for (let at = start + 2; at < bound; at++) {
    const character = text[at];
    if (character === " " || character === "\t") return undefined;
    if (character === "?" && ++marks > 2 && text[at + 1] === "=") return at + 2;
  }
  return undefined;
}

function unescaped(text: string): string {
  return text.includes("\\") ? text.replace(/\\(.?)/g, "$1") : text;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** What ends an atom here: white space and the specials that separate; `]` and backslash are let through. */
function isSpecial(code: number): boolean {
  switch (code) {
    case 0x09: // tab
    case 0x20: // space
    case 0x22: // "
    case 0x28: // (
    case 0x29: // )
    case 0x2c: // ,
    case 0x2e: // .
    case 0x3a: // :
    case 0x3b: // ;
    case 0x3c: // <
    case 0x3e: // >
    case 0x40: // @
      return true;
    default:
      return false;
  }
}
