/** IP addresses in their one form, and as the names under which the DNS keeps what belongs to them. */
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

/** Ranges from which nobody on the public Internet can come (RFC 1918, 4193, 3927, 4291, 6598). */
const PRIVATE_RANGES = new Set([
  "unspecified",
  "broadcast",
  "multicast",
  "loopback",
  "private",
  "linkLocal",
  "uniqueLocal",
  "carrierGradeNat",
]);

/** @param address in its one form. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE_RANGES.has(ipaddr.parse(address).range());
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
