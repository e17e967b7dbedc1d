/** Addresses that are never banned, whatever comes from there: the wrong one would be hit. */
import { type IpAddress, parseIp } from "../network/ip-address.ts";
import { type Prefix, parsePrefix, prefixesOverlap, prefixHolds, prefixOf } from "../network/prefix.ts";
import { isLoopback, isPrivate, touchesLoopback, touchesPrivate } from "../network/special-addresses.ts";

/** Addresses and networks as settings and the system write them. What is neither is left out: a name is no address. */
export interface SpecialAddresses {
  readonly own: readonly string[];
  readonly gateways: readonly string[];
  readonly resolvers: readonly string[];
  readonly proxies: readonly string[];
  /** The other mail exchangers of our domains. */
  readonly otherMx: readonly string[];
}

export class ProtectedAddresses {
  readonly #named: readonly (readonly [reason: string, prefixes: readonly Prefix[]])[];
  readonly #gateways: readonly Prefix[];

  constructor({ own, gateways, resolvers, proxies, otherMx }: SpecialAddresses) {
    this.#gateways = prefixesOf(gateways);
    this.#named = [
      ["it is this server's own", prefixesOf(own)],
      ["it is the gateway's", this.#gateways],
      ["it is a DNS resolver's", prefixesOf(resolvers)],
      ["it is a trusted proxy's", prefixesOf(proxies)],
      ["it is another mail exchanger's of our domains", prefixesOf(otherMx)],
    ];
  }

  /** Why no part of this network may be banned; undefined: it may. */
  reason(prefix: Prefix): string | undefined {
    if (touchesLoopback(prefix)) return "it is a loopback address";
    for (const [reason, prefixes] of this.#named) {
      if (prefixes.some((special) => prefixesOverlap(special, prefix))) return reason;
    }
    return touchesPrivate(prefix) ? "it is a private address" : undefined;
  }

  /** Other clients may stand behind such an address: private ones and the gateway's. */
  mayHideOthers(address: string): boolean {
    const ip = parseIp(address);
    return ip !== undefined && !isLoopback(ip) && (isPrivate(ip) || this.#isGateway(ip));
  }

  #isGateway(ip: IpAddress): boolean {
    const host = prefixOf(ip, ip.family === 4 ? 32 : 128);
    return this.#gateways.some((gateway) => prefixHolds(gateway, host));
  }
}

function prefixesOf(texts: readonly string[]): readonly Prefix[] {
  return texts.flatMap((text) => {
    const prefix = parsePrefix(text);
    return prefix.ok ? [prefix.value] : [];
  });
}
