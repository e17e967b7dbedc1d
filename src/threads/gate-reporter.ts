/** Tells the gatekeeper what a front sees: in batches, one at a time, and never more than a bound waits. */
import type { Clock, Timer } from "#ports/clock.ts";
import type { Observation, ObservationBatch } from "./gate-messages.ts";

/** Observations that wait; about 200 octets each. Beyond, they are dropped and counted: an attack is noticed all the same. */
const WAITING_MAX = 5000;
/** How long observations are gathered. Milliseconds. */
const GATHER_MS = 100;

export class GateReporter {
  readonly #clock: Clock;
  readonly #send: (batch: ObservationBatch) => void;
  #waiting: Observation[] = [];
  /** By address: connections are many and alike. */
  #arrivals = new Map<string, { readonly count: number; readonly onMx?: number }>();
  #dropped = 0;
  #timer: Timer | undefined;
  /** A batch is being looked at. */
  #isUnderWay = false;

  constructor({ clock, send }: { readonly clock: Clock; readonly send: (batch: ObservationBatch) => void }) {
    this.#clock = clock;
    this.#send = send;
  }

  arrived(address: string, isMx = false): void {
    const known = this.#arrivals.get(address);
    const { count = 0, onMx = 0 } = known ?? {};
    const ofMx = onMx + (isMx ? 1 : 0);
    if (known === undefined && this.#isFull()) this.#dropped++;
    else this.#arrivals.set(address, { count: count + 1, ...(ofMx > 0 ? { onMx: ofMx } : {}) });
    this.#sendSoon();
  }

  add(observation: Observation): void {
    if (this.#isFull()) this.#dropped++;
    else this.#waiting.push(observation);
    this.#sendSoon();
  }

  /** The last batch was taken. */
  taken(): void {
    this.#isUnderWay = false;
    if (this.#waiting.length + this.#arrivals.size > 0) this.#sendSoon();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #isFull(): boolean {
    return this.#waiting.length + this.#arrivals.size >= WAITING_MAX;
  }

  #sendSoon(): void {
    if (this.#isUnderWay || this.#timer !== undefined) return;
    this.#timer = this.#clock.after(GATHER_MS, () => {
      this.#timer = undefined;
      this.#sendNow();
    });
  }

  #sendNow(): void {
    const arrivals = [...this.#arrivals].map(([address, counts]) => ({ kind: "arrived", address, ...counts }) as const);
    const batch = { observations: [...arrivals, ...this.#waiting], dropped: this.#dropped };
    this.#waiting = [];
    this.#arrivals = new Map();
    this.#dropped = 0;
    this.#isUnderWay = true;
    this.#send(batch);
  }
}
