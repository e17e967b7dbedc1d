/**
 * The line before the thread pool: so many hashes run at once, so many logins wait, and the rest is sent away. A login
 * flood then costs the flooders their logins, and nobody else the disk.
 */
import { HASHES_AT_ONCE_MAX, HASHES_WAITING_MAX, HASHES_WAITING_PER_ADDRESS_MAX } from "./limits.ts";

export interface HashLineLimits {
  readonly atOnceMax: number;
  readonly waitingMax: number;
  readonly waitingPerAddressMax: number;
}

const defaults: HashLineLimits = {
  atOnceMax: HASHES_AT_ONCE_MAX,
  waitingMax: HASHES_WAITING_MAX,
  waitingPerAddressMax: HASHES_WAITING_PER_ADDRESS_MAX,
};

interface Place {
  readonly address: string;
  readonly enter: () => void;
}

export class HashLine {
  readonly #limits: HashLineLimits;
  readonly #waiting: Place[] = [];
  readonly #waitingByAddress = new Map<string, number>();
  #running = 0;

  constructor(limits: HashLineLimits = defaults) {
    this.#limits = limits;
  }

  /** Runs `work` when it is its turn, or answers "full" at once. Rejects when `work` does. */
  async run<T>(address: string, work: () => Promise<T>): Promise<T | "full"> {
    if (this.#running >= this.#limits.atOnceMax) {
      const entered = this.#wait(address);
      if (entered === undefined) return "full";
      await entered; // The one who leaves hands its place over: #running stays as it is.
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(address: string): Promise<void> | undefined {
    const ofAddress = this.#waitingByAddress.get(address) ?? 0;
    if (this.#waiting.length >= this.#limits.waitingMax) return undefined;
    if (ofAddress >= this.#limits.waitingPerAddressMax) return undefined;
    this.#waitingByAddress.set(address, ofAddress + 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ address, enter: resolve });
    return promise;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#running--;
      return;
    }
    const left = (this.#waitingByAddress.get(next.address) ?? 1) - 1;
    if (left === 0) this.#waitingByAddress.delete(next.address);
    else this.#waitingByAddress.set(next.address, left);
    next.enter();
  }
}
