/** Connections to one scanner, a bounded number at once, each for one message; the others wait, within their time. */
import type { Dialer } from "#ports/dialer.ts";
import { type Budget, unavailable } from "./budget.ts";
import type { Unavailable } from "./evidence.ts";
import { CONNECT_MS, CONNECTIONS_MAX, WAITING_MAX } from "./limits.ts";
import { Places } from "./places.ts";
import { type ScannerPlace, Wire } from "./wire.ts";

export interface TurnsOptions {
  readonly to: ScannerPlace;
  readonly dialer: Dialer;
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #places = new Places({ places: CONNECTIONS_MAX, waitingMax: WAITING_MAX });

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Rejects with what `work` throws. */
  async take<Found>(time: Budget, work: (wire: Wire) => Promise<Found>): Promise<Found | Unavailable> {
    const { dialer, to } = this.#options;
    if (!(await this.#places.enter(time.signal))) {
      return time.endedBecause(unavailable("busy", `over ${WAITING_MAX} messages wait for it`));
    }
    const opened = await Wire.open({ dialer, to, timeoutMs: Math.min(time.leftMs(), CONNECT_MS) }, time.signal);
    if (!opened.ok) {
      this.#places.leave();
      return notConnected(opened.problem.code);
    }
    try {
      return await work(opened.value);
    } finally {
      // The answer does not wait for the other side to hang up; the next connection does.
      void opened.value.close().then(() => this.#places.leave());
    }
  }
}

/** One that accepts no connection in time is busy or hangs. */
function notConnected(code: string): Unavailable {
  return code === "TIMEOUT" ? unavailable("slow", "it takes no connection") : unavailable("not-there", code);
}
