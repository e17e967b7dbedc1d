/**
 * What senders are told apart by. Large ones send from pools and never come back from the same address, so no key holds
 * one: a domain that vouches for the client (SPF), or the client's network with the registered domain it calls itself by.
 */
import ipaddr from "ipaddr.js";
import { getDomain } from "tldts";
import { literalAddress, parseDomain } from "#mail/address.ts";
import { isIpv6 } from "#mail/ip-address.ts";

/** What one customer has, and what a pool shares. Bits. */
const IPV4_BITS = 24;
const IPV6_BITS = 64;
/** A customer of a shared domain (`a.github.io`) is a sender of its own. */
const BY_CUSTOMER = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };
const NO_NAME = "-";

export interface SenderFacts {
  /** The client's address in its one form. */
  readonly client: string;
  /** As said in HELO or EHLO. */
  readonly helo: string;
  /** The domain with an SPF pass for this client, but not one that passes everybody (`+all`); null where there is none. */
  readonly spfDomain: string | null;
}

/** `spf:sender.example`, `net:198.51.100.0/24+sender.example`. */
export function senderKey({ client, helo, spfDomain }: SenderFacts): string {
  const vouching = spfDomain === null ? undefined : registeredDomain(spfDomain);
  return vouching === undefined ? networkAndNameKey({ client, helo }) : `spf:${vouching}`;
}

/** The key of a client for which nobody vouches, or for which nobody could when it tried first: the DNS was silent. */
export function networkAndNameKey({ client, helo }: Pick<SenderFacts, "client" | "helo">): string {
  return `${networkKey(client)}+${registeredDomain(helo) ?? NO_NAME}`;
}

/** `net:198.51.100.0/24`: of a network that is known whatever its hosts call themselves. `+` and more follow in a sender's key. */
export function networkKey(client: string): string {
  const bits = isIpv6(client) ? IPV6_BITS : IPV4_BITS;
  const network = isIpv6(client)
    ? ipaddr.IPv6.networkAddressFromCIDR(`${client}/${bits}`).toRFC5952String()
    : ipaddr.IPv4.networkAddressFromCIDR(`${client}/${bits}`).toString();
  return `net:${network}/${bits}`;
}

/** `sender:bob@sender.example`: of somebody whom a user here has written to. */
export function correspondentKey(address: string): string {
  return `sender:${address}`;
}

/** Undefined for literals, single labels, public suffixes and what is no name at all: anybody can say those. */
function registeredDomain(name: string): string | undefined {
  // Underscores are against the rules and harmless.
  const domain = parseDomain(name.replace(/\.$/, "").replaceAll("_", "-"));
  if (!domain.ok || literalAddress(domain.value) !== undefined) return undefined;
  return getDomain(domain.value, BY_CUSTOMER) ?? undefined;
}
