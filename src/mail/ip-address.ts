/** IP addresses in their one form, and as the names under which the DNS keeps what belongs to them. */
import { Buffer } from "node:buffer";
import ipaddr from "ipaddr.js";

/**
 * The one form of an address: `192.0.2.5`, or IPv6 in lower case and as short as RFC 5952 has it; an IPv4 address in IPv6
 * clothes (`::ffff:192.0.2.5`) is that IPv4 address. Undefined for anything else, octal parts and zones included.
 */
export function parseIpAddress(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** Ranges from which nobody on the public Internet can come (RFC 1918, 4193, 3927, 4291, 6598, 3879, 6666). */
const PRIVATE_RANGES = new Set([
  "unspecified",
  "broadcast",
  "multicast",
  "loopback",
  "private",
  "linkLocal",
  "uniqueLocal",
  "carrierGradeNat",
  "deprecatedSiteLocal",
  "discard",
  "benchmarking",
]);

/** Protocol assignments, benchmarks, and what was never given out (RFC 6890). Documentation's networks lead nowhere, and stay public. */
const MORE_PRIVATE = ["192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4"].map((network) => ipaddr.IPv4.parseCIDR(network));

/** @param address in its one form. */
export function isPrivateAddress(address: string): boolean {
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return isPrivateIpv4(parsed);
  if (PRIVATE_RANGES.has(parsed.range())) return true;
  // A gateway, maybe the next router, makes the IPv4 address of it again: there the connection ends.
  const inside = embeddedIpv4(parsed.toByteArray());
  return inside === "nowhere" || inside.some((octets) => isPrivateIpv4(new ipaddr.IPv4(octets)));
}

function isPrivateIpv4(address: ipaddr.IPv4): boolean {
  return PRIVATE_RANGES.has(address.range()) || MORE_PRIVATE.some((network) => address.match(network));
}

/** The IPv4 addresses that an IPv6 address leads to; `nowhere`: it is of a gateway's own network, in a form that we cannot read. */
function embeddedIpv4(octets: readonly number[]): readonly number[][] | "nowhere" {
  const hex = Buffer.from(octets).toString("hex");
  const startsWith = (digits: string): boolean => hex.startsWith(digits);
  const last = octets.slice(12);
  // NAT64 (RFC 6052 §2.1), IPv4-compatible (RFC 4291 §2.5.5.1), IPv4-translated (RFC 2765 §2.1), IPv4-mapped.
  if (startsWith("0064ff9b".padEnd(24, "0"))) return [last];
  if (startsWith("0".repeat(24)) || startsWith("ffff0000".padStart(24, "0"))) return [last];
  if (startsWith("ffff".padStart(24, "0"))) return [last];
  // NAT64 of one network (RFC 8215): where the address stands depends on a length that only it knows.
  if (startsWith("0064ff9b0001".padEnd(24, "0"))) return [last];
  if (startsWith("0064ff9b0001")) return "nowhere";
  // 6to4 (RFC 3056 §2), Teredo with its server and, inverted, its client (RFC 4380 §4).
  if (startsWith("2002")) return [octets.slice(2, 6)];
  if (startsWith("20010000")) return [octets.slice(4, 8), last.map((octet) => octet ^ 0xff)];
  return [];
}

/**
 * The labels of an address, last part first: four decimal ones for IPv4, 32 nibbles for IPv6 (RFC 3596 §2.5, RFC 5782 §2.4).
 * @param address in its one form.
 */
export function reversedLabels(address: string): string {
  if (!isIpv6(address)) return address.split(".").toReversed().join(".");
  return hexDigits(address).split("").toReversed().join(".");
}

/** `5.2.0.192.in-addr.arpa` and its kin. */
export function reverseName(address: string): string {
  return `${reversedLabels(address)}.${isIpv6(address) ? "ip6" : "in-addr"}.arpa`;
}

/** The 32 hexadecimal digits of an IPv6 address. */
export function hexDigits(address: string): string {
  return ipaddr.IPv6.parse(address)
    .toByteArray()
    .map((octet) => octet.toString(16).padStart(2, "0"))
    .join("");
}

/**
 * Does the address lie in the network?
 * @param address in its one form. @param network `192.0.2.0/24`, `2001:db8::/64`, or an address alone; anything else holds nothing.
 */
export function isInNetwork(address: string, network: string): boolean {
  const [base = "", bits] = network.split("/");
  if (!ipaddr.isValid(base) || !ipaddr.isValid(address)) return false;
  const held = ipaddr.process(address);
  const first = ipaddr.parse(base);
  const length = bits === undefined ? first.toByteArray().length * 8 : Number(bits);
  return held.kind() === first.kind() && held.match([first, length] as never);
}

/**
 * The network of one site: `192.0.2.0/24`, `2001:db8:1::/48`; empty for what is no address.
 * @param address in its one form.
 */
export function siteNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return "";
  if (!isIpv6(address)) return `${address.slice(0, address.lastIndexOf("."))}.0/24`;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/48`).toRFC5952String()}/48`;
}
