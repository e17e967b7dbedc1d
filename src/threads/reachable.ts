import { isPrivateEndpoint } from "#config/endpoint.ts";
import type { Settings } from "#config/settings.ts";

/** A server for this machine alone meets no client that a list could know: it asks nobody. */
export function isReachable({ listeners }: Settings): boolean {
  return listeners.some(
    ({ protocol, endpoint, proxyFrom }) =>
      protocol === "smtp" && (proxyFrom.length > 0 || !isPrivateEndpoint(endpoint)),
  );
}
