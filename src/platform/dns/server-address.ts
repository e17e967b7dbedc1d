/** Where a name server listens. */
import { isIP, isIPv6 } from "node:net";

export interface ServerAddress {
  /** An IP address, for IPv6 perhaps with a zone. */
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** Reads `192.0.2.53`, `127.0.0.1:5300`, `2001:db8::53`, `[::1]:5300`; undefined for anything else. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const [, ipv6, ipv4, port = String(DNS_PORT)] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = ipv6 ?? ipv4 ?? "";
  const isRight = isIP(address) !== 0 && isIPv6(address) === (ipv6 !== undefined);
  return isRight && Number(port) > 0 && Number(port) < 65_536 ? { address, port: Number(port) } : undefined;
}

export function formatServerAddress({ address, port }: ServerAddress): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** On this machine: nobody between it and us can change what it says. */
export function isLoopback({ address }: ServerAddress): boolean {
  return address === "::1" || address.startsWith("127.");
}
