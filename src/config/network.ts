/** Addresses and networks as settings write them. */
import ipaddr from "ipaddr.js";

export interface Network {
  readonly address: string;
  readonly prefixBits: number;
  readonly family: 4 | 6;
}

/** 4 or 6 for an address in its usual form (no octal, no zone), undefined for anything else. */
export function ipFamily(text: string): 4 | 6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return 4;
  return text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text) ? 6 : undefined;
}

/** An address alone is a network of itself. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = ipFamily(address);
  if (family === undefined || rest.length > 0) return undefined;
  const bits = family === 4 ? 32 : 128;
  if (prefix === undefined) return { address, prefixBits: bits, family };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
  return { address, prefixBits: Number(prefix), family };
}

export function networkHolds(network: Network, address: string): boolean {
  if (ipFamily(address) !== network.family) return false;
  const bits: [ipaddr.IPv4 | ipaddr.IPv6, number] = [ipaddr.parse(network.address), network.prefixBits];
  return ipaddr.parse(address).match(bits);
}

/** Ranges that never come from the public Internet (RFC 1918, 4193, 3927, 4291, 6598). */
const NOT_PUBLIC = new Set(["private", "loopback", "linkLocal", "uniqueLocal", "carrierGradeNat"]);

/**
 * Does the network hold addresses that the whole Internet may have? The ranges above are far larger than what their
 * first and last addresses can straddle, so both ends tell.
 */
export function holdsPublicAddresses(network: Network): boolean {
  const [first, last] = ends(network);
  return !NOT_PUBLIC.has(first.range()) || first.range() !== last.range();
}

function ends({ address, prefixBits, family }: Network): [ipaddr.IPv4 | ipaddr.IPv6, ipaddr.IPv4 | ipaddr.IPv6] {
  const cidr = `${address}/${prefixBits}`;
  if (family === 4) return [ipaddr.IPv4.networkAddressFromCIDR(cidr), ipaddr.IPv4.broadcastAddressFromCIDR(cidr)];
  return [ipaddr.IPv6.networkAddressFromCIDR(cidr), ipaddr.IPv6.broadcastAddressFromCIDR(cidr)];
}
