/** Delivery to other servers, put together from the settings. */
import { join } from "node:path";
import type { Settings } from "#config/settings.ts";
import type { NextHopWatch } from "#delivery/remote/next-hop-watch.ts";
import { createRemoteDelivery, type RemoteDelivery } from "#delivery/remote/remote-delivery.ts";
import { MtaSts } from "#delivery/tls-policy/mta-sts.ts";
import { policyMemory } from "#delivery/tls-policy/remembered-policies.ts";
import { TlsResults } from "#delivery/tls-policy/tls-results.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import { jsonFile } from "#platform/json-file.ts";
import { systemDialer } from "#platform/net/dialer.ts";
import { createHttpsClient } from "#platform/web/https-get.ts";
import type { Clock } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { ownAddresses } from "./protected.ts";
import { remoteSettings } from "./remote-delivery-settings.ts";

/** MTA-STS policies that outlive a restart; in the data folder. */
const POLICIES_FILE = "mta-sts.json";
/** Interfaces come and go. Milliseconds. */
const LOOK_AT_INTERFACES_MS = 10_000;

export interface OpenRemoteDelivery extends RemoteDelivery {
  readonly tlsResults: TlsResults;
}

export function openRemoteDelivery(
  settings: Settings,
  around: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly nextHops: NextHopWatch;
  },
): OpenRemoteDelivery {
  const { clock, random, log, nextHops } = around;
  const { servers, timeoutMs } = settings.dns;
  const resolver = createDnsClient({ servers, timeoutMs, clock, random, log });
  const tlsResults = new TlsResults();
  const remote = createRemoteDelivery({
    settings: remoteSettings(settings),
    resolver,
    dialer: systemDialer,
    clock,
    random,
    log,
    mtaSts: new MtaSts({
      resolver,
      https: createHttpsClient({ resolver, clock }),
      clock,
      log,
      memory: policyMemory(jsonFile(join(settings.dataDir, POLICIES_FILE))),
    }),
    tlsResults,
    nextHops,
    isOwnAddress: ownAddressTest(clock),
  });
  return { ...remote, tlsResults };
}

/** This machine's addresses, and those that lead to whoever asks. */
function ownAddressTest(clock: Clock): (address: string) => boolean {
  let known = new Set<string>();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return (address) => {
    if (/^(?:127\.|0\.|::1?$)/.test(address)) return true;
    if (clock.monotonicMs() - lookedAtMs > LOOK_AT_INTERFACES_MS) {
      known = new Set(ownAddresses());
      lookedAtMs = clock.monotonicMs();
    }
    return known.has(address);
  };
}
