/** The settings' share of delivery to other servers. */
import { parseNextHop } from "#config/next-hop.ts";
import type { Settings } from "#config/settings.ts";
import type { RemoteSettings } from "#delivery/remote/settings.ts";
import type { RouteSettings, TlsPolicySetting } from "#delivery/routing/settings.ts";

const SMTP_PORT = 25;
/** What RFC 2033 §5 leaves to the administrator, and most use. */
const LMTP_PORT = 24;
/** RFC 8314 §7.3: TLS from the first octet. */
const SUBMISSIONS_PORT = 465;

export function remoteSettings({ hostname, delivery, routes }: Settings): RemoteSettings {
  const { relayHost, relayUsername, relayPassword, tls, sourceAddresses, addressFamily, chunking } = delivery;
  return {
    hostname,
    addressFamily,
    chunking,
    fallback: routeOf({
      host: relayHost,
      protocol: "smtp",
      tls,
      username: relayUsername,
      password: relayPassword,
      sourceAddresses,
    }),
    routes: new Map(
      routes.map((route) => [
        route.domain as string,
        routeOf({
          ...route,
          sourceAddresses: route.sourceAddresses.length > 0 ? route.sourceAddresses : sourceAddresses,
        }),
      ]),
    ),
  };
}

function routeOf(route: {
  readonly host: string;
  readonly protocol: "smtp" | "lmtp";
  readonly tls: TlsPolicySetting;
  readonly username: string;
  readonly password: string;
  readonly sourceAddresses: readonly string[];
}): RouteSettings {
  const { protocol, tls, username, password, sourceAddresses } = route;
  const hop = route.host === "" ? undefined : parseNextHop(route.host);
  const port = (hop?.kind === "host" ? hop.port : undefined) ?? (protocol === "lmtp" ? LMTP_PORT : SMTP_PORT);
  const credentials = username === "" ? undefined : { username, password };
  return {
    host: hop?.kind === "unix" ? `unix:${hop.path}` : hop?.host,
    port,
    protocol,
    implicitTls: hop?.kind === "host" && port === SUBMISSIONS_PORT,
    // A password is for the host that was named, and not for whoever answers in its place.
    tls: credentials !== undefined && tls === "auto" ? "verify" : tls,
    credentials,
    sourceAddresses,
  };
}
