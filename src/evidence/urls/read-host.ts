/** The host of a link as a client would look it up, with what hides it from programs undone. */
import { Buffer } from "node:buffer";
import { domainToASCII, domainToUnicode } from "node:url";
import { parseIpAddress } from "#mail/ip-address.ts";
import type { Effort } from "./effort.ts";
import type { Disguise } from "./evidence.ts";
import { DISGUISED_HOST_EFFORT, HOST_CHARACTERS_MAX } from "./limits.ts";
import { mixesScripts } from "./scripts.ts";

export interface ReadHost {
  /** A name as A-labels in lower case, or an IP address in its one form. */
  readonly host: string;
  readonly kind: "name" | "address";
  readonly disguises: readonly Disguise[];
}

const PLAIN = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;
/** The WHATWG's "ends in a number": such a host is an address, however it is written. */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/;
const NAME = /^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}$/;
const NAME_CHARACTERS_MAX = 253; // RFC 1035 §2.3.4, without the octets that DNS adds
/** Neither shown nor, by UTS 46, part of a name: soft hyphen, joiners, marks of direction, variation selectors, tags. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;
/** Where a host ends for the most careless reader: what no name holds, in ASCII, and quotes and stops of other scripts. */
const HOST_END =
  /[\0-,/:-@[-^`{-\x7f\s\u2018-\u201f\u2039\u203a\u3001\u3008-\u3011\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff01]/; // oxlint-disable-line no-control-regex -- controls end a host
/** What is longer costs as several. */
const CHARACTERS_OF_A_HOST = 64;
const NON_ASCII = /[^\0-\x7f]/; // oxlint-disable-line no-control-regex -- ASCII is what is asked for

/** True for a name that every reader takes as it stands. */
export function isPlainName(lower: string): boolean {
  return PLAIN.test(lower) && !NUMERIC_END.test(lower) && !lower.includes("xn--") && NAME.test(lower);
}

export function withoutInvisible(text: string): string {
  return NON_ASCII.test(text) ? text.replace(INVISIBLE, "") : text;
}

/**
 * The hosts that a host part may mean, that of today's readers first; empty where it means none: no dot, not decodable.
 * @param text after the userinfo; a port and what does not belong to a host is passed over.
 */
export function readHosts(text: string, effort: Effort): readonly ReadHost[] {
  const lower = text.toLowerCase();
  if (isPlainName(lower)) {
    if (!effort.allows(1)) return [];
    return lower.length > NAME_CHARACTERS_MAX ? [] : [{ host: lower, kind: "name", disguises: [] }];
  }
  if (!effort.allows(DISGUISED_HOST_EFFORT + Math.floor(text.length / CHARACTERS_OF_A_HOST))) return [];
  const disguises = new Set<Disguise>();
  let decoded = text;
  if (text.includes("%")) {
    decoded = percentDecoded(text);
    if (decoded !== text) disguises.add("percent-encoded-host");
  }
  const visible = withoutInvisible(decoded);
  if (visible !== decoded) disguises.add("invisible-characters");
  if (visible.startsWith("[")) return addressLiteral(visible, disguises);
  const part = upToEnd(visible);
  // Punycode takes the square of a label's length.
  if (part.length > HOST_CHARACTERS_MAX) return [];
  const meant = [part, ...otherReadings(part, decoded)].map((one) => lookedUp(one, disguises));
  const hosts = [...new Map(meant.flatMap((one) => (one === undefined ? [] : [[one.host, one] as const]))).values()];
  return hosts.length < 2
    ? hosts
    : hosts.map((host) => ({ ...host, disguises: [...host.disguises, "readers-differ"] }));
}

function upToEnd(text: string): string {
  const end = text.search(HOST_END);
  return end === -1 ? text : text.slice(0, end);
}

/**
 * Where IDNA 2003 and 2008 differ (UTS 46 §2.3), both names can be reached: one knows neither sharp s nor final sigma, the
 * other keeps joiners between letters of scripts that need them.
 */
function otherReadings(part: string, withInvisible: string): readonly string[] {
  const readings: string[] = [];
  if (/[ßẞς]/.test(part)) readings.push(part.replace(/[ßẞ]/g, "ss").replaceAll("ς", "σ"));
  if (/[\u200c\u200d]/.test(withInvisible)) {
    const joined = upToEnd(withInvisible.replace(INVISIBLE, (run) => run.replace(/[^\u200c\u200d]/g, "")));
    if (joined.length <= HOST_CHARACTERS_MAX) readings.push(joined);
  }
  return readings;
}

function lookedUp(part: string, seen: ReadonlySet<Disguise>): ReadHost | undefined {
  const disguises = new Set(seen);
  const ascii = domainToASCII(part).replace(/\.{1,2}$/, "");
  const address = NUMERIC_END.test(ascii) ? parseIpAddress(ascii) : undefined;
  if (address !== undefined) {
    if (part.replace(/\.$/, "") !== address) disguises.add("numeric-host");
    return { host: address, kind: "address", disguises: [...disguises] };
  }
  if (ascii.length > NAME_CHARACTERS_MAX || !NAME.test(ascii) || NUMERIC_END.test(ascii)) return undefined;
  if (NON_ASCII.test(part) && part.normalize("NFKC") !== part.normalize("NFC")) disguises.add("compatibility-letters");
  if (ascii.includes("xn--")) {
    disguises.add("internationalised");
    if (mixesScripts(domainToUnicode(ascii))) disguises.add("mixed-scripts");
  }
  return { host: ascii, kind: "name", disguises: [...disguises] };
}

function addressLiteral(text: string, disguises: Set<Disguise>): readonly ReadHost[] {
  const inner = text.slice(1, Math.max(1, text.indexOf("]")));
  const address = parseIpAddress(inner);
  if (address === undefined) return [];
  if (!address.includes(":")) disguises.add("address-in-ipv6");
  return [{ host: address, kind: "address", disguises: [...disguises] }];
}

/** Percent encoding undone once, as far as it is one; octets are UTF-8. */
export function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}
