/**
 * IP addresses as numbers: four words of 32 bits, the most significant first; an IPv4 address is the first word. Made for
 * every connection and every look-up, so that nothing is allocated but the address itself. One strict form is read: no
 * octal, no missing parts, no zone.
 */

export type Words = readonly [number, number, number, number];

export interface IpAddress {
  readonly family: 4 | 6;
  /** Unsigned. Words that the family does not have are 0. */
  readonly words: Words;
}

const ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` */
const TEXT_CHARACTERS_MAX = 45;

/** Undefined for what is no address. An IPv4 address in IPv6 clothes (`::ffff:192.0.2.5`) is that IPv4 address. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > TEXT_CHARACTERS_MAX) return undefined;
  if (!text.includes(":")) {
    const word = ipv4Word(text, 0, text.length);
    return word === undefined ? undefined : { family: 4, words: [word, 0, 0, 0] };
  }
  const words = ipv6Words(text);
  if (words === undefined) return undefined;
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return isMapped ? { family: 4, words: [words[3], 0, 0, 0] } : { family: 6, words };
}

/** Four decimal numbers without leading zeros, from `start` to `end`. */
function ipv4Word(text: string, start: number, end: number): number | undefined {
  let word = 0;
  let parts = 0;
  let digits = 0;
  let value = 0;
  for (let at = start; at <= end; at++) {
    const code = at === end ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || ++parts > 4) return undefined;
      word = word * 256 + value;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return undefined;
  }
  return parts === 4 ? word : undefined;
}

/** RFC 4291 §2.2: groups of up to four hexadecimal digits, one `::`, an IPv4 address at the end. */
function ipv6Words(text: string): Words | undefined {
  const groups: number[] = [];
  let gapAt = -1;
  let at = 0;
  if (text.startsWith("::")) {
    gapAt = 0;
    at = 2;
  }
  while (at < text.length) {
    if (groups.length === 8) return undefined;
    const end = groupEnd(text, at);
    if (text.charCodeAt(end) === DOT) {
      const word = ipv4Word(text, at, text.length);
      if (word === undefined || groups.length > 6) return undefined;
      groups.push(word >>> 16, word & 0xffff);
      break;
    }
    if (end === at || end - at > 4) return undefined;
    groups.push(Number.parseInt(text.slice(at, end), 16));
    at = end;
    if (at === text.length) break;
    if (text.charCodeAt(at) !== COLON) return undefined;
    at++;
    if (at === text.length) return undefined;
    if (text.charCodeAt(at) === COLON) {
      if (gapAt >= 0) return undefined;
      gapAt = groups.length;
      at++;
    }
  }
  return joined(groups, gapAt);
}

/** Where the hexadecimal digits that begin at `at` end. */
function groupEnd(text: string, at: number): number {
  let end = at;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const isDigit = code >= ZERO && code <= 0x39;
    const letter = code | 0x20;
    if (!isDigit && (letter < 0x61 || letter > 0x66)) break;
  }
  return end;
}

function joined(groups: readonly number[], gapAt: number): Words | undefined {
  if (gapAt < 0 ? groups.length !== 8 : groups.length > 7) return undefined;
  const zeros = 8 - groups.length;
  const group = (index: number): number => {
    if (gapAt < 0 || index < gapAt) return groups[index] ?? 0;
    return index < gapAt + zeros ? 0 : (groups[index - zeros] ?? 0);
  };
  const word = (index: number): number => group(index * 2) * 0x10000 + group(index * 2 + 1);
  return [word(0), word(1), word(2), word(3)];
}

/** The one text of an address: dotted decimal, or RFC 5952. */
export function formatIp({ family, words }: IpAddress): string {
  if (family === 4) return [words[0] >>> 24, (words[0] >>> 16) & 255, (words[0] >>> 8) & 255, words[0] & 255].join(".");
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestRunOfZeros(groups);
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

function longestRunOfZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
