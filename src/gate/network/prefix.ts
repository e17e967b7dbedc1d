/** Networks: an address and how many of its first bits they have in common. */
import { failed, ok, type Result } from "#mail/result.ts";
import { formatIp, type IpAddress, parseIp, type Words } from "./ip-address.ts";

export interface Prefix {
  readonly family: 4 | 6;
  /** Bits after the first `length` are 0. */
  readonly words: Words;
  readonly length: number;
}

export type PrefixProblem = "not-an-address" | "bad-length" | "host-bits";

export function bitsOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** `192.0.2.5`, `192.0.2.0/24`, `2001:db8::/32`. An address with host bits and a length is a slip, not a network. */
export function parsePrefix(text: string): Result<Prefix, PrefixProblem> {
  const slash = text.indexOf("/");
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return failed("not-an-address");
  const { family, words } = address;
  if (slash < 0) return ok({ family, words, length: bitsOf(family) });
  const digits = text.slice(slash + 1);
  // A length beside an IPv4 address in IPv6 clothes would count from the wrong end.
  const isMapped = family === 4 && text.includes(":");
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bitsOf(family) || isMapped) return failed("bad-length");
  const prefix = prefixOf(address, Number(digits));
  return prefix.words.every((word, index) => word === words[index]) ? ok(prefix) : failed("host-bits");
}

/** The network of that length around an address. */
export function prefixOf({ family, words }: IpAddress, length: number): Prefix {
  return { family, words: maskedWords(words, length), length };
}

export function maskedWords(words: Words, length: number): Words {
  return [
    (words[0] & mask(length)) >>> 0,
    (words[1] & mask(length - 32)) >>> 0,
    (words[2] & mask(length - 64)) >>> 0,
    (words[3] & mask(length - 96)) >>> 0,
  ];
}

function mask(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? -1 : -1 << (32 - length);
}

/** Is all of `inner` in `outer`? */
export function prefixHolds(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  const masked = maskedWords(inner.words, outer.length);
  return masked.every((word, index) => word === outer.words[index]);
}

export function prefixesOverlap(one: Prefix, other: Prefix): boolean {
  return prefixHolds(one, other) || prefixHolds(other, one);
}

/** The one text of a network: an address alone where it is one. */
export function formatPrefix({ family, words, length }: Prefix): string {
  const address = formatIp({ family, words });
  return length === bitsOf(family) ? address : `${address}/${length}`;
}
