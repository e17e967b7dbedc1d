/** The limits of connections as one thread keeps them: who comes in, and who may be logged in. The counts are all threads'. */
import type { ListenerSettings, Settings } from "#config/settings.ts";
import { ConnectionLimits, type Ticket } from "#gate/limits/connection-limits.ts";
import { Explanations } from "#gate/limits/explanations.ts";
import { type LimitReached, limitText } from "#gate/limits/limit-name.ts";
import { refuseConnection } from "#gate/limits/refuse-connection.ts";
import type { Arrival } from "#platform/net/listener.ts";
import { sharedCounters } from "#platform/threads/shared-counters.ts";
import { SharedRateTable } from "#platform/threads/shared-rate-table.ts";
import type { Clock } from "#ports/clock.ts";
import type { Accept, Connection, Endpoint } from "#ports/connection.ts";
import type { Log } from "#ports/log.ts";
import type { LoginPlaces } from "#ports/login-places.ts";
import type { GateMemory } from "./gate-memory.ts";
import type { RefusedAtLimit } from "./limit-records.ts";
import { ownAddresses } from "./protected.ts";
import { connectionLimitSettings } from "./slices.ts";

export interface ConnectionGate {
  readonly logins: LoginPlaces;
  /** Are few connections left? */
  readonly isCrowded: () => boolean;
  /** Somebody logged in from there before this process began. */
  readonly remember: (address: string, loggedInMs: number) => void;
  /** Who hears of refusals that the client was told of: known only when what records them is. */
  readonly tellOfRefusals: (hear: (refused: RefusedAtLimit) => void) => void;
  /** What becomes of a client. @param keep what is done with one that comes in; the second runs when it is gone. */
  readonly arrive: (
    remote: Endpoint,
    listener: Pick<ListenerSettings, "protocol" | "tls">,
    keep: (onClosed: () => void) => Accept,
  ) => Arrival;
}

/** Addresses behind which other clients stand: `gate/block-list/hidden-clients.ts`. */
export interface HiddenAddresses {
  /** For every connection, refused ones too. */
  readonly arrived: (address: string, isMx: boolean) => void;
  /** Rules that go by address are suspended for it. */
  readonly hidesOthers: (address: string) => boolean;
}

export interface ConnectionGateSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly hidden: HiddenAddresses;
  /** A client was refused for it. */
  readonly limitReached?: (reached: LimitReached) => void;
  /** Somebody is logged in, inside TLS of this version. */
  readonly tlsLogin?: (accountId: number, version: string) => void;
}

export function openConnectionGate(
  { settings, gateMemory }: { readonly settings: Settings; readonly gateMemory: GateMemory },
  { clock, log, hidden, limitReached, tlsLogin }: ConnectionGateSurroundings,
): ConnectionGate {
  const limits = new ConnectionLimits({
    table: new SharedRateTable(gateMemory.sources),
    counters: sharedCounters(gateMemory.counters),
    // Not the monotonic time: it begins anew in each thread.
    clock,
    settings: connectionLimitSettings(settings, ownAddresses()),
    hidesOthers: hidden.hidesOthers,
  });
  const explanations = new Explanations();
  const tickets = new WeakMap<Connection, Ticket>();
  let hearRefused: ((refused: RefusedAtLimit) => void) | undefined;
  return {
    logins: {
      enter(connection, accountId) {
        const place = tickets.get(connection)?.authenticated(accountId);
        if (place !== undefined && !place.ok) return { ok: false, text: limitText(place) };
        if (connection.tls !== undefined) tlsLogin?.(accountId, connection.tls.version);
        return { ok: true };
      },
    },
    isCrowded: () => limits.isCrowded,
    tellOfRefusals: (hear) => {
      hearRefused = hear;
    },
    remember: (address, loggedInMs) => limits.remember(address, loggedInMs),
    arrive({ address }, { protocol, tls }, keep) {
      hidden.arrived(address, protocol === "smtp");
      const admission = limits.admit(address, { protocol });
      if (admission.ok) {
        const { ticket } = admission;
        const accept: Accept = (connection) => {
          tickets.set(connection, ticket);
          return keep(() => ticket.release())(connection);
        };
        return { kind: "comes-in", accept, lost: () => ticket.release() };
      }
      limitReached?.(admission);
      log.info("connection-refused", { remote: address, listener: protocol, limit: admission.limit });
      if (!explanations.mayExplain({ insideTls: tls === "implicit" }, clock.now())) return { kind: "turned-away" };
      const accept: Accept = (connection) => {
        const text = `${limitText(admission)} (${connection.id})`;
        hearRefused?.({ connection, protocol, reached: admission, text });
        return refuseConnection(connection, { protocol, hostname: settings.hostname, text });
      };
      return { kind: "comes-in", accept, lost: () => undefined };
    },
  };
}
