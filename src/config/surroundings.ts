/** What the settings depend on besides their file: this machine. A parameter, so that tests can be any machine. */
import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";

export interface Surroundings {
  /** Addresses of the default routes' gateways. */
  defaultGateways(): readonly string[];
  /** May this process listen on ports below 1024? */
  mayBindLowPorts(): boolean;
  hasIpv6(): boolean;
}

export const thisMachine: Surroundings = {
  defaultGateways: () => [...ipv4Gateways(readProc("net/route")), ...ipv6Gateways(readProc("net/ipv6_route"))],
  mayBindLowPorts: () => mayBindLowPorts(readProc("self/status"), readProc("sys/net/ipv4/ip_unprivileged_port_start")),
  hasIpv6: () => readProc("net/if_inet6").trim() !== "",
};

/** Empty where the system has no such file. */
function readProc(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, "latin1");
  } catch {
    return "";
  }
}

/** `/proc/net/route`: columns `Iface Destination Gateway …`, addresses in hexadecimal, least significant octet first. */
export function ipv4Gateways(table: string): readonly string[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter(([, destination, gateway = ""]) => destination === "00000000" && /^(?!0{8})[0-9A-F]{8}$/.test(gateway))
    .map(([, , gateway = ""]) => [...Buffer.from(gateway, "hex")].toReversed().join("."));
}

/** `/proc/net/ipv6_route`: columns `destination prefix source prefix next-hop …` in hexadecimal. */
export function ipv6Gateways(table: string): readonly string[] {
  return table
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, prefix, , , gateway = ""]) => prefix === "00" && /^(?!0{32})[0-9a-f]{32}$/.test(gateway))
    .map(([, , , , gateway = ""]) => ipaddr.fromByteArray([...Buffer.from(gateway, "hex")]).toString());
}

const CAP_NET_BIND_SERVICE = 10n; // linux/capability.h

/** Looks at the effective capabilities and at the first port that needs none. */
export function mayBindLowPorts(processStatus: string, firstFreePort: string): boolean {
  const [, capabilities = "0"] = /^CapEff:\s*([0-9a-f]+)/m.exec(processStatus) ?? [];
  if (((BigInt(`0x${capabilities}`) >> CAP_NET_BIND_SERVICE) & 1n) === 1n) return true;
  const SMTP_PORT = 25;
  return firstFreePort.trim() !== "" && Number(firstFreePort) <= SMTP_PORT;
}
