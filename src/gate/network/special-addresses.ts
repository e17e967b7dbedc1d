/** Addresses that never are one client out in the world. */
import type { IpAddress } from "./ip-address.ts";
import { type Prefix, parsePrefix, prefixesOverlap, prefixHolds, prefixOf } from "./prefix.ts";

const LOOPBACK = networks("127.0.0.0/8", "::1");

/** RFC 6890: private, shared (carriers' NAT), link-local, unique local, unspecified. Behind each stand several clients, or none. */
const PRIVATE = networks(
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "0.0.0.0/8",
  "fc00::/7",
  "fe80::/10",
  "::",
);

export function isLoopback(address: IpAddress): boolean {
  return holds(LOOPBACK, address);
}

export function isPrivate(address: IpAddress): boolean {
  return holds(PRIVATE, address);
}

export function touchesLoopback(prefix: Prefix): boolean {
  return LOOPBACK.some((special) => prefixesOverlap(special, prefix));
}

export function touchesPrivate(prefix: Prefix): boolean {
  return PRIVATE.some((special) => prefixesOverlap(special, prefix));
}

function holds(special: readonly Prefix[], address: IpAddress): boolean {
  const host = prefixOf(address, address.family === 4 ? 32 : 128);
  return special.some((prefix) => prefixHolds(prefix, host));
}

function networks(...texts: readonly string[]): readonly Prefix[] {
  return texts.map((text) => {
    const prefix = parsePrefix(text);
    if (!prefix.ok) throw new Error(`${text}: ${prefix.problem}`);
    return prefix.value;
  });
}
