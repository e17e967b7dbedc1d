/** Addresses and networks as the settings give them and connections show them. */
import ipaddr from "ipaddr.js";

/** One text for one address; undefined for what is no IP address (a local socket). */
export function canonicalIp(text: string): string | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : undefined;
}

/** Tells whether an address lies in one of the networks (`192.0.2.0/24`, `2001:db8::/64`, or an address alone). */
export function networkSet(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map((text) =>
    text.includes("/") ? ipaddr.parseCIDR(text) : ipaddr.parseCIDR(`${text}/${text.includes(":") ? 128 : 32}`),
  );
  return (address) => {
    if (ranges.length === 0 || !ipaddr.isValid(address)) return false;
    const ip = ipaddr.process(address);
    return ranges.some(([network, bits]) => network.kind() === ip.kind() && ip.match([network, bits] as never));
  };
}
