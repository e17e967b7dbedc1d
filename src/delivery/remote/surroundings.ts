/** What delivery to other servers stands on. */
import { parseDomain } from "#mail/address.ts";
import type { Clock } from "#ports/clock.ts";
import type { Dialer } from "#ports/dialer.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import type { ZoneResolver } from "#ports/resolver.ts";
import type { DeliveryJob } from "#queue/attempt.ts";
import type { MtaSts } from "../tls-policy/mta-sts.ts";
import type { TlsResults } from "../tls-policy/tls-results.ts";
import type { IdleConnections } from "./idle-connections.ts";
import type { NextHopWatch } from "./next-hop-watch.ts";
import type { RemoteSettings } from "./settings.ts";

export interface RemoteSurroundings {
  readonly settings: RemoteSettings;
  readonly resolver: ZoneResolver;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly mtaSts: Pick<MtaSts, "find">;
  readonly tlsResults: TlsResults;
  readonly nextHops: NextHopWatch;
  /** Is this one of this machine's, loopback and the unspecified address included? */
  readonly isOwnAddress: (address: string) => boolean;
  /** Certificates of the authorities that are trusted, in PEM; undefined: those the system trusts. */
  readonly authoritiesPem?: string;
}

export interface AttemptParts {
  readonly job: DeliveryJob;
  readonly signal: AbortSignal;
  readonly around: RemoteSurroundings;
  readonly idle: IdleConnections;
}

/** The route of a destination: its own, or the one for all. */
export function routeOf(destination: string, { routes, fallback }: RemoteSettings): RemoteSettings["fallback"] {
  const domain = parseDomain(destination);
  return (domain.ok ? routes.get(domain.value) : undefined) ?? fallback;
}
