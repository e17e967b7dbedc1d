/** Whether a client is one of those that the operator knows to pass other people's mail on. */
import { isInNetwork } from "#mail/ip-address.ts";
import type { Evidence } from "./evidence.ts";
import type { KnownForwarders } from "./policy.ts";

/** The entry by which it is known; undefined where it is not. A name counts only where it leads back to the client. */
export function knownForwarder(
  { reverseDns, spf }: Pick<Evidence, "reverseDns" | "spf">,
  { networks, names }: KnownForwarders,
): string | undefined {
  const client = spf?.client ?? reverseDns?.client;
  const network = client === undefined ? undefined : networks.find((one) => isInNetwork(client, one));
  if (network !== undefined || reverseDns?.state !== "confirmed") return network;
  const confirmed = reverseDns.names
    .filter(({ forward }) => forward === "matches")
    .map(({ name }) => name.toLowerCase());
  return names.find((name) => confirmed.some((host) => host === name || host.endsWith(`.${name}`)));
}
