import { ipFamily } from "./network.ts";

/** Where a listener stands. */
export type ListenEndpoint =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Parses `0.0.0.0:25`, `[::]:25` or `unix:/absolute/path`. A port of 0 is whatever the system gives. */
export function parseEndpoint(text: string): ListenEndpoint | undefined {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    return path.startsWith("/") && !path.includes("\0") ? { kind: "unix", path } : undefined;
  }
  const [, ipv6, ipv4, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port <= 65_535)) return undefined;
  if (ipv6 !== undefined && ipFamily(ipv6) === 6) return { kind: "tcp", host: ipv6.toLowerCase(), port };
  if (ipv4 !== undefined && ipFamily(ipv4) === 4) return { kind: "tcp", host: ipv4, port };
  return undefined;
}

/** `/absolute/path`, `unix:/absolute/path`, `127.0.0.1:3310` or `[::1]:3310`: where somebody else listens. */
export function parseScannerAddress(text: string): ListenEndpoint | undefined {
  const endpoint = parseEndpoint(text.startsWith("/") ? `unix:${text}` : text);
  return endpoint?.kind === "tcp" && endpoint.port === 0 ? undefined : endpoint;
}

/** 127.0.0.0/8, ::1 or a socket file: nobody else reaches it. */
export function isPrivateEndpoint(endpoint: ListenEndpoint): boolean {
  if (endpoint.kind === "unix") return true;
  return endpoint.host === "::1" || endpoint.host.startsWith("127.");
}

export function formatEndpoint(endpoint: ListenEndpoint): string {
  if (endpoint.kind === "unix") return `unix:${endpoint.path}`;
  return endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
}
