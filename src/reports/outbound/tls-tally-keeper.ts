/** Writes down every minute what delivery has counted of TLS: a crash loses one minute of it. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Log } from "#ports/log.ts";
import { ROWS_PER_CALL_MAX } from "#store/limits.ts";
import type { Store } from "#store/store.ts";
import { TALLY_EVERY_MS } from "../limits.ts";
import { type TlsCount, tlsTallies } from "./tls-counts.ts";

export interface TlsTallyKeeperOptions {
  readonly store: Pick<Store, "addReportTallies">;
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  /** Hands over what was counted, and forgets it. */
  readonly take: () => readonly TlsCount[];
}

export class TlsTallyKeeper {
  readonly #options: TlsTallyKeeperOptions;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: TlsTallyKeeperOptions) {
    this.#options = options;
    this.#wait();
  }

  /** After the last attempt. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#write();
  }

  #wait(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(TALLY_EVERY_MS, () => {
      void this.#write().finally(() => this.#wait());
    });
  }

  async #write(): Promise<void> {
    const { store, log, take } = this.#options;
    const tallies = tlsTallies(take());
    try {
      for (let at = 0; at < tallies.length; at += ROWS_PER_CALL_MAX) {
        await store.addReportTallies(tallies.slice(at, at + ROWS_PER_CALL_MAX));
      }
    } catch (error) {
      log.warn("tls-results-lost", { cause: String(error) });
    }
  }
}
