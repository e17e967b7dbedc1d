/**
 * The words of an IMAP reply, as the scripts compare them: strings however they were quoted, lists, NIL. Octets are kept
 * one a character (latin1), so that a reply with binary in it stays what it was.
 */

export type Argument =
  | { readonly kind: "nil" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Argument[] };

/** These replies end in text for people, in which quotes and parentheses mean nothing (RFC 3501 §7.1). */
const humanReply = /^(ok|no|bad|bye|preauth)(?: |$)/i;

/** A FETCH item whose name holds a section: spaces and lists stand inside one word. */
const sectionItem = /^(?:body|binary|binary\.size)\[/i;

/**
 * Reads a whole reply (without tag, CRLF at the end stripped, literals in place as `{n}` CRLF octets). What cannot be
 * read, such as a parenthesis that never closes, is an error: a server must not send it.
 */
export function parseReply(reply: string): readonly Argument[] {
  const [condition] = humanReply.exec(reply) ?? [];
  if (condition === undefined) return new Reader(reply).all();
  const words: Argument[] = [{ kind: "text", text: condition.trimEnd() }];
  const rest = reply.slice(condition.length);
  const codeEnd = rest.startsWith("[") ? endOfCode(rest) : 0;
  words.push(...new Reader(rest.slice(0, codeEnd)).all());
  for (const word of rest.slice(codeEnd).split(" ")) if (word !== "") words.push({ kind: "text", text: word });
  return words;
}

/** Past the `]` that closes a response code; quoted strings inside may hold one. */
function endOfCode(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === "\\" && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === "]" && !quoted) return at + 1;
  }
  return text.length;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): readonly Argument[] {
    const items = this.#items();
    if (this.#at < this.#text.length) throw new Error(`a parenthesis closes nothing: ${this.#text}`);
    return items;
  }

  #items(): Argument[] {
    const items: Argument[] = [];
    for (;;) {
      while (this.#text[this.#at] === " ") this.#at += 1;
      if (this.#at >= this.#text.length || this.#text[this.#at] === ")") return items;
      items.push(this.#item());
    }
  }

  #item(): Argument {
    if (this.#text[this.#at] === "(") return this.#list();
    if (this.#text[this.#at] === '"') return { kind: "text", text: this.#quoted() };
    return this.#literal() ?? this.#word();
  }

  #list(): Argument {
    this.#at += 1;
    const items = this.#items();
    if (this.#text[this.#at] !== ")") throw new Error(`a list is never closed: ${this.#text}`);
    this.#at += 1;
    return { kind: "list", items };
  }

  #quoted(): string {
    let value = "";
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at];
      if (char === '"') {
        this.#at += 1;
        return value;
      }
      if (char === "\\") this.#at += 1;
      value += this.#text[this.#at] ?? "";
    }
    throw new Error(`a quoted string is never closed: ${this.#text}`);
  }

  #literal(): Argument | null {
    const opening = /~?\{(\d+)\+?\}\r\n/y;
    opening.lastIndex = this.#at;
    const found = opening.exec(this.#text);
    if (found === null) return null;
    const begin = opening.lastIndex;
    const end = begin + Number(found[1]);
    if (end > this.#text.length) throw new Error("a literal is cut short");
    this.#at = end;
    return { kind: "text", text: this.#text.slice(begin, end) };
  }

  #word(): Argument {
    const begin = this.#at;
    while (this.#at < this.#text.length && !" ()".includes(this.#text[this.#at] ?? "")) {
      this.#at += 1;
      if (sectionItem.test(this.#text.slice(begin, this.#at))) return this.#section(begin);
    }
    const text = this.#text.slice(begin, this.#at);
    return text.toUpperCase() === "NIL" ? { kind: "nil" } : { kind: "text", text };
  }

  /** `BODY[HEADER.FIELDS ("From")]<0>` and `body[header.fields (from)]<0>` become one spelling. */
  #section(begin: number): Argument {
    const close = this.#text.indexOf("]", this.#at);
    if (close < 0) throw new Error(`a section is never closed: ${this.#text}`);
    const origin = /^<\d+>/.exec(this.#text.slice(close + 1, close + 24))?.[0] ?? "";
    this.#at = close + 1 + origin.length;
    return { kind: "text", text: this.#text.slice(begin, this.#at).replaceAll('"', "").toLowerCase() };
  }
}
