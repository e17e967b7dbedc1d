/**
 * What a script expects of a reply: words with `$variables`, and lists whose directives (`$!unordered`, `$!ban=…`) say how
 * strictly they are meant.
 */
import { type Argument, parseReply } from "./argument.ts";

export type Pattern =
  | { readonly kind: "nil" }
  | { readonly kind: "text"; readonly source: string }
  | { readonly kind: "list"; readonly rule: ListRule };

/**
 * Strings are compared up to their first NUL: the scripts were written for an interpreter that does so, and what they say
 * of a literal behind a NUL is not what a right server answers.
 */
function beforeNul(text: string): string {
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

interface ListRule {
  readonly items: readonly Pattern[];
  readonly unordered: boolean;
  /** Elements that belong together in an unordered list: 2 for `name value`. */
  readonly chain: number;
  /** Elements the list may hold beside those expected. */
  readonly extra: boolean;
  readonly ignored: readonly string[];
  readonly banned: readonly string[];
}

export interface Scope {
  readonly variables: ReadonlyMap<string, string>;
  /** Where the message that was number `n` when the command was sent stands now; null when it is expunged. */
  readonly sequence: (n: number) => number | null;
}

export type Bindings = ReadonlyMap<string, string>;

/** Reads a pattern; literals stand in it as on the wire. */
export function parsePattern(source: string): readonly Pattern[] {
  const words = parseReply(source);
  const [first, second] = words;
  const named = isWord(first, /^[$\d]/) ? second : first;
  const name = named?.kind === "text" ? named.text.toLowerCase() : "";
  return words.map((word, index) => toPattern(word, defaultDirectives(name, index), name));
}

/** Lists that mean a set by their nature are unordered unless the script says otherwise. */
function defaultDirectives(reply: string, index: number): readonly string[] {
  if ((reply === "list" || reply === "lsub") && index === 1) return ["unordered"];
  if ((reply === "status" || reply === "fetch") && index === 2) return ["unordered=2"];
  return [];
}

/** `\Recent` may come and go between sessions (RFC 3501 §2.3.2), and some servers add their own keywords. */
const flagListDirectives = [
  "unordered",
  "noextra",
  "ignore=\\recent",
  "ignore=$hasattachment",
  "ignore=$hasnoattachment",
];

function toPattern(word: Argument, defaults: readonly string[], reply: string): Pattern {
  switch (word.kind) {
    case "nil":
      return word;
    case "text":
      return { kind: "text", source: beforeNul(word.text) };
    case "list":
      return { kind: "list", rule: toListRule(word.items, defaults, reply) };
  }
}

function toListRule(words: readonly Argument[], defaults: readonly string[], reply: string): ListRule {
  const given = words.findIndex((word) => !isWord(word, /^\$!/));
  const begin = given < 0 ? words.length : given;
  const directives =
    begin === 0 ? defaults : words.slice(0, begin).map((word) => (word.kind === "text" ? word.text.slice(2) : ""));
  const inFetch = reply === "fetch" && defaults.includes("unordered=2");
  const items = words
    .slice(begin)
    .map((word, index, all) =>
      toPattern(word, inFetch && isWord(all[index - 1], /^flags$/i) ? flagListDirectives : [], ""),
    );
  return withDirectives(directives, items);
}

function withDirectives(directives: readonly string[], items: readonly Pattern[]): ListRule {
  let unordered = false;
  let chain = 1;
  let extra: boolean | null = null;
  const ignored: string[] = [];
  const banned: string[] = [];
  for (const directive of directives) {
    const [name, value = ""] = directive.split("=", 2);
    if (name === "unordered") {
      unordered = true;
      chain = value === "" ? 1 : Number(value);
    } else if (name === "ordered") unordered = false;
    else if (name === "extra") extra = true;
    else if (name === "noextra") extra = false;
    else if (name === "ignore") ignored.push(value.toLowerCase());
    else if (name === "ban") banned.push(value.toLowerCase());
    else throw new Error(`unknown directive $!${directive}`);
  }
  if (items.length % chain !== 0) throw new Error(`the list's elements do not come in groups of ${chain}`);
  return { items, unordered, chain, extra: extra ?? unordered, ignored, banned };
}

function isWord(argument: Argument | undefined, shape: RegExp): boolean {
  return argument?.kind === "text" && shape.test(argument.text);
}

/**
 * Whether the reply is what the pattern describes; then, the variables with those it gave a value to. With `prefix` the
 * reply may go on after the pattern, even inside its last word: for text written for people.
 */
export function match(
  pattern: readonly Pattern[],
  reply: readonly Argument[],
  scope: Scope,
  prefix: boolean,
): Bindings | null {
  if (prefix ? reply.length < pattern.length : reply.length !== pattern.length) return null;
  let bindings: Bindings | null = scope.variables;
  for (const [index, part] of pattern.entries()) {
    const open = prefix && index === pattern.length - 1;
    bindings = matchOne(part, reply[index], { ...scope, variables: bindings }, open);
    if (bindings === null) return null;
  }
  return bindings;
}

function matchOne(part: Pattern, word: Argument | undefined, scope: Scope, open: boolean): Bindings | null {
  switch (part.kind) {
    case "nil":
      return word?.kind === "nil" ? scope.variables : null;
    case "text":
      if (part.source === "$") return scope.variables;
      return word?.kind === "text" ? matchText(part.source, beforeNul(word.text), scope, open) : null;
    case "list":
      return word?.kind === "list" ? matchList(part.rule, word.items, scope) : null;
  }
}

function matchList(rule: ListRule, words: readonly Argument[], scope: Scope): Bindings | null {
  if (!rule.unordered) return match(rule.items, words, scope, false);
  if (words.length % rule.chain !== 0) return null;
  const matched = new Set<number>();
  let bindings = scope.variables;
  for (let item = 0; item < rule.items.length; item += rule.chain) {
    const wanted = rule.items.slice(item, item + rule.chain);
    const found = findChain(wanted, words, { ...scope, variables: bindings });
    if (found === null) return null;
    bindings = found.bindings;
    matched.add(found.at);
  }
  return othersAllowed(rule, words, matched) ? bindings : null;
}

function findChain(
  wanted: readonly Pattern[],
  words: readonly Argument[],
  scope: Scope,
): { at: number; bindings: Bindings } | null {
  for (let at = 0; at < words.length; at += wanted.length) {
    const bindings = match(wanted, words.slice(at, at + wanted.length), scope, false);
    if (bindings !== null) return { at, bindings };
  }
  return null;
}

function othersAllowed(rule: ListRule, words: readonly Argument[], matched: ReadonlySet<number>): boolean {
  for (let at = 0; at < words.length; at += rule.chain) {
    const word = words[at];
    if (matched.has(at) || word === undefined) continue;
    const text = word.kind === "text" ? word.text.toLowerCase() : "";
    if (rule.extra ? rule.banned.includes(text) : !rule.ignored.includes(text)) return false;
  }
  return true;
}

const piece = /\$\$|\$\{([^}]*)\}|\$(\w*)/g;

function matchText(source: string, text: string, scope: Scope, open: boolean): Bindings | null {
  const unset: string[] = [];
  let expression = "";
  let from = 0;
  for (const found of source.matchAll(piece)) {
    expression += escape(source.slice(from, found.index));
    from = found.index + found[0].length;
    const name = found[1] ?? found[2];
    const value = found[0] === "$$" ? "$" : valueOf(name ?? "", scope);
    if (value === null) return null;
    if (value === undefined) unset.push(name ?? "");
    expression += value === undefined ? "([^]*?)" : escape(value);
  }
  expression += escape(source.slice(from));
  const result = new RegExp(`^${expression}${open ? "" : "$"}`, "i").exec(text);
  return result === null ? null : bind(unset, result.slice(1), scope.variables);
}

function bind(names: readonly string[], values: readonly string[], variables: Bindings): Bindings | null {
  if (names.length === 0) return variables;
  const bound = new Map(variables);
  for (const [index, name] of names.entries()) {
    const value = values[index] ?? "";
    if (name === "") continue;
    if (bound.has(name) && bound.get(name) !== value) return null;
    bound.set(name, value);
  }
  return bound;
}

/** undefined: no value yet, or `$` alone, which stands for anything. null: can match nothing. */
function valueOf(name: string, scope: Scope): string | null | undefined {
  if (name === "") return undefined;
  if (/^\d+$/.test(name)) return scope.sequence(Number(name))?.toString() ?? null;
  return scope.variables.get(name);
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** Puts values into a command. A variable without one is an error of the script. */
export function expand(source: string, scope: Scope): string {
  return source.replace(piece, (whole: string, braced: string | undefined, bare: string | undefined) => {
    if (whole === "$$") return "$";
    const value = valueOf(braced ?? bare ?? "", scope);
    if (value === undefined || value === null) throw new Error(`${whole} has no value`);
    return value;
  });
}
