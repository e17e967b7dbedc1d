/**
 * Who may be connected at all: in total, at once and per minute from an address and the networks around it, and once logged
 * in, per account and address. The counts are in a table that all threads share; the clock must be theirs in common.
 *
 * Clients on this machine (web mail, a proxy, a socket) and addresses that hide other clients are not limited by address:
 * many people stand behind each. They count in the total, and per account once they have logged in.
 */
import type { Clock } from "#ports/clock.ts";
import type { Counters } from "#ports/counters.ts";
import type { SourceBounds, SourceKey, SourceTable } from "#ports/source-table.ts";
import { type IpAddress, parseIp } from "../network/ip-address.ts";
import { bitsOf, type Prefix, parsePrefix, prefixHolds, prefixOf } from "../network/prefix.ts";
import { isLoopback } from "../network/special-addresses.ts";
import { ConnectionTotals, type Standing } from "./connection-totals.ts";
import type { LimitName, LimitReached } from "./limit-name.ts";
import { KNOWN_SOURCE_MS } from "./limits.ts";
import type { ConnectionLimitSettings, SourceLimit } from "./settings.ts";
import { accountKey, type CountedSource, countedSources, knownKey, loggedInKey, type Protocol } from "./source-keys.ts";

export interface Ticket {
  /** The client has logged in. Refused: it stays the stranger it was. Once is enough: later calls change nothing. */
  authenticated(accountId: number): { readonly ok: true } | Refusal;
  /** The connection is over. */
  release(): void;
}

export type Refusal = { readonly ok: false } & LimitReached;
export type Admission = { readonly ok: true; readonly ticket: Ticket } | Refusal;

export interface ConnectionLimitDependencies {
  readonly table: SourceTable;
  readonly counters: Counters;
  readonly clock: Pick<Clock, "now">;
  readonly settings: ConnectionLimitSettings;
  /** Addresses that hide other clients: see `hidden-clients.ts`. */
  readonly hidesOthers?: (address: string) => boolean;
}

export class ConnectionLimits {
  readonly #table: SourceTable;
  readonly #clock: Pick<Clock, "now">;
  readonly #settings: ConnectionLimitSettings;
  readonly #hidesOthers: (address: string) => boolean;
  readonly #own: readonly Prefix[];
  readonly totals: ConnectionTotals;

  constructor({ table, counters, clock, settings, hidesOthers = () => false }: ConnectionLimitDependencies) {
    this.#table = table;
    this.#clock = clock;
    this.#settings = settings;
    this.#hidesOthers = hidesOthers;
    this.#own = settings.ownAddresses.flatMap((text) => {
      const prefix = parsePrefix(text);
      return prefix.ok ? [prefix.value] : [];
    });
    this.totals = new ConnectionTotals(counters, settings);
  }

  /** @param address in its one form, or a local socket's. */
  admit(address: string, { protocol }: { readonly protocol: Protocol }): Admission {
    const ip = this.#limitedAddress(address);
    const isKnown = ip !== undefined && this.#table.isMarked(knownKey(ip), this.#clock.now());
    const standing: Standing = protocol === "http" && ip === undefined ? "admin" : isKnown ? "user" : "stranger";
    const full = this.totals.enter(standing);
    if (full !== undefined) return { ok: false, ...full };
    const places = ip === undefined ? [] : this.#enterSources(countedSources(ip, this.#settings), isKnown);
    if (!Array.isArray(places)) {
      this.totals.leave(standing);
      return places;
    }
    return { ok: true, ticket: this.#ticket({ ip, protocol, standing, places }) };
  }

  /** Somebody has logged in from there before this process began: it is a user's address from the start. */
  /** Are few places left for strangers? */
  get isCrowded(): boolean {
    return this.totals.isCrowded;
  }

  remember(address: string, loggedInMs: number): void {
    const ip = this.#limitedAddress(address);
    if (ip !== undefined) this.#table.mark(knownKey(ip), loggedInMs + KNOWN_SOURCE_MS, this.#clock.now());
  }

  /** Undefined: no limit by address makes sense there. */
  #limitedAddress(address: string): IpAddress | undefined {
    const ip = parseIp(address);
    if (ip === undefined || isLoopback(ip) || this.#isOwn(ip) || this.#hidesOthers(address)) return undefined;
    return ip;
  }

  #isOwn(ip: IpAddress): boolean {
    const host = prefixOf(ip, bitsOf(ip.family));
    return this.#own.some((prefix) => prefixHolds(prefix, host));
  }

  /** A place in each source, or in none. */
  #enterSources(sources: readonly CountedSource[], isKnown: boolean): Place[] | Refusal {
    const places: Place[] = [];
    for (const { key, limit, atOnceName, perMinuteName } of sources) {
      const bounds = this.#bounds(limit, isKnown);
      const { outcome, atOnce, burstUsed } = this.#table.enter(key, bounds, this.#clock.now());
      // A user's address has more room: what counts is how near it has come to that.
      this.totals.peak(atOnceName, Math.round((atOnce / bounds.atOnceMax) * limit.atOnce));
      this.totals.peak(perMinuteName, Math.round((burstUsed / bounds.burstMax) * limit.perMinute));
      if (outcome === "entered") places.push({ key, bounds });
      else if (outcome === "untracked") this.totals.countUntracked();
      else {
        this.#giveBack(places);
        return outcome === "too-many"
          ? this.#refuse(atOnceName, bounds.atOnceMax)
          : this.#refuse(perMinuteName, bounds.perMinuteMax);
      }
    }
    return places;
  }

  /** An office stands behind one address: where users log in, there is room for as many as may be logged in. */
  #bounds({ atOnce, perMinute }: SourceLimit, isKnown: boolean): SourceBounds {
    const { loggedInPerAddress, perAddress } = this.#settings;
    const factor = isKnown ? Math.max(1, loggedInPerAddress / perAddress.atOnce) : 1;
    const perMinuteMax = perMinute * factor;
    // Who keeps to the number is never refused, also where all of it comes in the first second of the minute.
    return { atOnceMax: atOnce * factor, perMinuteMax, burstMax: Math.max(1, Math.ceil(perMinuteMax)) };
  }

  #ticket(connection: Counted): Ticket {
    let state: "stranger" | "logged-in" | "released" = "stranger";
    let { standing, places } = connection;
    return {
      authenticated: (accountId) => {
        if (state !== "stranger") return { ok: true };
        const loggedIn = this.#enterLoggedIn(connection, accountId);
        if (!Array.isArray(loggedIn)) return loggedIn;
        state = "logged-in";
        // A user takes no stranger's place, and a login costs nothing of the rate.
        this.#giveBack(places);
        places = loggedIn;
        if (standing === "stranger") {
          standing = "user";
          this.totals.strangerBecomesUser();
        }
        return { ok: true };
      },
      release: () => {
        if (state === "released") return;
        state = "released";
        for (const { key } of places) this.#table.leave(key);
        this.totals.leave(standing);
      },
    };
  }

  #enterLoggedIn({ ip, protocol }: Counted, accountId: number): Place[] | Refusal {
    const nowMs = this.#clock.now();
    const { loggedInPerAccount, loggedInPerAddress } = this.#settings;
    const wanted: (readonly [SourceKey, LimitName, number])[] = [
      [accountKey(accountId, protocol), "imap_connections_per_account", loggedInPerAccount],
    ];
    if (ip !== undefined) wanted.push([loggedInKey(ip, protocol), "imap_connections_per_address", loggedInPerAddress]);
    const places: Place[] = [];
    for (const [key, limit, max] of wanted) {
      const bounds = { atOnceMax: max, perMinuteMax: Number.POSITIVE_INFINITY, burstMax: 1 };
      const { outcome, atOnce } = this.#table.enter(key, bounds, nowMs);
      this.totals.peak(limit, atOnce);
      if (outcome === "entered") places.push({ key, bounds });
      else if (outcome === "untracked") this.totals.countUntracked();
      else {
        for (const place of places) this.#table.leave(place.key);
        return this.#refuse(limit, max);
      }
    }
    if (ip !== undefined) this.#table.mark(knownKey(ip), nowMs + KNOWN_SOURCE_MS, nowMs);
    return places;
  }

  #giveBack(places: readonly Place[]): void {
    for (const { key, bounds } of places) {
      this.#table.leave(key);
      this.#table.refund(key, bounds);
    }
  }

  #refuse(limit: LimitName, max: number): Refusal {
    this.totals.refused(limit);
    return { ok: false, limit, max };
  }
}

/** Where a connection is counted, and under which bounds. */
interface Place {
  readonly key: SourceKey;
  readonly bounds: SourceBounds;
}

interface Counted {
  readonly ip: IpAddress | undefined;
  readonly protocol: Protocol;
  readonly standing: Standing;
  readonly places: Place[];
}
