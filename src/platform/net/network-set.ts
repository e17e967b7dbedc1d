import { BlockList, isIPv6 } from "node:net";

/** Is an address (in its one form) in one of these addresses and networks (`192.0.2.5`, `192.0.2.0/24`, `2001:db8::/32`)? */
export function networkSet(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
