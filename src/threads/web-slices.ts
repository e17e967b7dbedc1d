/** The web pages' share of the settings. */
import type { MailService, WebSettings } from "#admin/web-settings.ts";
import { isPrivateEndpoint } from "#config/endpoint.ts";
import type { ListenerSettings, Settings } from "#config/settings.ts";
import type { RelyingParty } from "#identity/second-factor/passkeys.ts";

export function webSettings({ hostname, domains, listeners, metrics }: Settings): WebSettings {
  return {
    hostname,
    domains: domains.map(({ name, mtaSts }) => ({ name, mtaSts })),
    services: mailServices(listeners),
    metricsToken: metrics.token === "" ? undefined : metrics.token,
  };
}

export function httpsPort({ listeners }: Pick<Settings, "listeners">): number | undefined {
  const found = listeners.find(({ protocol, tls }) => protocol === "http" && tls === "implicit");
  return found?.endpoint.kind === "tcp" ? found.endpoint.port : undefined;
}

/** What passkeys are bound to; undefined: no page of ours is where browsers take them. The first origin is that of links. */
export function relyingParty({
  hostname,
  listeners,
}: Pick<Settings, "hostname" | "listeners">): RelyingParty | undefined {
  const ports = listeners.flatMap(({ protocol, tls, endpoint }) =>
    protocol === "http" && tls === "implicit" && endpoint.kind === "tcp" ? [endpoint.port] : [],
  );
  const origins = [...new Set(ports)].map((port) => `https://${hostname}${port === 443 ? "" : `:${port}`}`);
  return origins.length === 0 ? undefined : { id: hostname, origins };
}

const PROTOCOLS = ["imap", "pop3", "submission"] as const;

/** Ports that others reach, if there are any; TLS from the first octet before STARTTLS (RFC 8314 §3). */
function mailServices(listeners: readonly ListenerSettings[]): readonly MailService[] {
  const services = listeners.flatMap(({ protocol, tls, endpoint }) => {
    const known = PROTOCOLS.find((one) => one === protocol);
    if (known === undefined || tls === "none" || endpoint.kind === "unix") return [];
    return [{ protocol: known, port: endpoint.port, tls, isPrivate: isPrivateEndpoint(endpoint) }];
  });
  const reachable = services.some(({ isPrivate }) => !isPrivate)
    ? services.filter(({ isPrivate }) => !isPrivate)
    : services;
  const unique = new Map(reachable.map(({ protocol, port, tls }) => [port, { protocol, port, tls }]));
  return [...unique.values()].toSorted((left, right) => rank(left) - rank(right));
}

function rank({ protocol, tls }: MailService): number {
  return PROTOCOLS.indexOf(protocol) * 2 + (tls === "implicit" ? 0 : 1);
}
