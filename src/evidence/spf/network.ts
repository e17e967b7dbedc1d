/** Addresses in networks, as the terms of SPF name them (RFC 7208 §5.6). */
import ipaddr from "ipaddr.js";
import { isIpv6 } from "#mail/ip-address.ts";

/** One client's address, read once and held against many networks. */
export class ClientAddress {
  readonly #ipv4: number | undefined;
  readonly #ipv6: ipaddr.IPv6 | undefined;

  /** @param address in its one form. */
  constructor(address: string) {
    if (isIpv6(address)) this.#ipv6 = ipaddr.IPv6.parse(address);
    else this.#ipv4 = numberOf(address);
  }

  /** @param network a valid address of either family; the families never match each other. */
  isIn(network: string, prefixLength: number): boolean {
    if (isIpv6(network)) {
      return this.#ipv6?.match(ipaddr.IPv6.parse(withoutDottedTail(network)), prefixLength) ?? false;
    }
    if (this.#ipv4 === undefined) return false;
    // A shift by 32 would be one by nothing.
    return prefixLength === 0 || (this.#ipv4 ^ numberOf(network)) >>> (32 - prefixLength) === 0;
  }
}

/** The 32 bits of an IPv4 address. */
function numberOf(ipv4: string): number {
  return ipv4.split(".").reduce((bits, part) => (bits << 8) | Number(part), 0);
}

export function isIpv4Network(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) && !/(?:^|\.)0\d/.test(text);
}

export function isIpv6Network(text: string): boolean {
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return false;
  const tail = text.slice(text.lastIndexOf(":") + 1);
  return !tail.includes(".") || isIpv4Network(tail);
}

/** `::192.0.2.1` must not be read as `::ffff:192.0.2.1`. */
function withoutDottedTail(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [first = 0, second = 0, third = 0, fourth = 0] = parts.slice(0, 4).map(Number);
    return `${(first * 256 + second).toString(16)}:${(third * 256 + fourth).toString(16)}`;
  });
}
