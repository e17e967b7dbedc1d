/**
 * The line before the thread pool: so many hashes run at once, so many logins wait, and the rest is sent away. A login
 * flood then costs the flooders their logins, and nobody else the disk. Users at networks they have used stand in a line
 * of their own, which is served first: a flood of strangers takes neither their turn nor their room. And a long line of
 * strangers rests between two hashes, so that it does not take the processor from the mail either.
 */
import type { Clock } from "#ports/clock.ts";
import {
  HASHES_AT_ONCE_MAX,
  HASHES_WAITING_MAX,
  HASHES_WAITING_PER_ADDRESS_MAX,
  STRANGERS_HASHES_AT_ONCE_MAX,
  STRANGERS_REST_FROM,
  STRANGERS_REST_HASHES,
  STRANGERS_REST_MS_MAX,
} from "./limits.ts";

export interface HashLineLimits {
  readonly atOnceMax: number;
  /** Of those, for strangers. */
  readonly strangersAtOnceMax: number;
  /** In each of the two lines. */
  readonly waitingMax: number;
  /** Of those: guessers take no room from the users behind the same address. */
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

class Line {
  readonly isKnown: boolean;
  readonly #places: Place[] = [];
  readonly #byAddress = new Map<string, number>();

  constructor(isKnown: boolean) {
    this.isKnown = isKnown;
  }

  get length(): number {
    return this.#places.length;
  }

  /** Undefined: it is full. */
  join(address: string, { waitingMax, waitingPerAddressMax }: HashLineLimits): Promise<void> | undefined {
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (this.#places.length >= waitingMax || ofAddress >= waitingPerAddressMax) return undefined;
    this.#byAddress.set(address, ofAddress + 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#places.push({ address, enter: resolve });
    return promise;
  }

  /** The first one's way in. */
  next(): (() => void) | undefined {
    const first = this.#places.shift();
    if (first === undefined) return undefined;
    const left = (this.#byAddress.get(first.address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(first.address);
    else this.#byAddress.set(first.address, left);
    return first.enter;
  }
}

export class HashLine {
  readonly #clock: Pick<Clock, "monotonicMs" | "after">;
  readonly #limits: HashLineLimits;
  readonly #known = new Line(true);
  readonly #strangers = new Line(false);
  #running = 0;
  #strangersRunning = 0;
  /** Strangers' hashes that are over, and whose rest is not. */
  #resting = 0;

  constructor(clock: Pick<Clock, "monotonicMs" | "after">, limits: HashLineLimits = defaults) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Runs `work` when it is its turn, or answers "full" at once. Rejects when `work` does. */
  async run<T>({ address, isKnown }: HashComer, work: () => Promise<T>): Promise<T | "full"> {
    if (this.#mayEnter(isKnown)) {
      this.#count(isKnown, 1);
    } else {
      const entered = (isKnown ? this.#known : this.#strangers).join(address, this.#limits);
      if (entered === undefined) return "full";
      await entered; // It was counted by the one who let it in.
    }
    const beganMs = this.#clock.monotonicMs();
    try {
      return await work();
    } finally {
      this.#count(isKnown, -1);
      if (!isKnown && this.#strangers.length >= STRANGERS_REST_FROM) this.#rest(this.#clock.monotonicMs() - beganMs);
      this.#letIn(this.#known);
      this.#letIn(this.#strangers);
    }
  }

  #mayEnter(isKnown: boolean): boolean {
    const { atOnceMax, strangersAtOnceMax } = this.#limits;
    return this.#running < atOnceMax && (isKnown || this.#strangersRunning + this.#resting < strangersAtOnceMax);
  }

  /** @param tookMs of the hash before it. */
  #rest(tookMs: number): void {
    const restMs = Math.min(tookMs * STRANGERS_REST_HASHES, STRANGERS_REST_MS_MAX);
    if (restMs <= 0) return;
    this.#resting++;
    this.#clock.after(restMs, () => {
      this.#resting--;
      this.#letIn(this.#strangers);
    });
  }

  #count(isKnown: boolean, change: 1 | -1): void {
    this.#running += change;
    if (!isKnown) this.#strangersRunning += change;
  }

  #letIn(line: Line): void {
    while (this.#mayEnter(line.isKnown)) {
      const enter = line.next();
      if (enter === undefined) return;
      this.#count(line.isKnown, 1);
      enter();
    }
  }
}
