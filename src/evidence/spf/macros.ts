/** Macro strings of SPF (RFC 7208 §7): read once, expanded for each client. */
import { Buffer } from "node:buffer";
import ipaddr from "ipaddr.js";
import { hexDigits, isIpv6 } from "#mail/ip-address.ts";
import { failed, ok, type Result } from "#mail/result.ts";
import { NAME_LENGTH_MAX } from "./limits.ts";

export type MacroString = readonly (string | MacroExpand)[];

interface MacroExpand {
  readonly letter: MacroLetter;
  /** Written as a capital: the value is URL-escaped. */
  readonly isEscaped: boolean;
  /** Parts kept from the right; 0 for all. */
  readonly parts: number;
  readonly isReversed: boolean;
  readonly delimiters: string;
}

type MacroLetter = "s" | "l" | "o" | "d" | "i" | "p" | "v" | "h" | "c" | "r" | "t";

/** What the letters stand for. */
export interface MacroValues {
  /** `local-part@domain`. */
  readonly sender: string;
  /** The domain whose record is being read. */
  readonly domain: string;
  /** In its one form. */
  readonly client: string;
  readonly helo: string;
  /** A validated name of the client, or `unknown`. Needed where `usesLetters(…, "p")`. */
  readonly clientName: string;
  /** Our own host name. */
  readonly receiver: string;
  readonly nowSeconds: number;
}

const EXPAND = /^%\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}/i;
/** RFC 7208 §7.1: a whole number is never so large that it says anything. */
const PARTS_MAX = 128;
/** `macro-literal`; an explanation may hold spaces too. */
const LITERAL = /^[\x21-\x24\x26-\x7e]+/;
const LITERAL_OR_SPACE = /^[\x20-\x24\x26-\x7e]+/;

/** @param where the letters `c`, `r` and `t` are for explanations alone (RFC 7208 §7.2); an unknown modifier may hold them, too. */
export function parseMacroString(
  text: string,
  where: "domain" | "explanation" | "unknown-modifier",
): Result<MacroString, string> {
  const literal = where === "explanation" ? LITERAL_OR_SPACE : LITERAL;
  const tokens: (string | MacroExpand)[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 64);
    const plain = literal.exec(rest)?.[0] ?? ESCAPES[rest.slice(0, 2)];
    if (plain !== undefined) {
      tokens.push(plain);
      at += rest.startsWith("%") ? 2 : plain.length;
      continue;
    }
    const [whole, letter = "", digits = "", reverse = "", delimiters = ""] = EXPAND.exec(rest) ?? [];
    if (whole === undefined) return failed(`no macro at “${printable(rest.slice(0, 16))}”`);
    const lower = letter.toLowerCase() as MacroLetter;
    if (where === "domain" && "crt".includes(lower)) return failed(`macro ${letter} outside an explanation`);
    if (digits !== "" && Number(digits) === 0) return failed(`macro ${whole} keeps no part`);
    tokens.push({
      letter: lower,
      isEscaped: lower !== letter,
      parts: Math.min(Number(digits), PARTS_MAX),
      isReversed: reverse !== "",
      delimiters: delimiters === "" ? "." : delimiters,
    });
    at += whole.length;
  }
  return ok(tokens);
}

const ESCAPES: Readonly<Record<string, string>> = { "%%": "%", "%_": " ", "%-": "%20" };

export function usesLetters(macros: MacroString, letters: string): boolean {
  return macros.some((token) => typeof token !== "string" && letters.includes(token.letter));
}

export function expand(macros: MacroString, values: MacroValues): string {
  return macros.map((token) => (typeof token === "string" ? token : transformed(token, values))).join("");
}

/** RFC 7208 §7.3: the parts are joined with dots, whatever they were split at. */
function transformed({ letter, isEscaped, parts, isReversed, delimiters }: MacroExpand, values: MacroValues): string {
  const plain = valueOf(letter, values);
  let list = splitAt(plain, delimiters);
  if (isReversed) list = list.toReversed();
  if (parts > 0) list = list.slice(-parts);
  const text = isReversed || parts > 0 || delimiters !== "." ? list.join(".") : plain;
  return isEscaped ? urlEscaped(text) : text;
}

function splitAt(text: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (!delimiters.includes(text.charAt(at))) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  return [...parts, text.slice(start)];
}

function valueOf(letter: MacroLetter, { sender, client, ...values }: MacroValues): string {
  const at = sender.lastIndexOf("@");
  switch (letter) {
    case "s":
      return sender;
    case "l":
      return sender.slice(0, at);
    case "o":
      return sender.slice(at + 1);
    case "d":
      return values.domain;
    case "i":
      return isIpv6(client) ? hexDigits(client).toUpperCase().split("").join(".") : client;
    case "p":
      return values.clientName;
    case "v":
      return isIpv6(client) ? "ip6" : "in-addr";
    case "h":
      return values.helo;
    case "c":
      return isIpv6(client) ? ipaddr.IPv6.parse(client).toRFC5952String() : client;
    case "r":
      return values.receiver;
    case "t":
      return String(values.nowSeconds);
  }
}

function urlEscaped(text: string): string {
  return [...Buffer.from(text, "utf8")]
    .map((octet) => {
      const character = String.fromCharCode(octet);
      return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/**
 * The name to ask for: without a final dot, and without labels on the left where it is too long (RFC 7208 §7.3). Undefined
 * where no such name can be in the DNS.
 */
export function targetName(expanded: string): string | undefined {
  let name = expanded.replace(/\.$/, "");
  if (name.length > NAME_LENGTH_MAX) {
    const dot = name.indexOf(".", name.length - NAME_LENGTH_MAX - 1);
    name = dot === -1 ? "" : name.slice(dot + 1);
  }
  const labels = name.split(".");
  const wellFormed = labels.every((label) => label.length <= 63 && /^[\x20-\x2d\x2f-\x7e]+$/.test(label));
  return wellFormed && labels.length > 1 && TOP_LABEL.test(labels.at(-1) ?? "") ? name : undefined;
}

/** RFC 7208 §7.1 `toplabel`: never digits alone. */
export const TOP_LABEL = /^(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])$/i;

export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
