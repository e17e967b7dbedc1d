/**
 * Where each key of a TOML text stands. The parser gives values without places; this scan, over text that has
 * parsed without error, adds the line numbers that messages need. Keys inside inline tables have the line of the key
 * that holds the table.
 */

/** Keys, and indices of arrays of tables. */
export type KeyPath = readonly (string | number)[];

export interface TomlLines {
  /** Line of the key, or of the nearest thing around it; counted from 1. */
  lineOf(path: KeyPath): number;
}

export function tomlLines(source: string): TomlLines {
  const lines = new Map<string, number>();
  const arrayLengths = new Map<string, number>();
  const scanner = new Scanner(source);
  let tablePath: KeyPath = [];
  while (scanner.skipBlanks()) {
    const line = scanner.line;
    if (scanner.take("[")) {
      const isArray = scanner.take("[");
      tablePath = resolve(scanner.key(), arrayLengths, isArray);
      scanner.skipLine();
      remember(lines, tablePath, line);
    } else {
      remember(lines, [...tablePath, ...scanner.key()], line);
      scanner.skipValue();
    }
  }
  return {
    lineOf(path) {
      for (let length = path.length; length > 0; length--) {
        const line = lines.get(JSON.stringify(path.slice(0, length)));
        if (line !== undefined) return line;
      }
      return 1;
    },
  };
}

/** Notes the first line of the key and of each table that it makes by its dots. */
function remember(lines: Map<string, number>, path: KeyPath, line: number): void {
  for (let length = 1; length <= path.length; length++) {
    const key = JSON.stringify(path.slice(0, length));
    if (!lines.has(key)) lines.set(key, line);
  }
}

/** Puts the index of the last table behind each name that stands for an array of tables. */
function resolve(names: readonly string[], arrayLengths: Map<string, number>, isArray: boolean): KeyPath {
  const path: (string | number)[] = [];
  for (const [position, name] of names.entries()) {
    path.push(name);
    const key = JSON.stringify(path);
    const length = arrayLengths.get(key);
    const isNew = isArray && position === names.length - 1;
    if (isNew) arrayLengths.set(key, (length ?? 0) + 1);
    if (isNew) path.push(length ?? 0);
    else if (length !== undefined) path.push(length - 1);
  }
  return path;
}

class Scanner {
  line = 1;
  #at = 0;
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** Goes to the next key or header. False at the end. */
  skipBlanks(): boolean {
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at];
      if (char === "#") this.skipLine();
      else if (char === " " || char === "\t" || char === "\r" || char === "\n") this.#advance(1);
      else return true;
    }
    return false;
  }

  take(char: string): boolean {
    if (this.#source[this.#at] !== char) return false;
    this.#advance(1);
    return true;
  }

  skipLine(): void {
    const end = this.#source.indexOf("\n", this.#at);
    this.#advance((end === -1 ? this.#source.length : end) - this.#at);
  }

  /** A dotted key up to its `=` or `]`, which is taken too. */
  key(): string[] {
    const names: string[] = [];
    let bare = "";
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] ?? "";
      if (char === '"' || char === "'") {
        const start = this.#at;
        this.#skipString();
        names.push(this.#source.slice(start + 1, this.#at - 1));
        continue;
      }
      this.#advance(1);
      const ends = char === "=" || char === "]";
      if ((ends || char === ".") && bare !== "") {
        names.push(bare);
        bare = "";
      }
      if (ends) break;
      if (char !== "." && char !== " " && char !== "\t") bare += char;
    }
    return names;
  }

  /** To the end of the line that ends the value: arrays and inline tables may take several. */
  skipValue(): void {
    let depth = 0;
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] ?? "";
      if (char === "\n" && depth === 0) return;
      if (char === "#") this.skipLine();
      else if (char === '"' || char === "'") this.#skipString();
      else {
        if (char === "[" || char === "{") depth++;
        if (char === "]" || char === "}") depth--;
        this.#advance(1);
      }
    }
  }

  #skipString(): void {
    const quote = this.#source[this.#at] ?? "";
    const triple = quote.repeat(3);
    const mark = this.#source.startsWith(triple, this.#at) ? triple : quote;
    this.#advance(mark.length);
    while (this.#at < this.#source.length && !this.#source.startsWith(mark, this.#at)) {
      this.#advance(quote === '"' && this.#source[this.#at] === "\\" ? 2 : 1);
    }
    this.#advance(mark.length);
    // Up to two quotes may stand before the closing three.
    if (mark === triple) while (this.#source[this.#at] === quote) this.#advance(1);
  }

  #advance(count: number): void {
    const end = Math.min(this.#at + count, this.#source.length);
    for (; this.#at < end; this.#at++) if (this.#source[this.#at] === "\n") this.line++;
  }
}
