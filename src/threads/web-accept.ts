import { createWebApp } from "#admin/web-app.ts";
import { isPrivateEndpoint } from "#config/endpoint.ts";
import type { ListenerSettings, Settings } from "#config/settings.ts";
import { createHttpAccept } from "#platform/http/http-accept.ts";
import { networkSet } from "#platform/net/network-set.ts";
import type { Accept } from "#ports/connection.ts";
import { askMetrics } from "./ask-metrics.ts";
import type { FrontTls } from "./front-tls.ts";
import { type AroundPasskeys, passkeyPage } from "./passkey-page.ts";
import { httpsPort, webSettings } from "./web-slices.ts";

const isLoopback = networkSet(["127.0.0.0/8", "::1"]);

/** What a listener for HTTP makes of a connection. */
export function webAccepts(
  settings: Settings,
  { tls, ...around }: AroundPasskeys & { readonly tls: FrontTls },
): (listener: Pick<ListenerSettings, "endpoint" | "tls">) => Accept {
  const passkeys = passkeyPage(settings, around);
  const app = createWebApp({
    settings: webSettings(settings),
    httpsPort: httpsPort(settings),
    keyAuthorization: (token) => tls.keyAuthorization(token),
    ...(passkeys === undefined ? {} : { passkeys }),
    metrics: () => askMetrics(settings.dataDir),
  });
  const accept = (isPrivate: boolean): Accept =>
    createHttpAccept({
      respond: (request, { isSecure, address }) =>
        app.respond(request, {
          address,
          isSecure,
          isPrivate,
          isLocal: address.startsWith("unix:") || isLoopback(address),
        }),
      log: around.log,
    });
  const forAll = accept(false);
  const forProxies = accept(true);
  return ({ endpoint, tls: kind }) => (kind === "none" && isPrivateEndpoint(endpoint) ? forProxies : forAll);
}
