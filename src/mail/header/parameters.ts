/**
 * Parameters of Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2231). Sections (`name*0`, `name*1`) are joined;
 * an encoded value keeps its star and its encoding (`filename*`, `utf-8''na%C3%AFve`), as IMAP hands it on (RFC 2231
 * §8). `parameterValue` decodes.
 */
import { Buffer } from "node:buffer";
import type { Parameters } from "../mime/structure.ts";
import { decodeCharset } from "../text/charset.ts";
import { decodeEncodedWords } from "../text/encoded-words.ts";
import { commentEnd } from "./comment.ts";
import { PARAMETER_VALUE_MAX, PARAMETERS_MAX } from "./limits.ts";

type Parameter = readonly [string, string];

/** Reads `; name=value; …` from `start`. Quotes may be missing around values with blanks; what is no parameter is passed over. */
export function parseParameters(text: string, start: number): Parameters {
  const raw: Parameter[] = [];
  let at = start;
  while (at < text.length && raw.length < PARAMETERS_MAX) {
    const nameStart = skipSeparators(text, at);
    const nameEnd = nameEndAt(text, nameStart);
    const name = text.slice(nameStart, nameEnd).trim().toLowerCase();
    at = nameEnd;
    if (text[nameEnd] !== "=") continue;
    const { value, end } = readValue(text, nameEnd + 1);
    if (name !== "") raw.push([name, value]);
    at = end;
  }
  return raw.some(([name]) => name.includes("*")) ? joinSections(raw) : raw.map(bounded);
}

/**
 * The decoded value of a parameter: the RFC 2231 form before the plain one, and RFC 2047 words in a plain one decoded
 * (against RFC 2047 §5, but common). Undefined where there is no such parameter.
 */
export function parameterValue(parameters: Parameters, name: string): string | undefined {
  const extended = parameters.find(([key]) => key === `${name}*`);
  if (extended !== undefined) return decodeExtended(extended[1]);
  const plain = parameters.find(([key]) => key === name);
  return plain === undefined ? undefined : decodeEncodedWords(plain[1]);
}

function skipSeparators(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === "(") at = commentEnd(text, at);
    else if (character === ";" || character === " " || character === "\t") at++;
    else break;
  }
  return at;
}

function nameEndAt(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== "=" && text[at] !== ";") at++;
  return at;
}

/** A comment, or the next parameter where the semicolon in front of it is missing. */
const NEXT_WITHOUT_SEMICOLON = /[ \t](?:\(|[\w*.-]+=)/;

function readValue(text: string, start: number): { readonly value: string; readonly end: number } {
  let at = start;
  while (text[at] === " " || text[at] === "\t") at++;
  if (text[at] === '"') return readQuoted(text, at + 1);
  let end = text.indexOf(";", at);
  if (end === -1) end = text.length;
  const raw = text.slice(at, end);
  const stop = NEXT_WITHOUT_SEMICOLON.exec(raw)?.index ?? raw.length;
  return { value: raw.slice(0, stop).trim(), end: at + stop };
}

/** A quoted string whose closing mark is missing ends at the text's end. */
function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = "";
  let from = start;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') return { value: value + text.slice(from, at), end: at + 1 };
    if (character !== "\\") continue;
    // Windows paths in quotes are common: a backslash only quotes what needs it.
    const quotes = text[at + 1] === '"' || text[at + 1] === "\\";
    if (!quotes) continue;
    value += text.slice(from, at);
    from = ++at;
  }
  return { value: value + text.slice(from), end: text.length };
}

interface Section {
  readonly index: number;
  readonly encoded: boolean;
  readonly value: string;
}

/** RFC 2231 §3: sections in the order of their numbers, up to the first gap, whatever their order in the field. */
function joinSections(raw: readonly Parameter[]): Parameters {
  const sections = new Map<string, Section[]>();
  for (const [key, value] of raw) {
    const [, name = key, index, star] = /^([^*]+)\*(?:(0|[1-9]\d{0,2})(\*?))?$/.exec(key) ?? [];
    if (index === undefined) continue;
    const list = sections.get(name) ?? [];
    list.push({ index: Number(index), encoded: star === "*", value });
    sections.set(name, list);
  }
  const joined: Parameter[] = [];
  const done = new Set<string>();
  for (const [key, value] of raw) {
    const name = /^([^*]+)\*\d/.exec(key)?.[1];
    const list = name === undefined ? undefined : sections.get(name);
    if (name === undefined || list === undefined) joined.push([key, value]);
    else if (!done.has(name)) joined.push(...joinOne(name, list));
    if (name !== undefined) done.add(name);
  }
  return joined.map(bounded);
}

/** Empty where the first section is missing. */
function joinOne(name: string, unordered: readonly Section[]): readonly Parameter[] {
  const list = unordered.toSorted((left, right) => left.index - right.index);
  const gap = list.findIndex(({ index }, position) => index !== position);
  const whole = gap === -1 ? list : list.slice(0, gap);
  if (whole.length === 0) return [];
  if (!whole.some(({ encoded }) => encoded)) return [[name, whole.map(({ value }) => value).join("")]];
  const first = whole[0]?.encoded === true ? "" : "''";
  const parts = whole.map(({ encoded, value }) => (encoded ? value : encodeURIComponent(value.toWellFormed())));
  return [[`${name}*`, first + parts.join("")]];
}

function bounded([name, value]: Parameter): Parameter {
  return [name.slice(0, PARAMETER_VALUE_MAX), value.slice(0, PARAMETER_VALUE_MAX)];
}

/** RFC 2231 §4: `charset'language'percent-encoded`. */
function decodeExtended(value: string): string {
  const charsetEnd = value.indexOf("'");
  const languageEnd = charsetEnd === -1 ? -1 : value.indexOf("'", charsetEnd + 1);
  const charset = languageEnd === -1 ? "utf-8" : value.slice(0, charsetEnd);
  const text = value.slice(languageEnd + 1);
  if (!text.includes("%")) return text;
  const octets = Buffer.from(text, "utf8")
    .toString("latin1")
    .replace(/%([0-9A-Fa-f]{2})/g, percentOctet);
  return decodeCharset(Buffer.from(octets, "latin1"), charset);
}

function percentOctet(_: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16));
}
