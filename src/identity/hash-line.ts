/**
 * The line before the thread pool: so many hashes run at once, so many logins wait, and the rest is sent away. A login
 * flood then costs the flooders their logins, and nobody else the disk. Users at networks they have used stand in a line
 * of their own, which is served first: a flood of strangers takes neither their turn nor their room.
 */
import {
  HASHES_AT_ONCE_MAX,
  HASHES_WAITING_MAX,
  HASHES_WAITING_PER_ADDRESS_MAX,
  STRANGERS_HASHES_AT_ONCE_MAX,
} from "./limits.ts";

export interface HashLineLimits {
  readonly atOnceMax: number;
  /** Of those, for strangers. */
  readonly strangersAtOnceMax: number;
  /** In each of the two lines. */
  readonly waitingMax: number;
  readonly waitingPerAddressMax: number;
}

/** Who comes for a hash. */
export interface HashComer {
  readonly address: string;
  /** The account has logged in from around there. */
  readonly isKnown: boolean;
}

const defaults: HashLineLimits = {
  atOnceMax: HASHES_AT_ONCE_MAX,
  strangersAtOnceMax: STRANGERS_HASHES_AT_ONCE_MAX,
  waitingMax: HASHES_WAITING_MAX,
  waitingPerAddressMax: HASHES_WAITING_PER_ADDRESS_MAX,
};

interface Place {
  readonly address: string;
  readonly enter: () => void;
}

export class HashLine {
  readonly #limits: HashLineLimits;
  readonly #known: Place[] = [];
  readonly #strangers: Place[] = [];
  readonly #waitingByAddress = new Map<string, number>();
  #running = 0;
  #strangersRunning = 0;

  constructor(limits: HashLineLimits = defaults) {
    this.#limits = limits;
  }

  /** Runs `work` when it is its turn, or answers "full" at once. Rejects when `work` does. */
  async run<T>(comer: HashComer, work: () => Promise<T>): Promise<T | "full"> {
    if (this.#mayEnter(comer.isKnown)) {
      this.#count(comer.isKnown, 1);
    } else {
      const entered = this.#wait(comer);
      if (entered === undefined) return "full";
      await entered; // It was counted by the one who let it in.
    }
    try {
      return await work();
    } finally {
      this.#count(comer.isKnown, -1);
      this.#letIn(this.#known, true);
      this.#letIn(this.#strangers, false);
    }
  }

  #mayEnter(isKnown: boolean): boolean {
    const { atOnceMax, strangersAtOnceMax } = this.#limits;
    return this.#running < atOnceMax && (isKnown || this.#strangersRunning < strangersAtOnceMax);
  }

  #count(isKnown: boolean, change: 1 | -1): void {
    this.#running += change;
    if (!isKnown) this.#strangersRunning += change;
  }

  #wait({ address, isKnown }: HashComer): Promise<void> | undefined {
    const line = isKnown ? this.#known : this.#strangers;
    const ofAddress = this.#waitingByAddress.get(address) ?? 0;
    if (line.length >= this.#limits.waitingMax) return undefined;
    if (ofAddress >= this.#limits.waitingPerAddressMax) return undefined;
    this.#waitingByAddress.set(address, ofAddress + 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    line.push({ address, enter: resolve });
    return promise;
  }

  #letIn(line: Place[], isKnown: boolean): void {
    while (this.#mayEnter(isKnown)) {
      const next = line.shift();
      if (next === undefined) return;
      const left = (this.#waitingByAddress.get(next.address) ?? 1) - 1;
      if (left === 0) this.#waitingByAddress.delete(next.address);
      else this.#waitingByAddress.set(next.address, left);
      this.#count(isKnown, 1);
      next.enter();
    }
  }
}
