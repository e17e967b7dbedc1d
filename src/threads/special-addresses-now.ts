/** The addresses that are never banned, as they are now: this machine's change, and so do those of our other mail exchangers. */
import type { Settings } from "#config/settings.ts";
import type { ProtectedAddresses } from "#gate/block-list/protected-addresses.ts";
import { createDnsClient } from "#platform/dns/client.ts";
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import type { Random } from "#ports/random.ts";
import { otherMxAddresses } from "./other-mx.ts";
import { protectedAddresses } from "./protected.ts";
import { isReachable } from "./reachable.ts";

/** Between two looks. Milliseconds. */
const LOOK_AGAIN_MS = 60 * 60 * 1000;
/** For all questions of one look together: nobody waits. Milliseconds. */
const LOOK_BUDGET_MS = 30_000;

export interface SpecialAddressesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Those in force. */
  readonly settings: () => Settings;
}

export class SpecialAddressesNow {
  readonly #options: SpecialAddressesOptions;
  #current: ProtectedAddresses;
  #otherMx: readonly string[] = [];
  #timer: Timer | undefined;
  /** Counts looks, so that an overtaken one changes nothing. */
  #turn = 0;

  constructor(options: SpecialAddressesOptions) {
    this.#options = options;
    this.#current = protectedAddresses(options.settings());
  }

  get current(): ProtectedAddresses {
    return this.#current;
  }

  /** Now, and from now on every hour. */
  look(): void {
    const { clock, log, settings } = this.#options;
    const turn = ++this.#turn;
    this.#timer?.cancel();
    this.#timer = clock.after(LOOK_AGAIN_MS, () => this.look());
    this.#current = protectedAddresses(settings(), this.#otherMx);
    this.#askForMx(settings()).then(
      (addresses) => this.#learn(addresses, turn),
      (error: unknown) => log.error("other-mx-unknown", { cause: String(error) }),
    );
  }

  close(): void {
    this.#turn++;
    this.#timer?.cancel();
  }

  /** Nothing found may be a DNS that does not answer: what was known stays. */
  #learn(addresses: readonly string[], turn: number): void {
    if (turn !== this.#turn || addresses.length === 0) return;
    this.#otherMx = addresses;
    this.#current = protectedAddresses(this.#options.settings(), addresses);
  }

  async #askForMx(settings: Settings): Promise<readonly string[]> {
    if (!isReachable(settings)) return [];
    const { clock, random, log } = this.#options;
    const { servers, timeoutMs } = settings.dns;
    const resolver = createDnsClient({ servers, timeoutMs, clock, random, log });
    return otherMxAddresses(settings, resolver, clock.monotonicMs() + LOOK_BUDGET_MS);
  }
}
