/** The places there are for everybody together, and the part of them that strangers cannot take. */
import type { Counters } from "#ports/counters.ts";
import { LIMIT_NAMES, type LimitName, type LimitReached } from "./limit-name.ts";
import { CROWDED_PART } from "./limits.ts";
import type { ConnectionLimitSettings } from "./settings.ts";

/** Who asks for a place: nobody we know, somebody from where users log in or a user, an administrator. */
export type Standing = "stranger" | "user" | "admin";

const ALL = 0;
const NOT_ADMIN = 1;
const STRANGERS = 2;
const UNTRACKED = 3;
/** Then two numbers for each limit: the peak, and how many were refused. */
const FIGURES = 4;

export const COUNTERS_LENGTH = FIGURES + 2 * LIMIT_NAMES.length;

/** How near a limit has come. */
export interface LimitFigure {
  readonly limit: LimitName;
  readonly max: number;
  /** The most that was ever reached since the start; of a rate, the part of its burst that was used up, on the scale of `max`. */
  readonly peak: number;
  /** Connections and logins it has refused since the start. */
  readonly refused: number;
}

export class ConnectionTotals {
  readonly #counters: Counters;
  readonly #settings: ConnectionLimitSettings;
  readonly #max: number;
  readonly #notAdminMax: number;
  readonly #strangersMax: number;

  constructor(counters: Counters, settings: ConnectionLimitSettings) {
    const { connectionsTotal, reservedAdminPercent, reservedAuthenticatedPercent } = settings;
    const part = (percent: number): number => Math.ceil((connectionsTotal * percent) / 100);
    this.#counters = counters;
    this.#settings = settings;
    this.#max = connectionsTotal;
    this.#notAdminMax = connectionsTotal - part(reservedAdminPercent);
    this.#strangersMax = Math.max(1, this.#notAdminMax - part(reservedAuthenticatedPercent));
  }

  get open(): number {
    return this.#counters.value(ALL);
  }

  /** Are few places left for strangers? */
  get isCrowded(): boolean {
    return this.#counters.value(STRANGERS) >= this.#strangersMax * CROWDED_PART;
  }

  /** Connections that could not be counted by source, as the table was too small. */
  get untracked(): number {
    return this.#counters.value(UNTRACKED);
  }

  countUntracked(): void {
    this.#counters.add(UNTRACKED, 1);
  }

  enter(standing: Standing): LimitReached | undefined {
    const taken: number[] = [];
    for (const [index, limit, max] of this.#rooms(standing)) {
      if (this.#counters.addBelow(index, max)) {
        taken.push(index);
        this.peak(limit, this.#counters.value(index));
        continue;
      }
      for (const other of taken) this.#counters.add(other, -1);
      this.refused(limit);
      return { limit, max };
    }
    return undefined;
  }

  leave(standing: Standing): void {
    for (const [index] of this.#rooms(standing)) this.#counters.add(index, -1);
  }

  /** A stranger has logged in: there is room for another. */
  strangerBecomesUser(): void {
    this.#counters.add(STRANGERS, -1);
  }

  #rooms(standing: Standing): readonly (readonly [index: number, limit: LimitName, max: number])[] {
    const all = [ALL, "connections_total", this.#max] as const;
    const notAdmin = [NOT_ADMIN, "connections_total", this.#notAdminMax] as const;
    switch (standing) {
      case "stranger":
        return [[STRANGERS, "connections_not_logged_in", this.#strangersMax], notAdmin, all];
      case "user":
        return [notAdmin, all];
      case "admin":
        return [all];
    }
  }

  peak(limit: LimitName, value: number): void {
    this.#counters.raise(FIGURES + 2 * LIMIT_NAMES.indexOf(limit), value);
  }

  refused(limit: LimitName): void {
    this.#counters.add(FIGURES + 2 * LIMIT_NAMES.indexOf(limit) + 1, 1);
  }

  /** How near each limit has come since the start. */
  figures(): readonly LimitFigure[] {
    return LIMIT_NAMES.map((limit, index) => {
      const at = FIGURES + 2 * index;
      return { limit, max: this.#maxOf(limit), peak: this.#counters.value(at), refused: this.#counters.value(at + 1) };
    });
  }

  #maxOf(limit: LimitName): number {
    const { perAddress, perSlash24, perSlash64, perSlash48, loggedInPerAccount, loggedInPerAddress } = this.#settings;
    const maxima: Readonly<Record<LimitName, number>> = {
      connections_total: this.#max,
      connections_not_logged_in: this.#strangersMax,
      connections_per_address: perAddress.atOnce,
      connections_per_minute_per_address: perAddress.perMinute,
      connections_per_slash24: perSlash24.atOnce,
      connections_per_minute_per_slash24: perSlash24.perMinute,
      connections_per_slash64: perSlash64.atOnce,
      connections_per_minute_per_slash64: perSlash64.perMinute,
      connections_per_slash48: perSlash48.atOnce,
      connections_per_minute_per_slash48: perSlash48.perMinute,
      imap_connections_per_account: loggedInPerAccount,
      imap_connections_per_address: loggedInPerAddress,
    };
    return maxima[limit];
  }
}
