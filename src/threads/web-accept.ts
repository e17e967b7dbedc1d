import { createWebApp } from "#admin/web-app.ts";
import { isPrivateEndpoint } from "#config/endpoint.ts";
import type { ListenerSettings, Settings } from "#config/settings.ts";
import { createHttpAccept } from "#platform/http/http-accept.ts";
import type { Accept } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { FrontTls } from "./front-tls.ts";
import { httpsPort, webSettings } from "./web-slices.ts";

/** What a listener for HTTP makes of a connection. */
export function webAccepts(
  settings: Settings,
  { tls, log }: { readonly tls: FrontTls; readonly log: Log },
): (listener: Pick<ListenerSettings, "endpoint" | "tls">) => Accept {
  const app = createWebApp({
    settings: webSettings(settings),
    httpsPort: httpsPort(settings),
    keyAuthorization: (token) => tls.keyAuthorization(token),
  });
  const accept = (isPrivate: boolean): Accept =>
    createHttpAccept({ respond: (request, { isSecure }) => app.respond(request, { isSecure, isPrivate }), log });
  const forAll = accept(false);
  const forProxies = accept(true);
  return ({ endpoint, tls: kind }) => (kind === "none" && isPrivateEndpoint(endpoint) ? forProxies : forAll);
}
