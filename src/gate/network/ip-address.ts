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

/** The groups of the address that is being read: one call ends before the next begins. */
const groups = new Uint16Array(8);

/** RFC 4291 §2.2: groups of up to four hexadecimal digits, one `::`, an IPv4 address at the end. */
function ipv6Words(text: string): Words | undefined {
  const startsWithGap = text.startsWith("::");
  let gapAt = startsWithGap ? 0 : -1;
  let count = 0;
  let start = startsWithGap ? 2 : 0;
  let value = 0;
  for (let at = start; at <= text.length; at++) {
    const code = at === text.length ? COLON : text.charCodeAt(at);
    const digit = hexDigit(code);
    if (digit >= 0) {
      value = value * 16 + digit;
      continue;
    }
    const digits = at - start;
    if (code === DOT) {
      const word = ipv4Word(text, start, text.length);
      if (word === undefined || count > 6) return undefined;
      groups[count++] = word >>> 16;
      groups[count++] = word & 0xffff;
      break;
    }
    if (code !== COLON || digits > 4) return undefined;
    if (digits > 0) {
      if (count === 8) return undefined;
      groups[count++] = value;
      // A single colon must have something behind it.
      if (at === text.length - 1) return undefined;
    } else if (at < text.length) {
      if (gapAt >= 0 || at === 0) return undefined;
      gapAt = count;
    }
    start = at + 1;
    value = 0;
  }
  return joined(count, gapAt);
}

/** -1 for what is none. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/** The first `count` groups as words, with the zeros that `::` stands for. */
function joined(count: number, gapAt: number): Words | undefined {
  if (gapAt < 0 ? count !== 8 : count > 7) return undefined;
  if (gapAt >= 0) {
    const behind = 8 - (count - gapAt);
    groups.copyWithin(behind, gapAt, count);
    groups.fill(0, gapAt, behind);
  }
  return [wordAt(0), wordAt(2), wordAt(4), wordAt(6)];
}

function wordAt(at: number): number {
  return (groups[at] ?? 0) * 0x10000 + (groups[at + 1] ?? 0);
}

/** The one text of an address: dotted decimal, or RFC 5952. */
export function formatIp({ family, words }: IpAddress): string {
  if (family === 4) return [words[0] >>> 24, (words[0] >>> 16) & 255, (words[0] >>> 8) & 255, words[0] & 255].join(".");
  const parts = words.flatMap((value) => [value >>> 16, value & 0xffff]);
  const { start, length } = longestRunOfZeros(parts);
  if (length < 2) return hex(parts);
  return `${hex(parts.slice(0, start))}::${hex(parts.slice(start + length))}`;
}

function hex(parts: readonly number[]): string {
  return parts.map((part) => part.toString(16)).join(":");
}

function longestRunOfZeros(parts: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, part] of parts.entries()) {
    if (part !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
