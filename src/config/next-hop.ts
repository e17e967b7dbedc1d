import { parseDomain } from "#mail/address.ts";
import { ipFamily } from "./network.ts";

/** Where mail is handed to in place of a domain's MX. */
export type NextHop =
  | { readonly kind: "host"; readonly host: string; readonly port: number | undefined }
  | { readonly kind: "unix"; readonly path: string };

/** Parses `smtp.example.net`, `smtp.example.net:587`, `192.0.2.5:25`, `[2001:db8::5]:25` or `unix:/absolute/path`. */
export function parseNextHop(text: string): NextHop | undefined {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    return path.startsWith("/") && !path.includes("\0") ? { kind: "unix", path } : undefined;
  }
  const [, ipv6, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:\s]+))(?::([1-9]\d{0,4}))?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && port > 65_535) return undefined;
  if (ipv6 !== undefined) return ipFamily(ipv6) === 6 ? { kind: "host", host: ipv6.toLowerCase(), port } : undefined;
  if (name === undefined) return undefined;
  if (ipFamily(name) === 4) return { kind: "host", host: name, port };
  const domain = parseDomain(name);
  return domain.ok ? { kind: "host", host: domain.value, port } : undefined;
}
