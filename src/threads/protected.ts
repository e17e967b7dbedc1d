/** Which addresses are never banned, as the settings and this machine say it. */
import { networkInterfaces } from "node:os";
import type { Settings } from "#config/settings.ts";
import { thisMachine } from "#config/surroundings.ts";
import { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import { parseServerAddress } from "#platform/dns/server-address.ts";
import { SystemServers } from "#platform/dns/system-servers.ts";
import { normaliseAddress } from "#platform/net/address.ts";
import { systemClock } from "#platform/system-clock.ts";

const SYSTEM_SERVERS_FILE = "/etc/resolv.conf";

/** @param otherMx addresses of our domains' other mail exchangers, as far as somebody has asked the DNS for them. */
export function protectedAddresses(settings: Settings, otherMx: readonly string[] = []): ProtectedAddresses {
  return new ProtectedAddresses({
    own: ownAddresses(),
    gateways: thisMachine.defaultGateways(),
    resolvers: resolvers(settings),
    proxies: settings.listeners.flatMap(({ proxyFrom }) => proxyFrom),
    otherMx,
  });
}

/** This machine's, as they are now. */
export function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.map(({ address }) => normaliseAddress(address));
}

function resolvers({ dns }: Settings): readonly string[] {
  const set = dns.servers.flatMap((text) => parseServerAddress(text) ?? []);
  const servers = set.length > 0 ? set : new SystemServers(SYSTEM_SERVERS_FILE, systemClock).current().servers;
  return servers.map(({ address }) => normaliseAddress(address));
}
