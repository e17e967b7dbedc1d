/** `[relay] trusted_networks`: what may be trusted at all. A prefix too short is how servers become open relays. */
import { holdsPublicAddresses, networkHolds, parseNetwork } from "./network.ts";
import type { ProblemList } from "./problem.ts";
import type { SettingsFile } from "./settings.ts";

const IPV4_PREFIX_BITS_MIN = 24;
const IPV6_PREFIX_BITS_MIN = 64;

export function checkTrustedNetworks(
  { trusted_networks, allow_wide_networks }: SettingsFile["relay"],
  defaultGateways: readonly string[],
  problems: ProblemList,
): void {
  for (const [position, text] of trusted_networks.entries()) {
    const network = parseNetwork(text);
    if (network === undefined) continue; // The schema has complained.
    const path = ["relay", "trusted_networks", position];
    const gateway = defaultGateways.find((address) => networkHolds(network, address));
    if (gateway !== undefined) {
      problems.error(
        path,
        `relay.trusted_networks holds ${gateway}, the default gateway, in ${text}: behind masquerading every client has that address`,
        "List the hosts that are meant, without the gateway.",
      );
    }
    if (allow_wide_networks) continue;
    const prefixBitsMin = network.family === 4 ? IPV4_PREFIX_BITS_MIN : IPV6_PREFIX_BITS_MIN;
    if (network.prefixBits < prefixBitsMin) {
      problems.error(
        path,
        `relay.trusted_networks has ${text}, wider than /${prefixBitsMin}`,
        "List smaller networks, or set allow_wide_networks = true if all of it is yours.",
      );
    } else if (holdsPublicAddresses(network)) {
      problems.error(
        path,
        `relay.trusted_networks has ${text}, which holds public addresses`,
        "Let those hosts log in instead, or set allow_wide_networks = true if all of it is yours.",
      );
    }
  }
}
