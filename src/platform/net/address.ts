import { isIPv4 } from "node:net";

/** The one form of a client's address: an IPv4 address in IPv6 clothes is that IPv4 address, a zone is dropped. */
export function normaliseAddress(address: string): string {
  const bare = address.replace(/%.*$/, "").toLowerCase();
  const inner = bare.startsWith("::ffff:") ? bare.slice(7) : "";
  return isIPv4(inner) ? inner : bare;
}
