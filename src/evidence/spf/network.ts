/** Addresses in networks, as the terms of SPF name them (RFC 7208 §5.6). */
import ipaddr from "ipaddr.js";
import { isIpv6 } from "#mail/ip-address.ts";

/** @param address and network in any valid form of one family or two; families never match each other. */
export function isInNetwork(address: string, network: string, prefixLength: number): boolean {
  const [left, right] = [parse(address), parse(network)];
  if (left instanceof ipaddr.IPv4) return right instanceof ipaddr.IPv4 && left.match(right, prefixLength);
  return right instanceof ipaddr.IPv6 && left.match(right, prefixLength);
}

export function isIpv4Network(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) && !/(?:^|\.)0\d/.test(text);
}

export function isIpv6Network(text: string): boolean {
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return false;
  const tail = text.slice(text.lastIndexOf(":") + 1);
  return !tail.includes(".") || isIpv4Network(tail);
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return isIpv6(text) ? ipaddr.IPv6.parse(withoutDottedTail(text)) : ipaddr.IPv4.parse(text);
}

/** `::192.0.2.1` must not be read as `::ffff:192.0.2.1`. */
function withoutDottedTail(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [first = 0, second = 0, third = 0, fourth = 0] = parts.slice(0, 4).map(Number);
    return `${(first * 256 + second).toString(16)}:${(third * 256 + fourth).toString(16)}`;
  });
}
