/** Listeners: those of the file, or the usual ones. */
import { formatEndpoint, isPrivateEndpoint, type ListenEndpoint, parseEndpoint } from "./endpoint.ts";
import type { ProblemList } from "./problem.ts";
import type { ListenerProtocol, ListenerSettings, ListenerTls, SettingsFile } from "./settings.ts";
import { PROTOCOLS_NOT_BUILT } from "./this-version.ts";

interface UsualPort {
  readonly protocol: ListenerProtocol;
  readonly tls: ListenerTls;
  readonly port: number;
  /** Absent: none. */
  readonly unprivilegedPort?: number;
}

export const USUAL_PORTS: readonly UsualPort[] = [
  { protocol: "smtp", tls: "starttls", port: 25, unprivilegedPort: 2525 },
  { protocol: "submission", tls: "starttls", port: 587, unprivilegedPort: 2587 },
  { protocol: "submission", tls: "implicit", port: 465, unprivilegedPort: 2465 },
  { protocol: "imap", tls: "implicit", port: 993, unprivilegedPort: 2993 },
  { protocol: "pop3", tls: "implicit", port: 995, unprivilegedPort: 2995 },
  { protocol: "http", tls: "implicit", port: 443, unprivilegedPort: 2443 },
  // For certificate authorities, and for who types a name without https.
  { protocol: "http", tls: "none", port: 80 },
];

/** @param hosts the addresses to listen on. */
export function usualListeners(hosts: readonly string[], ports: "usual" | "unprivileged"): readonly ListenerSettings[] {
  return USUAL_PORTS.flatMap(({ protocol, tls, port: usual, unprivilegedPort }) => {
    const port = ports === "usual" ? usual : unprivilegedPort;
    if (port === undefined || PROTOCOLS_NOT_BUILT.includes(protocol)) return [];
    return hosts.map((host) => ({
      protocol,
      endpoint: { kind: "tcp", host, port } as const,
      ipv6Only: false,
      tls,
      minTls: "1.2" as const,
      proxyFrom: [],
    }));
  });
}

/** Those of the file; a table that makes no sense is a problem and left out. */
export function configuredListeners(tables: SettingsFile["listener"], problems: ProblemList): ListenerSettings[] {
  const listeners: ListenerSettings[] = [];
  const taken = new Map<string, number>();
  for (const [position, table] of tables.entries()) {
    const endpoint = parseEndpoint(table.bind);
    if (endpoint === undefined) continue; // The schema has complained.
    const tls = table.tls ?? defaultTls(table.protocol, endpoint);
    checkEndpoint(position, table.protocol, tls, endpoint, problems);
    const name = formatEndpoint(endpoint);
    const other = taken.get(name);
    if (other !== undefined && !name.endsWith(":0")) {
      problems.error(
        ["listener", position, "bind"],
        `${name} is taken by listener ${other + 1}`,
        "Change one of them.",
      );
    }
    taken.set(name, position);
    const { protocol, min_tls: minTls, proxy_from: proxyFrom } = table;
    listeners.push({ protocol, endpoint, ipv6Only: false, tls, minTls, proxyFrom });
  }
  return listeners.map((listener) => ({ ...listener, ipv6Only: leavesIpv4To(listener.endpoint, taken) }));
}

function leavesIpv4To(endpoint: ListenEndpoint, taken: ReadonlyMap<string, number>): boolean {
  return endpoint.kind === "tcp" && endpoint.host === "::" && taken.has(`0.0.0.0:${endpoint.port}`);
}

function defaultTls(protocol: ListenerProtocol, endpoint: ListenEndpoint): ListenerTls {
  switch (protocol) {
    case "smtp":
      return "starttls";
    case "lmtp":
      return "none";
    case "submission":
      return endpoint.kind === "tcp" && [587, 2587].includes(endpoint.port) ? "starttls" : "implicit";
    case "imap":
    case "pop3":
    case "http":
      return endpoint.kind === "unix" ? "none" : "implicit";
  }
}

function checkEndpoint(
  position: number,
  protocol: ListenerProtocol,
  tls: ListenerTls,
  endpoint: ListenEndpoint,
  problems: ProblemList,
): void {
  const mayBePlain = protocol === "http" || protocol === "lmtp";
  if (endpoint.kind === "unix" && !mayBePlain) {
    problems.error(
      ["listener", position, "bind"],
      `A listener for ${protocol} cannot stand on a socket file`,
      'Give an address and port such as "127.0.0.1:2525".',
    );
  }
  // HTTP without TLS that others reach has challenges and a redirect alone.
  if (tls === "none" && protocol !== "http" && !(mayBePlain && isPrivateEndpoint(endpoint))) {
    problems.error(
      ["listener", position, "tls"],
      mayBePlain
        ? `${formatEndpoint(endpoint)} without TLS is open to other machines`
        : `tls = "none" would let passwords and mail for ${protocol} cross the wire in clear`,
      mayBePlain
        ? 'Bind to 127.0.0.1, [::1] or unix:/path, or set tls = "implicit".'
        : 'Set tls = "starttls" or "implicit".',
    );
  }
  if (tls === "starttls" && protocol === "http") {
    problems.error(["listener", position, "tls"], "HTTP has no STARTTLS", 'Set tls = "implicit".');
  }
}
